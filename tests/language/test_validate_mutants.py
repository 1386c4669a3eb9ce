"""Every rule on definitions of other people: broken in one place, the rule speaks there and nowhere else."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.language.mutants import DEFINITIONS, MUTANTS, Broken, Mutant, Subject, subjects

TRIES = 12  # definitions each rule is broken in

pytestmark = pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the collection of definitions is not beside this repository"
)


def broken_with(make: Mutant) -> Iterator[tuple[Subject, Broken]]:
    tried = 0
    for subject in subjects():
        broken = make(subject)
        if broken is not None:
            yield subject, broken
            tried += 1
        if tried == TRIES:
            return


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rule_speaks_where_it_is_broken(name: str) -> None:
    tried = 0
    for subject, broken in broken_with(MUTANTS[name]):
        tried += 1
        found = subject.problems(broken.value)
        place = broken.pointer.removeprefix("*")
        wanted = [
            one
            for one in found
            if (one.severity, one.code) == (broken.severity, broken.code)
            and (one.pointer == place or (broken.pointer[0:1] == "*" and one.pointer.endswith(place)))
            and broken.words in one.message
        ]
        said = [
            (one.severity, one.code, one.pointer, one.message) for one in found if one.severity == "error"
        ]
        assert len(wanted) == 1, (broken.code, broken.pointer, said)
        others = [
            one
            for one in found
            if one.severity == "error" and one is not wanted[0] and not one.code.startswith(broken.follows)
        ]
        assert not others, (broken.pointer, said)
    assert tried >= 3


def spelled_otherwise(value: Any) -> Any:
    """The same definition as another hand would write it: types in other case, null where nothing stands."""
    if isinstance(value, list):
        return [spelled_otherwise(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: spelled_otherwise(one) for name, one in value.items()}
    if isinstance(made.get("type"), str) and ("inputs" in made or "runAfter" in made or "actions" in made):
        made["type"] = made["type"].upper() if len(made["type"]) % 2 else made["type"].lower()
        made["description"] = None
    if isinstance(made.get("runAfter"), dict):
        made["runAfter"] = {
            name: [one.upper() for one in statuses] if isinstance(statuses, list) else statuses
            for name, statuses in made["runAfter"].items()
        }
    return made


def test_sound_definitions_stay_sound_in_another_spelling() -> None:
    for subject in subjects()[::4]:
        found = subject.problems(spelled_otherwise(subject.value))
        assert [p for p in found if p.severity == "error"] == []


def test_sound_definitions_stay_sound_inside_containers() -> None:
    """All actions moved into a scope, but for what has to stay outside."""
    moved: Counter[str] = Counter()
    for subject in subjects()[::4]:
        if subject.actions("InitializeVariable", "Response"):
            continue
        value = copy.deepcopy(subject.value)
        inner = value["actions"]
        value["actions"] = {
            "Around": {
                "type": "If",
                "expression": {"and": [{"greater": ["@length('x')", 0]}]},
                "actions": {"Deep": {"type": "Scope", "actions": inner}},
                "else": {"actions": {}},
            },
            "Behind": {"type": "Scope", "actions": {}, "runAfter": {"Around": ["Succeeded", "FAILED"]}},
        }
        found = subject.problems(value)
        assert [p for p in found if p.severity == "error"] == [], subject.value
        moved["done"] += 1
    assert moved["done"] > 20
