"""The lossless tree of a JSON text: what stands where, spelled how.

Theory of operation. The text is the truth (a definition is stored as text, never as a parsed value), so
reading it must lose nothing: members keep their order and their duplicates, a number is its spelling, a
string has a value and a spelling, and everything knows its range. A byte order mark, comments and trailing
commas are tolerated on input and stay where they are.

The tree does not hold white space and comments: it holds ranges, and what lies between two ranges is found in
the text. Offsets inside the tree count code points of `Document.text`; what leaves this module for other
parts (ranges, positions of errors) counts UTF-16 units, as browsers do. `splices.py` changes texts;
`frontend/src/workflow/document.ts` is the same module in TypeScript, and both run the cases in
`tests/language/cases/splices`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from json import decoder
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from runtime.language.values import Json

Kind = Literal["object", "array", "string", "number", "boolean", "null"]

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"[A-Za-z0-9_.+-]+")
_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]*)$")
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a text may cost. The largest definition seen in the wild has 401,121 bytes and nests 11 actions
    deep.
    """

    characters: int = 16 * 1024 * 1024
    depth: int = 256
    values: int = 500_000
    digits: int = 1_000


LIMITS: Final = Limits()


class DocumentError(ValueError):
    """A text that is no JSON document, or one beyond the limits.

    `code`: InvalidJson, DocumentTooLarge, DocumentTooDeep, DocumentTooManyValues. `position` counts UTF-16
    units from the start of the text; `line` and `column` count from 1. `reason` is the sentence without the
    place.
    """

    def __init__(self, code: str, reason: str, text: str, offset: int) -> None:
        before = text[:offset]
        self.code = code
        self.reason = reason
        self.position = utf16_length(before)
        self.line = before.count("\n") + 1
        self.column = utf16_length(before[before.rfind("\n") + 1 :]) + 1
        super().__init__(f"Line {self.line}, column {self.column}: {reason}")


@dataclass(slots=True, eq=False)
class Member:
    """One member of an object: its name, the range of the name's spelling (quotes included), and its
    value.
    """

    name: str
    start: int
    name_end: int
    value: Node

    @property
    def end(self) -> int:
        return self.value.end


@dataclass(slots=True, eq=False)
class Node:
    """One JSON value in its text. `value` is the text of a string, the spelling of a number, a boolean, or
    None.
    """

    kind: Kind
    start: int
    end: int
    value: str | bool | None = None
    members: Sequence[Member] = ()
    items: Sequence[Node] = ()
    _names: dict[str, Member] | None = field(default=None, init=False, repr=False)  # for large objects only

    def member(self, name: str) -> Member | None:
        """The member of that name; among duplicates the last one, which is the one every reader of JSON
        sees.
        """
        if len(self.members) < 16:
            return next((m for m in reversed(self.members) if m.name == name), None)
        if self._names is None:
            self._names = {member.name: member for member in self.members}
        return self._names.get(name)

    def get(self, name: str) -> Node | None:
        found = self.member(name)
        return found.value if found else None

    @property
    def children(self) -> int:
        return len(self.members) + len(self.items)


@dataclass(slots=True, eq=False)
class Document:
    """A text and its tree. `comments` and `values` count what the text holds."""

    text: str
    root: Node
    comments: int
    values: int
    depth: int
    _wide: list[int] | None = field(default=None, init=False, repr=False)

    def at(self, pointer: str) -> Node | None:
        """The value a JSON pointer (RFC 6901) names, or None."""
        node: Node | None = self.root
        for token in tokens(pointer):
            if node is None:
                return None
            if node.kind == "array":
                place = int(token) if _INDEX.match(token) else len(node.items)
                node = node.items[place] if place < len(node.items) else None
            else:
                node = node.get(token)
        return node

    def range(self, pointer: str) -> tuple[int, int] | None:
        """Start and end of that value in the text, in UTF-16 units."""
        node = self.at(pointer)
        return None if node is None else (self.utf16(node.start), self.utf16(node.end))

    def name_range(self, pointer: str) -> tuple[int, int] | None:
        """Start and end of the name of the member a pointer names, in UTF-16 units; None for items and the
        root.
        """
        path = tokens(pointer)
        parent = self.at(pointer_of(*path[:-1])) if path else None
        member = parent.member(path[-1]) if parent is not None else None
        return None if member is None else (self.utf16(member.start), self.utf16(member.name_end))

    def pointer_at(self, position: int) -> str:
        """The pointer of the innermost value whose member or range holds a position given in UTF-16 units."""
        offset = self._offset(position)
        path: list[str] = []
        node = self.root
        while True:
            inner = next((c for c in children(node) if c[1] <= offset <= c[2].end), None)
            if inner is None:
                return pointer_of(*path)
            path.append(inner[0])
            node = inner[2]

    def source(self, node: Node) -> str:
        """The text of a value as it stands."""
        return self.text[node.start : node.end]

    def plain(self) -> Json:
        return plain(self.root)

    def utf16(self, offset: int) -> int:
        """An offset of the tree in UTF-16 units."""
        wide = self._wide_offsets()
        if not wide:
            return offset
        return offset + _below(wide, offset)

    def _offset(self, position: int) -> int:
        wide = self._wide_offsets()
        low, high = max(0, position - len(wide)), position
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.utf16(middle) <= position else (low, middle - 1)
        return low

    def _wide_offsets(self) -> list[int]:
        if self._wide is None:
            text = self.text
            self._wide = [] if text.isascii() else [i for i, c in enumerate(text) if c > "\uffff"]
        return self._wide


