"""The commands as a person types them: exit status, one clear sentence, output that programs can read."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.designer.conftest import PASSWORD, REQUEST_DEFINITION

ROOT = Path(__file__).resolve().parents[2]


def millrace(*arguments: str, data: Path | None = None, stdin: str = "", **variables: str):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MILLRACE_")},
        "PYTHONUNBUFFERED": "1",
        **variables,
    }
    for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL"):
        environment.pop(name, None)
    if data is not None:
        environment["MILLRACE_DATA"] = str(data)
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env={**environment, **variables},
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "var"
    made = millrace(
        "setup", "--email", "ann@x.example", "--tenant", "Acme Ltd", data=folder, stdin=PASSWORD + "\n"
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout == "ann@x.example owns Acme Ltd: /t/acme-ltd/workflows\n"
    return folder


def test_the_master_key_is_readable_by_its_owner_only(data: Path):
    millrace("import", "--help", data=data)
    folder = stat.S_IMODE(data.stat().st_mode)
    assert folder == 0o700
    # Made by whoever needs it first: here the signature of a callback URL.
    key = data / "master.key"
    file = data.parent / "one.json"
    file.write_text(REQUEST_DEFINITION)
    assert millrace("import", str(file), data=data).returncode == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_setup_refuses_what_the_page_refuses(data: Path):
    weak = millrace("setup", "--email", "bo@x.example", "--tenant", "T", data=data, stdin="short\n")
    assert weak.returncode == 1
    assert weak.stderr.startswith("CommandError: This password is too short.")
    taken = millrace("setup", "--email", "ANN@x.example", "--tenant", "T", data=data, stdin=PASSWORD)
    assert "already" in taken.stderr


def test_who_forgot_the_password_gets_a_new_one(data: Path):
    assert "no account" in millrace("password", "zoe@x.example", data=data, stdin=PASSWORD).stderr
    weak = millrace("password", "ann@x.example", data=data, stdin="short\n")
    assert weak.stderr.startswith("CommandError: This password is too short.")
    done = millrace("password", "Ann@x.example", data=data, stdin="another long password\n")
    assert (done.returncode, done.stdout) == (
        0,
        "ann@x.example has a new password and is signed out everywhere.\n",
    )


def test_import_publish_and_export(data: Path, tmp_path: Path):
    file = tmp_path / "Orders in.json"
    file.write_text(REQUEST_DEFINITION)
    answer = millrace("import", str(file), "--publish", "--json", data=data)
    assert answer.returncode == 0, answer.stderr
    outcome = json.loads(answer.stdout)
    assert (outcome["version"], outcome["error"]) == (1, None)
    (address,) = outcome["callbacks"]
    assert address["url"].startswith("http://127.0.0.1:8000/workflows/")
    exported = millrace("export", outcome["name"], data=data)
    assert exported.stdout == REQUEST_DEFINITION
    folder = tmp_path / "out"
    assert millrace("export", "--output", str(folder), "--published", data=data).returncode == 0
    assert REQUEST_DEFINITION in {path.read_text() for path in folder.iterdir()}


def test_what_cannot_be_imported_is_told_and_the_rest_goes_on(data: Path, tmp_path: Path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(REQUEST_DEFINITION)
    bad.write_text("{")
    answer = millrace("import", str(bad), str(tmp_path / "none.json"), str(good), "--json", data=data)
    assert answer.returncode == 1
    outcomes = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [bool(outcome["error"]) for outcome in outcomes] == [True, True, False]


def test_runs_of_a_fresh_installation(data: Path):
    assert millrace("runs", data=data).stdout == ""
    assert "no workflow" in millrace("runs", "--workflow", "none", data=data).stderr
    assert "must be one of" in millrace("runs", "--status", "Sad", data=data).stderr


def test_without_an_organisation_the_next_step_is_named(tmp_path: Path):
    answer = millrace("runs", data=tmp_path / "var")
    assert answer.returncode == 1
    assert "millrace setup" in answer.stderr


def test_data_may_be_given_as_an_option(tmp_path: Path):
    answer = millrace("runs", "--data", str(tmp_path / "elsewhere"))
    assert answer.returncode == 1
    assert (tmp_path / "elsewhere" / "millrace.sqlite3").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("")
    answer = millrace("up", "--data", str(file / "var"))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "cannot be written" in answer.stderr
    assert "--data" in answer.stderr


def test_a_taken_port_is_one_sentence(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = millrace("up", "--port", str(port), data=tmp_path / "var")
    assert answer.returncode == 1
    assert answer.stderr == (
        f"CommandError: Port {port} on 127.0.0.1 is taken, maybe by another Millrace. "
        "Choose another with --port.\n"
    )


def test_an_address_that_is_not_ours_is_one_sentence(tmp_path: Path):
    answer = millrace("up", "--host", "203.0.113.1", "--port", "0", data=tmp_path / "var")
    assert answer.returncode == 1
    assert "203.0.113.1 is no address of this machine" in answer.stderr


def test_web_alone_needs_a_cluster(tmp_path: Path):
    answer = millrace("web", data=tmp_path / "var")
    assert answer.returncode == 1
    assert "millrace up" in answer.stderr


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path):
    answer = millrace("runs", data=tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert answer.returncode == 1
    assert "The database cannot be reached" in answer.stderr
