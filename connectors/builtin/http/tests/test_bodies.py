"""Bodies: nothing that a server or an author can write makes the conversion fail without a sentence."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.builtin.http.bodies import incoming, outgoing
from connectors.sdk import ConnectorError, MediaType, envelope
from connectors.sdk.content import compact

KINDS = st.sampled_from(
    [
        "application/json",
        "text/plain; charset=utf-16",
        "multipart/form-data; boundary=b",
        "application/xml",
        "application/x-www-form-urlencoded; charset=nonsense",
        'multipart/mixed; boundary="a b"',
        ";",
        "/",
        "=",
        "text/plain; charset*=utf-8''x",
        "text/html; charset=idna",
        "text/plain; charset=hex",
        'APPLICATION/JSON;x="',
        "multipart/mixed; boundary*=utf-8''%C3%BC",
        "text/x; charset=rot13",
        "text/x; charset=undefined",
        "application/x-www-form-urlencoded; charset=undefined",
    ]
)
DATA = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"--b", b"\r\n", b"--", b":", b"a", b"=", b"&", b"%"])
).map(b"".join)


@given(DATA, KINDS | st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_answer_becomes_a_value_or_a_sentence(data, kind):
    with suppress(ConnectorError):
        compact(incoming(data, kind, json.loads))


NAMES = ["$content", "$content-type", "$multipart", "body", "headers", "a"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(VALUES, st.none() | KINDS)
@settings(max_examples=300, deadline=None)
def test_any_body_becomes_bytes_or_a_sentence(value, kind):
    with suppress(ConnectorError):
        assert (outgoing(value, kind, compact) is None) is (value is None)


def test_the_parameters_of_a_type_are_read():
    media = MediaType.parse('Multipart/Form-Data; Boundary="a;b"; charset=UTF-8')
    assert media.name == "multipart/form-data"
    assert media.parameters == {"boundary": "a;b", "charset": "UTF-8"}
    assert MediaType.parse("").charset == "utf-8"


def test_parts_without_a_type_are_bytes_and_text_keeps_its_charset():
    data = (
        b"preamble\r\n--x\r\n\r\nraw\r\n--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        b'Content-Disposition: form-data; name="t"\r\n\r\n\xe9\r\n--x--\r\nepilogue'
    )
    first, second = incoming(data, "multipart/mixed; boundary=x", json.loads)["$multipart"]
    assert first == {"headers": {"Content-Length": "3"}, "body": envelope("application/octet-stream", b"raw")}
    assert second["body"] == "é"
    assert second["headers"]["Content-Disposition"] == 'form-data; name="t"'


def test_a_part_cannot_add_headers_to_the_next():
    body = {
        "$content-type": "multipart/form-data",
        "$multipart": [{"headers": {"X": "a\r\nY: b"}, "body": "x"}],
    }
    with pytest.raises(ConnectorError, match="line break"):
        outgoing(body, None, compact)


def test_a_boundary_of_the_authors_is_used():
    body = {"$content-type": "multipart/mixed; boundary=own", "$multipart": [{"body": {"a": 1}}]}
    content = outgoing(body, None, compact)
    assert content.content_type == "multipart/mixed; boundary=own"
    assert (
        content.data
        == b'--own\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{"a":1}\r\n--own--\r\n'
    )
