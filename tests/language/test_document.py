"""The lossless tree, splices and differences: shared cases, and laws over generated documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.language.differences import diff
from runtime.language.document import (
    DocumentError,
    Limits,
    Node,
    decode,
    parse,
    plain,
    pointer_of,
    quote,
    tokens,
)
from runtime.language.printing import format, spelled
from runtime.language.splices import SpliceError, apply

CASES = Path(__file__).parent / "cases" / "splices"


def cases(name: str) -> list[Any]:
    listed: list[Any] = json.loads((CASES / name).read_text("utf-8"))
    return [pytest.param(case, id=case.get("name", name)) for case in listed]


def exact(text: str) -> Any:
    """What any JSON reader sees, with order, duplicates and number spelling kept; no comments allowed."""
    return json.loads(
        text.lstrip("\ufeff"),
        object_pairs_hook=lambda pairs: ("object", pairs),
        parse_float=lambda s: ("number", s),
        parse_int=lambda s: ("number", s),
    )


@pytest.mark.parametrize("case", cases("patches.json"))
def test_patch(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(SpliceError) as caught:
            apply(case["text"], case["patch"])
        assert {"code": caught.value.code, "index": caught.value.index} == case["error"]
    else:
        assert apply(case["text"], case["patch"]) == case["result"]


@pytest.mark.parametrize("case", cases("differences.json"))
def test_difference(case: dict[str, Any]) -> None:
    assert diff(case["old"], case["new"]) == case["patch"]
    assert apply(case["old"], case["patch"]) == case["result"]
    assert exact(case["result"]) == exact(case["new"])


@pytest.mark.parametrize("case", cases("formats.json"))
def test_format(case: dict[str, Any]) -> None:
    assert format(case["text"]) == case["result"]
    assert format(case["result"]) == case["result"]


@pytest.mark.parametrize("case", cases("errors.json"))
def test_error(case: dict[str, Any]) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(case["text"])
    wrong = caught.value
    found = {"code": wrong.code, "position": wrong.position, "line": wrong.line, "column": wrong.column}
    assert found | {"reason": wrong.reason} == case["error"]


@pytest.mark.parametrize("case", cases("ranges.json"))
def test_ranges(case: dict[str, Any]) -> None:
    document = parse(case["text"])
    for wanted in case["pointers"]:
        value, name = document.range(wanted["at"]), document.name_range(wanted["at"])
        assert [value and list(value), name and list(name)] == [wanted["range"], wanted["name"]], wanted["at"]
    for wanted in case["positions"]:
        assert document.pointer_at(wanted["position"]) == wanted["at"], wanted["position"]


def test_ranges_cut_out_the_spelling() -> None:
    text = '{"😀": {"a/b": [1.50, "é😀"]}}'
    units = text.encode("utf-16-le")
    start, end = parse(text).range("/😀/a~1b/1") or (0, 0)
    assert units[start * 2 : end * 2].decode("utf-16-le") == '"é😀"'


@pytest.mark.parametrize(
    "limits, code",
    [
        (Limits(characters=10), "DocumentTooLarge"),
        (Limits(depth=2), "DocumentTooDeep"),
        (Limits(values=3), "DocumentTooManyValues"),
        (Limits(digits=2), "InvalidJson"),
    ],
)
def test_limits(limits: Limits, code: str) -> None:
    text = '{"a": [[1], 2, 1234]}'
    assert parse(text).values == 6
    with pytest.raises(DocumentError) as caught:
        parse(text, limits)
    assert caught.value.code == code


def test_a_patch_applies_as_a_whole_or_not_at_all() -> None:
    with pytest.raises(SpliceError) as caught:
        apply('{"a": 1}', [{"op": "set", "at": "/a", "text": "2"}, {"op": "remove", "at": "/b"}])
    assert (caught.value.code, caught.value.index) == ("PointerNotFound", 1)
    assert "/b" in str(caught.value)


def test_the_result_of_a_patch_keeps_the_limits() -> None:
    with pytest.raises(SpliceError) as caught:
        apply("[[]]", [{"op": "set", "at": "/0/0", "text": "[[1]]"}], Limits(depth=3))
    assert caught.value.code == "DocumentTooDeep"


@pytest.mark.parametrize(
    "data, text",
    [
        (b"\xef\xbb\xbf{}", "\ufeff{}"),
        ('{"é": 1}'.encode("utf-16"), '{"é": 1}'),
        (b"\xfe\xff\x00[\x00]", "[]"),
    ],
)
def test_decode(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_decode_refuses_other_encodings() -> None:
    with pytest.raises(DocumentError, match="byte 2 is 0xe9"):
        decode(b'{"\xe9": 1}')


NAMES = st.one_of(
    st.sampled_from(
        ["a", "b", "10", "9", "-", "__proto__", "x/y~z", "", "é", "😀", "\u2028", "\ud800", "\x00"]
    ),
    st.text(max_size=4),
)
SPACES = st.sampled_from(["", "", " ", "\n", "\r\n\t", "\n  ", " // c\n", "/* x\ny */", "/* , } */ "])
SCALARS = st.one_of(
    st.sampled_from(
        ["1", "1.0", "1e3", "-0", "12345678901234567890", "null", "true", "false", '"\\u00e9\\/"']
    ),
    st.text(max_size=5).map(quote),
)


def _object(entries: list[tuple[str, str]], space: list[str]) -> str:
    inner = ",".join(
        f"{space[0]}{quote(name)}{space[1]}:{space[2]}{value}{space[3]}" for name, value in entries
    )
    return "{" + inner + space[4] + "}"


def texts(spaces: st.SearchStrategy[str] = SPACES) -> st.SearchStrategy[str]:
    five = st.lists(spaces, min_size=5, max_size=5)
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.builds(_object, st.lists(st.tuples(NAMES, inner), max_size=4), five),
            st.builds(
                lambda items, s: "[" + ",".join(s[0] + item + s[1] for item in items) + s[2] + "]",
                st.lists(inner, max_size=4),
                five,
            ),
        ),
        max_leaves=12,
    )


@given(texts(), texts())
def test_law_a_difference_applied_gives_the_other_values(old: str, new: str) -> None:
    result, wanted = parse(apply(old, diff(old, new))), parse(new)
    assert spelled(result, result.root) == spelled(wanted, wanted.root)
    assert diff(new, new) == []


@given(texts())
def test_law_format_changes_white_space_only(text: str) -> None:
    printed = format(text)
    before, after = parse(text), parse(printed)
    assert spelled(before, before.root) == spelled(after, after.root)
    assert before.comments == after.comments
    assert format(printed) == printed


@given(texts(st.just("")))
def test_law_the_tree_agrees_with_a_plain_reader(text: str) -> None:
    assert plain(parse(text).root) == json.loads(text)


def _everything(node: Node, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all values; of duplicate members the last, which is the one a pointer names."""
    inner = {m.name: m.value for m in node.members} | {str(i): v for i, v in enumerate(node.items)}
    return [path, *(deeper for name, value in inner.items() for deeper in _everything(value, (*path, name)))]


