"""Changes to a JSON text, addressed by pointer: what they name changes, every other byte stays.

A patch is a list of splices, applied in order; each sees what the ones before it did. Values travel as JSON
text, so that their spelling survives; what is put in is printed in the style of the file (`printing.py`).

    {"op": "set",    "at": P, "text": T}                 replace the value, or append the member when absent
    {"op": "insert", "at": P, "text": T, "before": B}    a new member or item; B: name, index, null (the end)
    {"op": "remove", "at": P}
    {"op": "rename", "at": P, "name": N}                 the member keeps its place and its value
    {"op": "move",   "at": P, "to": P2, "before": B}     the member's own text, indented for its new place

Members written twice: a splice addresses the last one, and `remove`, `rename` and `move` leave no other of
that name behind. A patch applies as a whole or not at all. `frontend/src/workflow/splices.ts` gives the same
bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NotRequired, TypedDict

from runtime.language.document import (
    LIMITS,
    Document,
    DocumentError,
    Limits,
    Node,
    parse,
    pointer_of,
    quote,
    skip_trivia,
    tokens,
)
from runtime.language.printing import (
    Style,
    comments_of,
    indented_anew,
    line_breaks,
    margin,
    printed,
    style_of,
)

_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]*)")


class Splice(TypedDict):
    op: Literal["set", "insert", "remove", "rename", "move"]
    at: str
    text: NotRequired[str]
    before: NotRequired[str | int | None]
    name: NotRequired[str]
    to: NotRequired[str]


class SpliceError(ValueError):
    """A patch that does not fit the text; nothing was changed.

    `code`: InvalidSplice (malformed), PointerNotFound, NameTaken, or a code of DocumentError (the inserted
    text is at fault, or the result is beyond the limits). `index` is the place of the splice in the patch.
    """

    def __init__(self, code: str, message: str, index: int) -> None:
        super().__init__(message)
        self.code = code
        self.index = index


class _Misfit(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def apply(text: str, patch: Sequence[Splice | Mapping[str, Any]], limits: Limits = LIMITS) -> str:
    """The text with a patch applied. SpliceError names the splice that does not fit; DocumentError a text
    that is no JSON.
    """
    document = parse(text, limits)
    editing = _Editing(document)
    for index, splice in enumerate(patch):
        try:
            editing.splice(splice)
        except (_Misfit, DocumentError) as wrong:
            raise SpliceError(wrong.code, f"Change {index + 1} does not fit: {wrong}", index) from wrong
    result = editing.text()
    try:
        parse(result, limits)
    except DocumentError as wrong:
        raise SpliceError(
            wrong.code, f"The changed text is no valid document: {wrong}", len(patch) - 1
        ) from wrong
    return result


@dataclass(slots=True)
class _Value:
    """A value being edited: a range of some text until something inside it changes, entries from then on."""

    source: str
    node: Node
    slots: list[_Slot] | None = None
    trailing: bool = False  # a comma follows the last entry
    tail: str = ""

    @property
    def holds_entries(self) -> bool:
        return self.node.kind in ("object", "array")

    def entries(self) -> list[_Slot]:
        """The entries, taken apart on first use."""
        if self.slots is not None:
            return self.slots
        self.slots = []
        node, source = self.node, self.source
        position = node.start + 1
        inner: list[tuple[int, int, str | None, Node]] = [
            (m.start, m.name_end, m.name, m.value) for m in node.members
        ]
        inner.extend((item.start, item.start, None, item) for item in node.items)
        for start, name_end, name, value in inner:
            slot = _Slot(
                source[position:start],
                name,
                source[start:name_end],
                source[name_end : value.start],
                _Value(source, value),
            )
            position = skip_trivia(source, value.end)
            self.trailing = source[position] == ","
            if self.trailing:
                slot.after = source[value.end : position]
                position += 1
            else:
                position = value.end
            self.slots.append(slot)
        self.tail = source[position : node.end - 1]
        return self.slots

    def text(self) -> str:
        if self.slots is None:
            return self.source[self.node.start : self.node.end]
        last = len(self.slots) - 1
        parts = [self.source[self.node.start]]
        for place, slot in enumerate(self.slots):
            parts.append(slot.lead + slot.spelling + slot.colon + slot.value.text() + slot.after)
            if place < last or self.trailing:
                parts.append(",")
        parts.append(self.tail + self.source[self.node.end - 1])
        return "".join(parts)

    def place_of(self, name: str) -> int | None:
        slots = self.entries()
        return next((place for place in range(len(slots) - 1, -1, -1) if slots[place].name == name), None)


@dataclass(slots=True)
class _Slot:
    """One entry: the white space and comments before it, its name with the colon (nothing in arrays), its
    value.
    """

    lead: str
    name: str | None
    spelling: str
    colon: str
    value: _Value
    after: str = field(default="")

    @property
    def own_line(self) -> bool:
        return bool(line_breaks(self.lead))


@dataclass(slots=True)
class _Place:
    """An object or array on the way to something, with the indentation of the line it begins on."""

    value: _Value
    indent: str
    own_line: bool


class _Editing:
    def __init__(self, document: Document) -> None:
        self.style: Style = style_of(document)
        self.before = document.text[: document.root.start]
        self.behind = document.text[document.root.end :]
        self.root = _Value(document.text, document.root)

    def text(self) -> str:
        return self.before + self.root.text() + self.behind

    def splice(self, splice: Splice | Mapping[str, Any]) -> None:
        op, at = splice.get("op"), splice.get("at")
        path = self.path(at)
        if op == "set":
            self.set(path, self.given(splice, "text"))
        elif op == "insert":
            self.insert(path, self.given(splice, "text"), self.anchor(splice))
        elif op == "remove":
            self.take(path)
        elif op == "rename":
            self.rename(path, self.given(splice, "name"))
        elif op == "move":
            self.move(path, self.path(splice.get("to")), self.anchor(splice))
        else:
            raise _Misfit("InvalidSplice", f"there is no operation {op!r}.")

    def path(self, pointer: object) -> list[str]:
        if not isinstance(pointer, str):
            raise _Misfit("InvalidSplice", "a JSON pointer is missing.")
        try:
            return tokens(pointer)
        except ValueError as wrong:
            raise _Misfit("InvalidSplice", str(wrong)) from wrong

    def given(self, splice: Splice | Mapping[str, Any], member: str) -> str:
        value = splice.get(member)
        if not isinstance(value, str):
            raise _Misfit("InvalidSplice", f"'{member}' must be a text.")
        return value

    def anchor(self, splice: Splice | Mapping[str, Any]) -> str | int | None:
        before = splice.get("before")
        if before is not None and (isinstance(before, bool) or not isinstance(before, (str, int))):
            raise _Misfit("InvalidSplice", "'before' must be a name, an index or null.")
        return before

    def container(self, path: Sequence[str]) -> _Place:
        """The object or array that holds what the path names."""
        if not path:
            raise _Misfit("InvalidSplice", "the document itself has no name and no place.")
        place = _Place(self.root, "", True)
        for depth, token in enumerate(path[:-1]):
            index = self.index(place.value, token)
            if index is None:
                raise self.missing(path[: depth + 1])
            slot = place.value.entries()[index]
            place = _Place(slot.value, margin(slot.lead) if slot.own_line else place.indent, slot.own_line)
        if not place.value.holds_entries:
            raise self.missing(path)
        return place

    def index(self, value: _Value, token: str) -> int | None:
        """The place of an entry in its object or array; None when there is none."""
        if value.node.kind == "object":
            return value.place_of(token)
        if value.node.kind != "array" or not _INDEX.fullmatch(token):
            return None
        return int(token) if int(token) < len(value.entries()) else None

    def missing(self, path: Sequence[str]) -> _Misfit:
        return _Misfit("PointerNotFound", f"nothing stands at {pointer_of(*path)!r}.")

    def set(self, path: list[str], text: str) -> None:
        if not path:
            self.root = self.fresh(text, "", one_line=False)
            return
        place = self.container(path)
        index = self.index(place.value, path[-1])
        if index is None:
            if place.value.node.kind == "array" and path[-1] not in ("-", str(len(place.value.entries()))):
                raise self.missing(path)
            self.put(place, len(place.value.entries()), path[-1], text)
            return
        slot = place.value.entries()[index]
        old = slot.value
        kept = old.holds_entries and bool(old.entries()) and "\n" not in old.text()
        indent = margin(slot.lead) if slot.own_line else place.indent
        slot.value = self.fresh(text, indent, one_line=kept or not slot.own_line)

    def insert(self, path: list[str], text: str, before: str | int | None) -> None:
        place = self.container(path)
        self.put(place, self.where(place.value, path[-1], before), path[-1], text)

    def where(self, value: _Value, token: str, before: str | int | None) -> int:
        """Where a new entry goes, by its neighbour or, in arrays, by its own pointer."""
        count = len(value.entries())
        if value.node.kind == "object":
            if value.place_of(token) is not None:
                raise _Misfit("NameTaken", f"a member named {token!r} is there already.")
            if isinstance(before, str):
                index = value.place_of(before)
                if index is None:
                    raise _Misfit("PointerNotFound", f"there is no member {before!r} to stand before.")
                return index
            wanted = count if before is None else before
        elif isinstance(before, int):
            wanted = before
        else:
            wanted = int(token) if _INDEX.fullmatch(token) else count if token == "-" else -1  # noqa: S105
        if not 0 <= wanted <= count:
            raise _Misfit(
                "PointerNotFound",
                f"there is no place {before if before is not None else token!r} among {count} entries.",
            )
        return wanted

    def rename(self, path: list[str], name: str) -> None:
        place = self.container(path)
        value = place.value
        if value.node.kind != "object" or value.place_of(path[-1]) is None:
            raise self.missing(path)
        if name == path[-1]:
            return
        if value.place_of(name) is not None:
            raise _Misfit("NameTaken", f"a member named {name!r} is there already.")
        for slot in value.entries():
            if slot.name == path[-1]:
                slot.name, slot.spelling = name, quote(name)

    def move(self, path: list[str], to: list[str], before: str | int | None) -> None:
        if to[: len(path)] == path and len(to) > len(path):
            raise _Misfit("InvalidSplice", "a member cannot move into itself.")
        moved, indent = self.take(path)
        place = self.container(to)
        index = self.where(place.value, to[-1], before)
        own = comments_of(moved.lead)[1]
        value = moved.value
        text = value.text()
        self.put(place, index, to[-1], text, indent)
        slot = place.value.entries()[index]
        if own and slot.own_line:
            line = self.style.newline + margin(slot.lead)
            slot.lead = (
                slot.lead[: line_breaks(slot.lead)[-1]] + "".join(line + comment for comment in own) + line
            )

    def take(self, path: list[str]) -> tuple[_Slot, str]:
        """Remove an entry; it comes back with the indentation it stood at."""
        place = self.container(path)
        value = place.value
        index = self.index(value, path[-1])
        if index is None:
            raise self.missing(path)
        slot = value.entries()[index]
        name = slot.name
        self.cut(value, index)
        while name is not None and (again := value.place_of(name)) is not None:
            self.cut(value, again)
        return slot, margin(slot.lead) if slot.own_line else place.indent

    def cut(self, value: _Value, index: int) -> None:
        """Take an entry out. A comment beside the entry before stays; those of the entry itself go."""
        slots = value.entries()
        gone = slots.pop(index)
        if index < len(slots):
            slots[index].lead = _closed_gap(gone.lead, slots[index].lead, first=index == 0)
        else:
            value.tail = _closed_gap(gone.lead, value.tail, first=False)
        if not slots:
            value.trailing = False
            value.tail = value.tail if value.tail.strip(" \t\r\n") else ""

    def fresh(self, text: str, indent: str, *, one_line: bool) -> _Value:
        laid = printed(text, self.style, indent, one_line=one_line)
        return _Value(laid, parse(laid).root)

    def put(self, place: _Place, index: int, name: str, text: str, moved_from: str | None = None) -> None:
        """A new entry at an index. With `moved_from` the text keeps its own layout, indented for its new
        place.
        """
        value = place.value
        slots = value.entries()
        neighbour = slots[min(index, len(slots) - 1)] if slots else None
        own_line = neighbour.own_line if neighbour else place.own_line
        indent = margin(neighbour.lead) if neighbour and own_line else place.indent + self.style.unit
        if not self.style.broken:
            own_line = False
        elif not own_line:
            line = text if moved_from is not None else self.fresh(text, indent, one_line=True).text()
            own_line = "\n" in line
        if moved_from is None:
            new = self.fresh(text, indent if own_line else place.indent, one_line=not own_line)
        else:
            laid = indented_anew(text, moved_from, indent if own_line else place.indent)
            new = _Value(laid, parse(laid).root)
        named = value.node.kind == "object"
        slot = _Slot(
            "", name if named else None, quote(name) if named else "", self.style.colon if named else "", new
        )
        slots.insert(index, slot)
        if own_line:
            self.on_its_line(place, index, self.style.newline + indent)
        else:
            self.in_the_line(value, index)

    def on_its_line(self, place: _Place, index: int, line: str) -> None:
        value = place.value
        slots = value.entries()
        slots[index].lead = line
        if index + 1 < len(slots):
            following = slots[index + 1]
            ahead = line_breaks(following.lead)
            if ahead and comments_of(following.lead)[0]:  # they are beside the entry before: they stay there
                slots[index].lead = following.lead[: ahead[0]] + line
                following.lead = following.lead[ahead[0] :]
            return
        breaks = line_breaks(value.tail)
        empty = index == 0
        if breaks and not empty:  # comments behind the last entry stay with it
            slots[index].lead = value.tail[: breaks[-1]] + line
            value.tail = value.tail[breaks[-1] :]
        elif value.tail.strip(" \t\r\n"):
            slots[index].lead = (value.tail[: breaks[-1]] if breaks else value.tail) + line
            value.tail = ""
        if empty:
            value.tail = self.style.newline + place.indent

    def in_the_line(self, value: _Value, index: int) -> None:
        slots = value.entries()
        gap = self.style.comma[1:]
        slot = slots[index]
        if len(slots) == 1:
            slot.lead, value.tail = (value.tail, "") if value.tail.strip(" \t\r\n") else ("", "")
        elif index == 0:
            following = slots[1]
            if not following.lead.strip(" \t\r\n"):
                slot.lead, following.lead = following.lead, gap
        elif index == len(slots) - 1 and value.tail.strip(" \t\r\n"):
            slot.lead, value.tail = value.tail, ""
        else:
            slot.lead = gap


def _closed_gap(gone: str, follower: str, *, first: bool) -> str:
    """What stands before an entry (or the closing bracket) once the entry in front of it is gone."""
    same, _ = comments_of(gone)
    breaks = line_breaks(follower)
    if not same:
        if breaks:
            return follower[breaks[0] :]
        return gone if first and not follower.strip(" \t\r\n") else follower
    if not breaks:
        return gone
    ahead = line_breaks(gone)
    return (gone[: ahead[0]] if ahead else gone) + follower[breaks[0] :]
