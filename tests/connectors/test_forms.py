"""Forms: one declaration is schema, validator and writer."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk import Content, Field, Form, FormError, Secret, envelope, text_of
from connectors.sdk.context import SafeLogger, secrets_of


class Line(Form):
    """One line."""

    item: str = Field(title="Item")
    count: int = Field(1, minimum=1, maximum=9)


class Order(Form):
    """An order."""

    name: str = Field(title="Name", important=True, max_length=5)
    kind: Literal["Big", "Small"] = Field("Small")
    lines: list[Line] = Field([])
    labels: dict[str, int] = Field({})
    price: float | None = Field(None)
    paid: bool = Field(False, advanced=True)
    note: Any = Field(None)
    file: Content | None = Field(None)
    reply_to: str = Field("", values="people", values_from=["kind"])
    key: Secret = Field(Secret(""))


def faults(value):
    return {fault.pointer: fault.message for fault in Order.faults(value)}


def test_the_schema_carries_the_designers_hints():
    schema = Order.schema()
    assert schema["required"] == ["name"]
    assert schema["properties"]["name"] == {
        "type": "string", "title": "Name", "maxLength": 5, "x-ms-visibility": "important"
    }  # fmt: skip
    assert schema["properties"]["kind"]["enum"] == ["Big", "Small"]
    assert schema["properties"]["kind"]["default"] == "Small"
    assert schema["properties"]["lines"]["items"]["required"] == ["item"]
    assert schema["properties"]["replyTo"]["x-ms-dynamic-values"] == {
        "operationId": "people", "parameters": {"kind": {"parameter": "kind"}},
        "value-path": "value", "value-title": "title",
    }  # fmt: skip
    assert schema["properties"]["key"]["writeOnly"] is True
    assert "default" not in schema["properties"]["key"]


def test_a_whole_order_is_read_and_written():
    order = Order.parse(
        {"NAME": "Ana", "kind": "big", "lines": [{"item": "x", "count": "3"}], "labels": {"a": 1.0},
         "paid": "True", "note": [1], "file": envelope("image/png", b"\x89"), "price": "2.5", "unknown": 1}
    )  # fmt: skip
    assert order.kind == "Big"
    assert order.lines == [Line(item="x", count=3)]
    assert order.labels == {"a": 1}
    assert order.file == Content("image/png", b"\x89")
    assert order.dump() == {
        "name": "Ana", "kind": "Big", "lines": [{"item": "x", "count": 3}], "labels": {"a": 1}, "price": 2.5,
        "paid": True, "note": [1], "file": envelope("image/png", b"\x89"), "replyTo": "", "key": "",
    }  # fmt: skip


def test_every_fault_is_named_with_its_place():
    found = faults(
        {
            "name": "too long",
            "kind": "Huge",
            "lines": [{"count": 0}, 3],
            "labels": {"a/b": "x"},
            "paid": 1,
            "price": [],
        }
    )
    assert found == {
        "/name": "Name must have at most 5 characters.",
        "/kind": "Kind must be one of Big, Small; 'Huge' was given.",
        "/lines/0/item": "Item is required.",
        "/lines/0/count": "Count must be at least 1; it is 0.",
        "/lines/1": "Lines 2 must be an object; a number was given.",
        "/labels/a~1b": "Labels 'a/b' must be a whole number; text was given.",
        "/price": "Price must be a number; a list was given.",
        "/paid": "Paid must be true or false; a number was given.",
    }


def test_null_counts_as_not_given():
    assert Order.parse({"name": "Ana", "kind": None, "lines": None}).kind == "Small"
    assert faults({"name": None}) == {"/name": "Name is required."}
    assert faults({"name": ""}) == {"/name": "Name is required; it is empty."}
    assert faults([]) == {"": "An object with members was expected here."}


def test_defaults_are_not_shared():
    one, two = Order(name="a"), Order(name="b")
    one.lines.append(Line(item="x"))
    assert two.lines == []


def test_numbers_become_text_as_the_language_writes_them():
    assert [text_of(value) for value in (1, 1.5, 30.0, 1e20, 1e-5, True, None, {"a": 1.0})] == [
        "1", "1.5", "30", "1E+20", "1E-05", "True", "", '{"a":1.0}'
    ]  # fmt: skip
    assert Order.parse({"name": 30.0}).name == "30"


def test_secrets_are_not_shown():
    order = Order.parse({"name": "Ana", "key": "hunter22"})
    assert "hunter22" not in repr(order)
    assert secrets_of(order) == ["hunter22"]


def test_the_logger_hides_secrets(caplog):
    import logging

    logger = SafeLogger(logging.getLogger("connectors.x"), ["hunter22"])
    with caplog.at_level("INFO"):
        logger.info("signed in with %s", "hunter22")
        logger.warning("again hunter22")
    assert "hunter22" not in caplog.text
    assert "signed in with …" in caplog.text


def test_a_type_a_form_cannot_hold_is_refused():
    class Odd(Form):
        when: set[int] = Field(title="x")

    with pytest.raises(TypeError, match="cannot hold"):
        Odd.schema()


NAMES = [
    "name",
    "kind",
    "lines",
    "labels",
    "price",
    "paid",
    "note",
    "file",
    "replyTo",
    "key",
    "item",
    "count",
    "$content",
    "$content-type",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_any_value_is_read_or_refused_with_sentences(value):
    found = Order.faults(value)
    assert all(fault.message.endswith(".") for fault in found)
    if found:
        with pytest.raises(FormError):
            Order.parse(value)
    else:
        order = Order.parse(value)
        assert Order.parse(order.dump()).dump() == order.dump() or "nan" in repr(order)