def _holder(value: Any, path: tuple[str, ...]) -> Any:
    for token in path:
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def _expected(value: Any, op: str, path: tuple[str, ...], new: Any, name: str) -> Any:
    """What an operation means, said about plain values: the model the texts are held against."""
    if not path:
        return new
    holder, last = _holder(value, path[:-1]), path[-1]
    key: Any = int(last) if isinstance(holder, list) else last
    if op == "set":
        holder[key] = new
    elif op == "remove":
        del holder[key]
    elif op == "rename":
        renamed = [(name if k == last else k, v) for k, v in holder.items()]
        holder.clear()
        holder.update(renamed)
    return value


@settings(max_examples=300)
@given(texts(), texts(), st.sampled_from(["set", "remove", "rename"]), NAMES, st.data())
def test_law_patch_then_parse_is_as_expected(
    text: str, new: str, op: str, name: str, data: st.DataObject
) -> None:
    document = parse(text)
    path = data.draw(st.sampled_from(_everything(document.root)))
    holder = document.at(pointer_of(*path[:-1])) if path else None
    if not path or (op == "rename" and (holder is None or holder.kind == "array")):
        op = "set"
    if op == "rename" and holder is not None and holder.get(name) is not None:
        return
    splice = {"op": op, "at": pointer_of(*path)}
    splice |= {"set": {"text": new}, "remove": {}, "rename": {"name": name}}[op]
    result = plain(parse(apply(text, [splice])).root)
    wanted = _expected(plain(document.root), op, path, plain(parse(new).root), name)
    assert json.dumps(result) == json.dumps(wanted)  # the order of members counts


@given(texts(), texts(), NAMES, st.data())
def test_law_what_was_inserted_can_be_removed_again(
    text: str, new: str, name: str, data: st.DataObject
) -> None:
    document = parse(text)
    places = [
        p for p in _everything(document.root) if (n := document.at(pointer_of(*p))) and n.kind == "object"
    ]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    holder = document.at(pointer_of(*place))
    if holder is None or holder.get(name) is not None:
        return
    at = pointer_of(*place, name)
    before = data.draw(st.sampled_from([None, *(m.name for m in holder.members)]))
    inserted = apply(text, [{"op": "insert", "at": at, "text": new, "before": before}])
    found, wanted = parse(inserted), parse(new)
    value = found.at(at)
    assert value is not None
    assert spelled(found, value) == spelled(wanted, wanted.root)
    again = parse(apply(inserted, [{"op": "remove", "at": at}]))
    assert spelled(again, again.root) == spelled(document, document.root)


@given(st.lists(NAMES))
def test_law_pointers_go_both_ways(path: list[str]) -> None:
    assert tokens(pointer_of(*path)) == path
