"""Values as text: what WDL writes for each kind."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.language.values import Needed, Ref, dumps, join_surrogates, kind_of, loads, refs_in, stringify

WRITTEN: list[tuple[Any, str, str]] = [  # value, as JSON inside an array, as text
    (None, "null", ""),
    (True, "true", "True"),
    (7, "7", "7"),
    (10**30, "1" + "0" * 30, "1" + "0" * 30),
    (1.0, "1.0", "1"),
    (-0.0, "-0.0", "-0"),
    (1e15, "1E+15", "1000000000000000"),
    (1e17, "1E+17", "1E+17"),
    (0.0001, "0.0001", "0.0001"),
    (0.00001, "1E-05", "1E-05"),
    (1.5e300, "1.5E+300", "1.5E+300"),
    (123456789012345678.0, "1.2345678901234568E+17", "1.2345678901234568E+17"),
    (5e-324, "5E-324", "5E-324"),
    (float("nan"), '"NaN"', "NaN"),
    (float("-inf"), '"-Infinity"', "-Infinity"),
    (Decimal("5"), "5.0", "5"),
    (Decimal("5.00"), "5.00", "5.00"),
    (Decimal("1E+3"), "1000.0", "1000"),
    ('é/<\n"', '"é/<\\n\\""', 'é/<\n"'),
    ("\u2028\x85", '"\\u2028\\u0085"', "\u2028\x85"),
    ("\ud800", '"\\ud800"', "\ud800"),
    ([1, [2.0]], "[1,[2.0]]", "[1,[2.0]]"),
    ({"b": 1, "a": {}}, '{"b":1,"a":{}}', '{"b":1,"a":{}}'),
    (
        {"$content-type": "text/plain", "$content": "aGk="},
        '{"$content-type":"text/plain","$content":"aGk="}',
        "hi",
    ),
    ({"$content": "aGk="}, '{"$content":"aGk="}', '{"$content":"aGk="}'),
]


@pytest.mark.parametrize("value, inside, text", WRITTEN)
def test_writing(value: Any, inside: str, text: str) -> None:
    assert dumps([value]) == f"[{inside}]"
    assert stringify(value) == text


def test_kinds() -> None:
    assert [kind_of(v) for v in (None, "", 1, 1.0, Decimal(1), True, [], {})] == [
        "Null", "String", "Integer", "Float", "Float", "Boolean", "Array", "Object",
    ]  # fmt: skip
    with pytest.raises(TypeError):
        kind_of(b"")


def test_refs_are_found_and_asked_for() -> None:
    one, two = Ref("a", 1, "String"), Ref("b", 2, "Array")
    value = {"x": [one, {"y": two}], "z": 1}
    assert list(refs_in(value)) == [one, two]
    with pytest.raises(Needed) as caught:
        dumps(value)
    assert caught.value.refs == (one, two)
    with pytest.raises(Needed):
        kind_of(one)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_text_of_a_value_reads_back(value: Any) -> None:
    again = loads(dumps(value))
    assert json.dumps(again) == json.dumps(value)  # order of members, -0.0, int against float


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
def test_surrogates_join(text: str) -> None:
    apart = "".join(
        c if c <= "\uffff" else "".join(map(chr, memoryview(c.encode("utf-16-le")).cast("H"))) for c in text
    )
    assert join_surrogates(apart) == text
