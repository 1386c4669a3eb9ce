"""`millrace doctor`: each kind of trouble has its sentence, its advice and exit status 1."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.designer.conftest import PASSWORD
from tests.designer.test_commands import millrace


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor") / "var"
    made = millrace("setup", "--email", "a@x.example", "--tenant", "A", data=folder, stdin=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    return folder


def examined(data: Path, *arguments: str, **variables: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    done = millrace("doctor", "--json", *arguments, data=data, MILLRACE_PORT="0", **variables)
    assert done.stdout, done.stderr
    lines: dict[str, list[dict[str, str]]] = {}
    for line in json.loads(done.stdout)["checks"]:
        lines.setdefault(line["name"], []).append(line)
    trouble = any(line["state"] == "trouble" for group in lines.values() for line in group)
    assert json.loads(done.stdout)["ok"] is not trouble
    assert done.returncode == int(trouble)
    return done.returncode, lines


def test_a_sound_installation(data: Path) -> None:
    _, lines = examined(data)
    assert lines["database"][0]["sentence"].startswith("SQLite")
    for name in ("data folder", "journal mode", "migrations", "time zones", "broker", "master key", "live"):
        assert [line["state"] for line in lines[name]] == ["ok"], name
    # Nothing runs yet, which alone on a machine is no trouble.
    assert lines["hosts"][0]["state"] == "warning"


def test_the_payload_store_is_tried_out(data: Path, tmp_path: Path) -> None:
    assert examined(data)[1]["payloads"][0]["sentence"] == "Big values lie in the database."
    found = examined(data, MILLRACE_PAYLOADS=f"file://{tmp_path}/here")[1]["payloads"][0]
    assert (found["state"], found["sentence"]) == ("ok", f"Big values lie in the folder {tmp_path}/here.")
    (tmp_path / "file").write_text("")
    status, lines = examined(data, MILLRACE_PAYLOADS=f"file://{tmp_path}/file")
    assert status == 1
    assert "cannot be written" in lines["payloads"][0]["sentence"]


def test_contents_that_are_not_where_the_setting_says(data: Path) -> None:
    with closing(sqlite3.connect(data / "millrace.sqlite3")) as database:
        database.execute(
            "INSERT INTO runtime_payload (tenant_id, hash, size, kind, sealed, content, touched_at, place) "
            "VALUES (?, 'h', 1, 'String', 0, x'', '2026-01-01', 'a/b/c')",
            ("0" * 32,),
        )
        database.commit()
        _, lines = examined(data)
        assert "1 of the newest five are not there" in lines["payloads"][0]["sentence"]
        database.execute("DELETE FROM runtime_payload")
        database.commit()


def test_before_the_first_start_nothing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    _, lines = examined(folder)
    assert "does not exist yet" in lines["data folder"][0]["sentence"]
    assert not (folder / "master.key").exists()


def test_a_cluster_in_trouble(data: Path) -> None:
    status, lines = examined(
        data,
        DATABASE_URL="postgresql://nobody:hidden@127.0.0.1:1/none",
        BROKER_URL="redis://127.0.0.1:1/0",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert status == 1
    for name in ("database", "broker", "live", "master key"):
        assert lines[name][0]["state"] == "trouble", name
        assert lines[name][0]["advice"]
    assert "hidden" not in json.dumps(lines)
    assert "MILLRACE_SECRET_KEY" in lines["master key"][0]["sentence"]


def test_a_port_that_is_taken(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        _, lines = examined(data, "--port", port)
    assert lines["port"][0]["state"] == "trouble"
    assert port in lines["port"][0]["sentence"]


def test_a_key_that_others_can_read(data: Path) -> None:
    key = data / "master.key"
    before = key.read_text() if key.exists() else None
    key.write_text("k" * 40)
    key.chmod(0o644)
    try:
        _, lines = examined(data)
    finally:
        key.unlink()
        if before is not None:
            key.write_text(before)
            key.chmod(0o600)
    assert lines["master key"][0]["state"] == "trouble"
    assert "chmod 600" in lines["master key"][0]["advice"]


def test_a_short_key(data: Path) -> None:
    _, lines = examined(data, MILLRACE_SECRET_KEY="short")
    assert lines["master key"][0]["state"] == "trouble"


def test_lines_for_people(data: Path) -> None:
    done = millrace("doctor", data=data, MILLRACE_PORT="0")
    assert "ok       journal mode  SQLite's journal mode is WAL." in done.stdout


def test_a_payload_folder_that_cannot_be_written(data: Path) -> None:
    """Found although the data folder itself can be written: by trying, which also holds for an administrator."""
    folder = data / "payloads"
    folder.write_text("")
    try:
        status, lines = examined(data, MILLRACE_PAYLOADS="files")
    finally:
        folder.unlink()
    assert status == 1
    assert "cannot be written" in lines["payloads"][0]["sentence"]
    assert examined(data, MILLRACE_PAYLOADS="files")[1]["payloads"][0]["state"] == "ok"
    assert not folder.exists()
