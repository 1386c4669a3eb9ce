"""White space of JSON texts: the style a file is written in, and values printed in it.

Three layouts. *Broken*: every entry on its own line, as designers write files. *Inline*: one line, for short
values in a broken file whose author keeps them on one line. *Compact*: the layout of a file that has no line
breaks at all. Spellings of names, strings and numbers are never touched, and comments stay (a comment forces
the broken layout or stays verbatim). The TypeScript twin is `frontend/src/workflow/printing.ts`; results are
equal byte for byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from runtime.language.document import Document, Node, children, parse, skip_trivia, utf16_length

INLINE_WIDTH: Final = 80
_BRACKETS: Final = {"object": ("{", "}"), "array": ("[", "]")}
_COMMENT: Final = re.compile(r"//[^\n]*|/\*[\s\S]*?\*/|\n")
_MARGIN: Final = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is laid out. `unit` is one level of indentation; `comma` separates entries that share a
    line.
    """

    broken: bool = True
    unit: str = "  "
    newline: str = "\n"
    colon: str = ": "
    comma: str = ", "


CANONICAL: Final = Style()


def style_of(document: Document) -> Style:
    """The style of a file, read off its outermost object or array; two spaces where that is empty."""
    root, text = document.root, document.text
    first = next(children(root), None)
    if first is None:
        return CANONICAL
    lead = text[root.start + 1 : first[1]]
    breaks = line_breaks(lead)
    colon = _spaced_colon(document)
    if not breaks:
        return Style(False, "", "\n", colon or ":", _spaced_comma(document))
    newline = "\r\n" if lead[breaks[0]] == "\r" else "\n"
    return Style(True, margin(lead), newline, colon or ": ", ", ")


def _spaced_colon(document: Document) -> str | None:
    """What stands between the first name and its value, where that is a colon with at most a space on either
    side.
    """
    if not document.root.members:
        return ": " if document.root.items else None
    member = document.root.members[0]
    between = document.text[member.name_end : member.value.start]
    return between if between in (":", ": ", " : ", " :") else None


def _spaced_comma(document: Document) -> str:
    """', ' where the first object or array with two entries is written so, else ','."""
    waiting = [document.root]
    while waiting:
        node = waiting.pop()
        inner = list(children(node))
        if len(inner) > 1:
            return ", " if document.text[inner[1][1] - 1] == " " else ","
        waiting.extend(child for _, _, child in reversed(inner))
    return ","


def line_breaks(trivia: str) -> list[int]:
    """Offsets of the line breaks outside block comments; of CRLF the offset of the CR."""
    found = [match.start() for match in _COMMENT.finditer(trivia) if match[0] == "\n"]
    return [place - 1 if place and trivia[place - 1] == "\r" else place for place in found]


def margin(trivia: str) -> str:
    """The spaces and tabs that follow the last line break."""
    breaks = line_breaks(trivia)
    if not breaks:
        return ""
    start = breaks[-1] + (2 if trivia[breaks[-1]] == "\r" else 1)
    return _MARGIN.match(trivia, start)[0]  # type: ignore[index]  # matches the empty text


def comments_of(trivia: str) -> tuple[list[str], list[str]]:
    """Comments before the first line break and those after it."""
    same: list[str] = []
    later: list[str] = []
    into = same
    for match in _COMMENT.finditer(trivia):
        if match[0] == "\n":
            into = later
        else:
            into.append(match[0].rstrip("\r"))
    return same, later


def format(text: str) -> str:
    """The same document in canonical white space (two spaces, a final line break): nothing but white space
    changes.
    """
    document = parse(text)
    printer = _Printer(document, CANONICAL)
    root = document.root
    mark = 1 if text.startswith("\ufeff") else 0
    above = [c for part in comments_of(text[mark : root.start]) for c in part]
    same, below = comments_of(text[root.end :])
    printer.parts.append(text[:mark] + "".join(comment + "\n" for comment in above))
    printer.broken(root, "")
    printer.parts.extend(" " + comment for comment in same)
    printer.parts.extend("\n" + comment for comment in below)
    return "".join(printer.parts) + "\n"


def printed(text: str, style: Style, indent: str, *, one_line: bool = False) -> str:
    """A JSON value given as text, printed to stand at `indent` in a file of that style.

    `one_line`: on one line where it then is short enough.
    """
    document = parse(text)
    source = document.source(document.root)
    if not style.broken or one_line:
        line = source if document.comments else _on_one_line(document, style)
        if not style.broken or (utf16_length(line) <= INLINE_WIDTH and not document.comments):
            return line
    printer = _Printer(document, style)
    printer.broken(document.root, indent)
    return "".join(printer.parts)


