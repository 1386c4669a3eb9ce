"""What a template string looks like, without evaluating: its printed tree and the names it reads.

The canvas has the same in TypeScript; both give the same answers for the same strings.
"""

from __future__ import annotations

from runtime.language.expressions.errors import TemplateError
from runtime.language.expressions.lexer import utf16_length
from runtime.language.expressions.nodes import Node, Reference, print_tree, references
from runtime.language.expressions.parser import parse
from runtime.language.expressions.strings import Segment, split_string
from runtime.language.values import json_string


def print_template(text: str) -> str:
    """One line that shows what a template string means.

    Raises TemplateError with a position in UTF-16 units.
    """
    try:
        parts = split_string(text)
    except TemplateError as error:
        raise _located(error, text, 0) from None
    printed = [
        print_tree(_parsed(text, piece)) if isinstance(piece, Segment) else json_string(piece)
        for piece in parts.pieces
    ]
    return " ".join([parts.kind, *printed])


def references_in(text: str) -> list[Reference]:
    """Every literal name a template string reads; spans count UTF-16 units of the string.

    Raises TemplateError.
    """
    found: list[Reference] = []
    for piece in split_string(text).pieces:
        if isinstance(piece, Segment):
            for reference in references(_parsed(text, piece)):
                start = utf16_length(text[: piece.start + reference.start])
                end = start + utf16_length(text[piece.start + reference.start : piece.start + reference.end])
                found.append(Reference(reference.function, reference.name, start, end))
    return found


def _parsed(text: str, segment: Segment) -> Node:
    try:
        return parse(segment.text)
    except TemplateError as error:
        raise _located(error, text, segment.start) from None


def _located(error: TemplateError, text: str, offset: int) -> TemplateError:
    return TemplateError(error.message, utf16_length(text[: offset + error.position]))
