"""The shared expression cases, where they are at hand: value, phase and wording of errors."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime.language.expressions.errors import ExpressionError
from runtime.language.sample import evaluate_sample
from runtime.language.values import dumps

CASES = Path(__file__).parents[3] / "shared" / "conformance" / "functions" / "cases.json"


def problem(case: dict[str, Any]) -> str | None:
    try:
        value = evaluate_sample(
            case["expression"], case.get("context", {}), lambda: datetime.now(UTC), lambda n: bytes(range(n))
        )
    except ExpressionError as error:
        if "expectedError" not in case:
            return error.message
        fits = error.phase == case["errorPhase"] and case["expectedError"] in error.message
        return None if fits else f"{error.phase}: {error.message}"
    if "expectedError" in case:
        return f"no error but {value!r}"
    seen = json.loads(dumps(value))
    if "pattern" in case:
        text = seen if isinstance(seen, str) else dumps(value)
        return None if re.search(case["pattern"], text) else text
    return None if alike(case["expected"], seen) else f"{seen!r}"


def alike(expected: Any, seen: Any) -> bool:
    """Equal with integers, floats and booleans apart; decimals come back as floats of nearly that value."""
    if type(expected) is not type(seen):
        return False
    if isinstance(expected, dict):
        return expected.keys() == seen.keys() and all(
            alike(item, seen[name]) for name, item in expected.items()
        )
    if isinstance(expected, list):
        return len(expected) == len(seen) and all(map(alike, expected, seen))
    if isinstance(expected, float):
        return expected == seen or abs(expected - seen) <= 1e-12 * abs(expected)
    return bool(expected == seen)


def test_all_cases() -> None:
    if not CASES.exists():
        pytest.skip("the shared expression cases are not here")
    cases = [case for case in json.loads(CASES.read_text("utf-8")) if not case.get("doubtful")]
    failures = {case["expression"]: found for case in cases if (found := problem(case))}
    assert len(cases) > 1000
    assert not failures
