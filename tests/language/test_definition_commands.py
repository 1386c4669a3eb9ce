"""`millrace validate` and `millrace format`: output, exit status, and no database."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

ACTION = '{"type": "Compose", "inputs": 1.0}'
GOOD = f'{{"definition": {{"triggers": {{}}, "actions": {{"A": {ACTION}}}}}, "kind": "Stateful"}}'
BAD = GOOD.replace('"inputs"', '"runAfter": {"B": ["Succeeded"]}, "inputs"')


def run(*arguments: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=out)
    except SystemExit as leaving:
        return int(str(leaving.code)), out.getvalue()
    return 0, out.getvalue()


def test_validate_prints_one_line_per_file(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(GOOD)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "bad.json").write_text(BAD)
    (tmp_path / "package.json").write_text('{"name": "no workflow"}')
    status, text = run("validate", "--json", tmp_path)
    lines = {Path(line["file"]).name: line for line in map(json.loads, text.splitlines())}
    assert status == 1
    assert set(lines) == {"good.json", "bad.json"}
    assert (lines["good.json"]["actions"], lines["good.json"]["triggers"]) == (1, 0)
    [error] = [problem for problem in lines["bad.json"]["problems"] if problem["severity"] == "error"]
    assert error["pointer"] == "/actions/A/runAfter/B"
    assert set(error) == {"severity", "code", "pointer", "message"}


def test_validate_says_yes_with_status_0(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(GOOD)
    status, text = run("validate", tmp_path / "good.json")
    assert status == 0
    assert "0 triggers, 1 actions" in text


@pytest.mark.parametrize(
    "content, code", [("{", "InvalidJson"), ("{}", "ImportNothingFound"), (None, "FileNotFound")]
)
def test_validate_reports_what_it_cannot_read(tmp_path: Path, content: str | None, code: str) -> None:
    file = tmp_path / "x.json"
    if content is not None:
        file.write_text(content)
    status, text = run("validate", "--json", file)
    assert status == 1
    assert [problem["code"] for problem in json.loads(text)["problems"]] == [code]


def test_validate_goes_on_after_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text(GOOD)
    status, text = run("validate", "--json", tmp_path)
    assert (status, len(text.splitlines())) == (1, 2)


def test_format_writes_under_the_same_relative_name(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    text = '\ufeff{"10": 1.0, "9": 1e3, "a": -0, "a": "\\u00e9\\/"}'
    (source / "deep" / "x.json").write_text(text, "utf-8")
    (source / "broken.json").write_text("{")
    status, said = run("format", source, "--output", out)
    assert status == 1
    assert "broken.json" in said
    assert not (out / "broken.json").exists()
    written = (out / "deep" / "x.json").read_text("utf-8")
    assert written == '\ufeff{\n  "10": 1.0,\n  "9": 1e3,\n  "a": -0,\n  "a": "\\u00e9\\/"\n}\n'
    assert run("format", source / "deep" / "x.json", "--output", tmp_path / "single")[0] == 0
    assert (tmp_path / "single" / "x.json").read_text("utf-8") == written
