"""Definitions of other people, where they lie beside the repository: nothing is lost or falsely refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.language.document import decode, parse
from runtime.language.importing import read_path
from runtime.language.printing import format, spelled
from runtime.language.splices import apply
from runtime.language.validate import validate

COLLECTION = Path(__file__).parents[3] / "shared" / "conformance"
DEFINITIONS = COLLECTION / "definitions"
RAW = COLLECTION / "raw"

pytestmark = pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the collection of definitions is not beside this repository"
)

#: Files with errors, each looked at: placeholders of tests, names that do not exist, durations that are none.
FILES_WITH_REAL_DEFECTS = 36


def files() -> list[Path]:
    return sorted(DEFINITIONS.rglob("*.json"))


def test_every_file_survives_reading_and_writing() -> None:
    for file in files():
        before = parse(decode(file.read_bytes()))
        after = parse(format(before.text))
        assert spelled(before, before.root) == spelled(after, after.root), file.name


def test_a_splice_changes_nothing_else() -> None:
    for file in files()[::7]:
        text = decode(file.read_bytes())
        changed = apply(text, [{"op": "set", "at": "/source/added", "text": '"x"'}])
        assert apply(changed, [{"op": "remove", "at": "/source/added"}]) == text, file.name


def test_every_file_imports_and_is_validated() -> None:
    with_errors: list[str] = []
    for file in files():
        [found] = read_path(file)
        problems = validate(
            found.text,
            kind=found.kind,
            parameters=found.parameters or None,
            connections=found.connections or None,
        )
        assert all(problem.message and problem.code for problem in problems)
        if any(problem.severity == "error" for problem in problems):
            with_errors.append(file.name)
    assert len(with_errors) <= FILES_WITH_REAL_DEFECTS, with_errors


def test_a_certain_defect_is_found_where_it_is() -> None:
    for file in files()[::5]:
        document: Any = json.loads(decode(file.read_bytes()).lstrip("\ufeff"))
        actions = document["definition"].get("actions") or {}
        name = next((name for name, action in actions.items() if isinstance(action, dict)), None)
        if name is None:
            continue
        actions[name]["runAfter"] = {"No_such_action": ["Succeeded"]}
        pointer = "/actions/" + name.replace("~", "~0").replace("/", "~1") + "/runAfter/No_such_action"
        problems = validate(json.dumps(document["definition"]))
        assert ("error", pointer) in [(problem.severity, problem.pointer) for problem in problems], file.name


@pytest.mark.skipif(not RAW.is_dir(), reason="the raw files are not beside this repository")
def test_everything_imports_as_it_was_found() -> None:
    for source in json.loads((RAW / "SOURCES.json").read_text("utf-8")):
        found = read_path(RAW / source["file"])
        assert found, source["file"]
        for one in found:
            assert one.report.summary.endswith(".")
            assert parse(one.text).root.get("definition") is not None