def _on_one_line(document: Document, style: Style) -> str:
    def walk(node: Node) -> str:
        if node.kind == "object":
            return (
                "{"
                + style.comma.join(
                    f"{document.text[m.start : m.name_end]}{style.colon}{walk(m.value)}" for m in node.members
                )
                + "}"
            )
        if node.kind == "array":
            return "[" + style.comma.join(map(walk, node.items)) + "]"
        return document.source(node)

    return walk(document.root)


def spelled(document: Document, node: Node) -> str:
    """A value without white space and comments: two values are spelled alike exactly when these texts are
    equal.
    """
    style = Style(False, "", "\n", ":", ",")
    return _on_one_line(Document(document.text, node, 0, 0, 0), style)


def indented_anew(text: str, old: str, new: str) -> str:
    """A value that stood at one indentation, moved to another: the margin of every line but the first
    changes.
    """
    if old == new:
        return text
    first, *rest = text.split("\n")
    return "\n".join([first, *(new + line[len(old) :] if line.startswith(old) else line for line in rest)])


def _beside(waiting: list[str], trivia: str) -> tuple[list[str], list[str]]:
    """Comments that share the line of the value before, and those on lines of their own: nothing follows a
    line comment.
    """
    same, later = comments_of(trivia)
    same = waiting + same
    count = next((place + 1 for place, comment in enumerate(same) if comment.startswith("//")), len(same))
    return same[:count], same[count:] + later


class _Printer:
    """The broken layout. Comments beside a value stay beside it, others get lines of their own."""

    def __init__(self, document: Document, style: Style) -> None:
        self.document = document
        self.style = style
        self.parts: list[str] = []

    def broken(self, node: Node, indent: str) -> None:
        if node.kind not in ("object", "array"):
            self.parts.append(self.document.source(node))
        elif self.document.comments:
            self.commented(node, indent)
        elif not node.children:
            self.parts.append("{}" if node.kind == "object" else "[]")
        else:
            self.uncommented(node, indent)

    def uncommented(self, node: Node, indent: str) -> None:
        inner = indent + self.style.unit
        text, out = self.document.text, self.parts
        opening, closing = _BRACKETS[node.kind]
        out.append(opening)
        separator = self.style.newline + inner
        for member in node.members:
            out.append(f"{separator}{text[member.start : member.name_end]}{self.style.colon}")
            self.broken(member.value, inner)
            separator = "," + self.style.newline + inner
        for item in node.items:
            out.append(separator)
            self.broken(item, inner)
            separator = "," + self.style.newline + inner
        comma = "," if self.document.text[self.last_code(node)] == "," else ""
        out.append(comma + self.style.newline + indent + closing)

    def last_code(self, node: Node) -> int:
        """Offset of the last character before the closing bracket that is not white space; there are no
        comments.
        """
        offset = node.end - 2
        while self.document.text[offset] in " \t\r\n":
            offset -= 1
        return offset

    def commented(self, node: Node, indent: str) -> None:
        inner = indent + self.style.unit
        text, out, line = self.document.text, self.parts, self.style.newline
        opening, closing = _BRACKETS[node.kind]
        out.append(opening)
        position = node.start + 1
        entries: list[tuple[int, int, Node]] = [(m.start, m.name_end, m.value) for m in node.members]
        entries.extend((item.start, item.start, item) for item in node.items)
        waiting: list[str] = []  # comments between the last value and its comma: printed behind the comma
        for start, name_end, value in entries:
            beside, later = _beside(waiting, text[position:start])
            out.extend(" " + comment for comment in beside)
            out.append(line + inner + "".join(comment + line + inner for comment in later))
            if name_end > start:
                out.append(text[start:name_end])
                self.colon(text[name_end : value.start], inner)
            self.broken(value, inner)
            after = skip_trivia(text, value.end)
            comma = text[after] == ","
            waiting = [c for part in comments_of(text[value.end : after]) for c in part] if comma else []
            position = after + 1 if comma else value.end
            out.append("," if comma else "")
        beside, later = _beside(waiting, text[position : node.end - 1])
        out.extend(" " + comment for comment in beside)
        out.extend(line + inner + comment for comment in later)
        out.append((line + indent if entries or beside or later else "") + closing)

    def colon(self, between: str, indent: str) -> None:
        """The colon with the comments around it; a line comment before it would swallow it, so all come
        after.
        """
        self.parts.append(self.style.colon)
        for part in comments_of(between):
            for comment in part:
                self.parts.append(
                    comment + (self.style.newline + indent if comment.startswith("//") else " ")
                )
