"""The three kinds of string a definition holds: literal, expression, interpolation (reference 2.2, 2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.language.expressions.errors import TemplateError
from runtime.language.expressions.lexer import utf16_length

_MARK = re.compile(r"[{}']")


@dataclass(frozen=True, slots=True)
class Segment:
    """The text of one expression and where it starts in the string, in characters."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Parts:
    """A string taken apart: one Segment alone is an expression whose value keeps its kind."""

    kind: str  # "literal", "expression", "interpolation"
    pieces: tuple[str | Segment, ...]


def split_string(text: str) -> Parts:
    """What a string of a definition means. Raises TemplateError for a segment that is not terminated."""
    if "@" not in text:
        return Parts("literal", (text,))
    if text.startswith("@@"):
        return Parts("literal", (text[1:],))
    if text.startswith("@") and len(text) > 1 and text[1] != "{":
        return Parts("expression", (Segment(text[1:], 1),))
    if "@{" not in text:
        return Parts("literal", (text,))
    return _interpolation(text)


def _interpolation(text: str) -> Parts:
    pieces: list[str | Segment] = []
    literal = ""
    position = 0
    while True:
        start = text.find("@{", position)
        if start < 0:
            break
        if start > 0 and text[start - 1] == "@" and start - 1 >= position:
            literal += text[position : start - 1] + "@{"  # @@{ stands for @{
            position = start + 2
            continue
        literal += text[position:start]
        if literal:
            pieces.append(literal)
            literal = ""
        end = _segment_end(text, start)
        pieces.append(Segment(text[start + 2 : end], start + 2))
        position = end + 1
    literal += text[position:]
    if literal:
        pieces.append(literal)
    if any(isinstance(piece, Segment) for piece in pieces):
        return Parts("interpolation", tuple(pieces))
    return Parts("literal", ("".join(piece for piece in pieces if isinstance(piece, str)),))


def _segment_end(text: str, start: int) -> int:
    """Index of the `}` that ends the segment: the first outside a quoted literal and further braces."""
    depth = 0
    mark = _MARK.search(text, start + 2)
    while mark is not None:
        position, character = mark.start(), mark[0]
        if character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return position
            depth -= 1
        else:
            position = text.find("'", position + 1)
            if position < 0:
                break
        mark = _MARK.search(text, position + 1)
    raise TemplateError(
        f"The template language expression '{text}' is not valid: the string interpolation segment starting "
        "at "
        f"position '{utf16_length(text[:start])}' is not terminated. Make sure that every "
        f"'@{{' is followed by its "
        "'}'.",
        start,
    )
