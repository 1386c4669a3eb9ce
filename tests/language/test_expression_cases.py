"""The meaning of the language: cases/values and cases/errors, written as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime.language.expressions.errors import ExpressionError
from runtime.language.sample import evaluate_sample
from runtime.language.values import dumps

CASES = Path(__file__).parent / "cases"
NOW = "2024-05-06T07:08:09.123456Z"


def cases(folder: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['expression'][:60]}")
        for path in sorted((CASES / folder).glob("*.json"))
        for case in json.loads(path.read_text("utf-8"))
    ]


def evaluated(case: dict[str, Any]) -> Any:
    context = {"now": NOW, **case.get("context", {})}
    return evaluate_sample(case["expression"], context, lambda: datetime.now(UTC), lambda n: bytes(range(n)))


@pytest.mark.parametrize("case", cases("values"))
def test_value(case: dict[str, Any]) -> None:
    # as text, so that 1 and 1.0 and the order of members count
    assert dumps(evaluated(case)) == dumps(case["value"])


@pytest.mark.parametrize("case", cases("errors"))
def test_error(case: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluated(case)
    assert caught.value.phase == case["phase"]
    assert case["message"] in caught.value.message
