"""The schema validator: every keyword with the exact problems, and no schema or value that makes it raise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.schema import unsupported, validate
from tests.engine.driver import run
from tests.engine.test_laws import EXAMPLES

CASES = json.loads(Path(__file__).with_name("schema_cases.json").read_text("utf-8"))
KEYWORDS = (
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxLength",
    "minLength", "format", "maxItems", "minItems", "uniqueItems", "items", "additionalItems", "properties", "required",
    "additionalProperties", "maxProperties", "dependencies", "allOf", "anyOf", "oneOf", "not", "$ref", "pattern",
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from((10**40, 1e300, -1e-300, 0.1, float("inf"), float("nan"))),
    st.sampled_from(
        ("", "a", "string", "integer", "number", "#", "#/properties/a", "date", "uri", "hostname", "\ud800")
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("a", "b", *KEYWORDS)), inner, max_size=4),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("case", CASES["problems"], ids=lambda case: json.dumps(case[:2])[:70])
def test_problems(case: list[Any]) -> None:
    value, schema, problems = case
    assert validate(value, schema) == problems


@pytest.mark.parametrize("case", CASES["unsupported"], ids=lambda case: json.dumps(case[0])[:70])
def test_keywords_the_service_refuses(case: list[Any]) -> None:
    assert unsupported(case[0]) == case[1]


@EXAMPLES
@given(value=VALUES, schema=st.dictionaries(st.sampled_from(KEYWORDS), VALUES, max_size=4))
def test_nothing_makes_it_raise(value: Any, schema: Any) -> None:
    unsupported(schema)
    for problem in validate(value, schema):
        assert problem["message"]


@pytest.mark.parametrize(
    "schema", [{"type": {"a": 1}}, {"required": [{}]}, {"dependencies": {"a": [{}]}}, 3, "x", None]
)
def test_schemas_that_are_none_are_no_reason_to_raise(schema: Any) -> None:
    driver = run({"P": {"type": "ParseJson", "inputs": {"content": {"a": 1}, "schema": schema}}})
    assert driver.state.ended is not None