def _below(numbers: list[int], limit: int) -> int:
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if numbers[middle] < limit else (low, middle)
    return low


def children(node: Node) -> Iterator[tuple[str, int, Node]]:
    """Pointer token, start (of the name, where there is one) and value of everything directly inside."""
    for member in node.members:
        yield member.name, member.start, member.value
    for place, item in enumerate(node.items):
        yield str(place), item.start, item


def tokens(pointer: str) -> list[str]:
    """The unescaped reference tokens of a JSON pointer; ValueError for text that is none."""
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"The JSON pointer {pointer!r} does not begin with a slash.")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def pointer_of(*path: str | int) -> str:
    """The JSON pointer of a path of names and indexes."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def quote(value: str) -> str:
    """A string as JSON text, spelled as JSON.stringify does: only what must be escaped is."""
    return '"' + _ESCAPED.sub(lambda m: _SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", value) + '"'


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte order mark. The mark of a UTF-8 file stays in the
    text.

    DocumentError (InvalidJson) names the first byte that is no text.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as wrong:
            raise DocumentError(
                "InvalidJson", "The file begins as UTF-16 text but is none.", "", 0
            ) from wrong
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        good = data[: wrong.start].decode("utf-8")
        reason = f"The file is not UTF-8 text: byte {wrong.start} is 0x{data[wrong.start]:02x}."
        raise DocumentError("InvalidJson", reason, good, len(good)) from wrong


def parse(text: str, limits: Limits = LIMITS) -> Document:
    """Read a JSON text into its tree; DocumentError says what is wrong and where."""
    if len(text) > limits.characters:
        reason = f"The text has {len(text):,} characters; at most {limits.characters:,} are read."
        raise DocumentError("DocumentTooLarge", reason, "", 0)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as wrong:
        reason = "A lone surrogate stands in the text; write it as an escape."
        raise DocumentError("InvalidJson", reason, text, wrong.start) from wrong
    scanner = _Scanner(text, limits)
    scanner.position = 1 if text.startswith("\ufeff") else 0
    scanner.skip()
    root = scanner.value(1)
    scanner.skip()
    if scanner.position < len(text):
        raise scanner.wrong(f"The document has ended, but {scanner.found()} follows.")
    return Document(text, root, scanner.comments, scanner.values, scanner.deepest)


class _Scanner:
    """One pass over the text. Recursion is bounded by `Limits.depth`."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.position = 0
        self.comments = 0
        self.values = 0
        self.deepest = 0

    def wrong(self, reason: str, offset: int | None = None, code: str = "InvalidJson") -> DocumentError:
        return DocumentError(code, reason, self.text, self.position if offset is None else offset)

    def found(self) -> str:
        """What stands at the position, in words."""
        word = _WORD.match(self.text, self.position)
        if word:
            return f"'{word[0][:40]}'"
        character = self.text[self.position : self.position + 1]
        return f"'{character}'" if character else "the end of the text"

    def skip(self) -> None:
        """Pass white space and comments."""
        text = self.text
        position = self.position
        while True:
            position = _SPACE.match(text, position).end()  # type: ignore[union-attr]  # matches the empty text
            if text[position : position + 1] != "/":
                break
            if text.startswith("//", position):
                end = text.find("\n", position)
                position = len(text) if end < 0 else end
            elif text.startswith("/*", position):
                end = text.find("*/", position + 2)
                if end < 0:
                    raise self.wrong("A comment that begins with /* is not closed.", position)
                position = end + 2
            else:
                break
            self.comments += 1
        self.position = position

    def value(self, depth: int) -> Node:
        self.values += 1
        if self.values > self.limits.values:
            reason = f"The text holds more than {self.limits.values:,} values."
            raise self.wrong(reason, code="DocumentTooManyValues")
        text, start = self.text, self.position
        first = text[start : start + 1]
        if first == '"':
            value = self.string()
            return Node("string", start, self.position, value)
        if first in ("{", "["):
            if depth > self.limits.depth:
                reason = f"Objects and arrays nest deeper than {self.limits.depth} levels."
                raise self.wrong(reason, code="DocumentTooDeep")
            self.deepest = max(self.deepest, depth)
            return self.object(depth) if first == "{" else self.array(depth)
        return self.scalar(start)

    def scalar(self, start: int) -> Node:
        word = _WORD.match(self.text, start)
        spelling = word[0] if word else ""
        end = start + len(spelling)
        self.position = end
        if spelling == "null":
            return Node("null", start, end)
        if spelling in ("true", "false"):
            return Node("boolean", start, end, spelling == "true")
        if _NUMBER.fullmatch(spelling):
            if len(spelling) > self.limits.digits:
                raise self.wrong(f"A number has more than {self.limits.digits:,} digits.", start)
            return Node("number", start, end, spelling)
        self.position = start
        raise self.wrong(f"A value is expected, not {self.found()}.")

    def string(self) -> str:
        text, start = self.text, self.position
        match = _STRING.match(text, start)
        if match is None:
            raise self.broken_string(start)
        self.position = match.end()
        spelling = text[start + 1 : self.position - 1]
        return spelling if "\\" not in spelling else str(decoder.scanstring(text, start + 1, True)[0])  # type: ignore[attr-defined]

    def broken_string(self, start: int) -> DocumentError:
        """Say what is wrong with a string that does not scan."""
        position = start + 1
        while position < len(self.text):
            character = self.text[position]
            if character < " ":
                return self.wrong(
                    "A line break or control character stands inside a string; write it as an escape.",
                    position,
                )
            if character == "\\":
                if not re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})').match(self.text, position):
                    return self.wrong(
                        "A backslash in a string begins no known escape; write \\\\ for a backslash.",
                        position,
                    )
                position += 1
            position += 1
        return self.wrong("A string is not closed.", start)

    def object(self, depth: int) -> Node:
        start = self.position
        members: list[Member] = []
        self.position += 1
        self.skip()
        while self.text[self.position : self.position + 1] != "}":
            if self.text[self.position : self.position + 1] != '"':
                raise self.wrong(f"The name of a member or '}}' is expected, not {self.found()}.")
            begin = self.position
            name = self.string()
            name_end = self.position
            self.skip()
            if self.text[self.position : self.position + 1] != ":":
                raise self.wrong(f"A colon is expected after the name '{name[:40]}', not {self.found()}.")
            self.position += 1
            self.skip()
            members.append(Member(name, begin, name_end, self.value(depth + 1)))
            self.separator("}")
        self.position += 1
        return Node("object", start, self.position, None, members)

    def array(self, depth: int) -> Node:
        start = self.position
        items: list[Node] = []
        self.position += 1
        self.skip()
        while self.text[self.position : self.position + 1] != "]":
            items.append(self.value(depth + 1))
            self.separator("]")
        self.position += 1
        return Node("array", start, self.position, None, (), items)

    def separator(self, close: str) -> None:
        self.skip()
        following = self.text[self.position : self.position + 1]
        if following == ",":
            self.position += 1
            self.skip()
        elif following != close:
            raise self.wrong(f"A comma or '{close}' is expected, not {self.found()}.")


def plain(node: Node) -> Json:
    """The value itself, as running a definition sees it: of duplicate members the last, numbers as int or
    float.
    """
    if node.kind == "object":
        return {member.name: plain(member.value) for member in node.members}
    if node.kind == "array":
        return [plain(item) for item in node.items]
    if node.kind == "number":
        spelling = str(node.value)
        return float(spelling) if any(c in spelling for c in ".eE") else int(spelling)
    return node.value


def skip_trivia(text: str, offset: int) -> int:
    """The offset of the first character at or after `offset` that is neither white space nor part of a
    comment.

    The text is known to be well formed there.
    """
    scanner = _Scanner(text, LIMITS)
    scanner.position = offset
    scanner.skip()
    return scanner.position
