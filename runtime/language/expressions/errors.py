"""What can go wrong with an expression, and when.

The message is the whole sentence a person reads; the engine adds where it happened.
"""

from __future__ import annotations

from typing import Literal

Phase = Literal["parse", "evaluate"]


class ExpressionError(Exception):
    """An expression that cannot be evaluated.

    `code`, `message`, and the `phase` in which it shows (reference 2.13).
    """

    def __init__(self, code: str, message: str, phase: Phase = "evaluate") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.phase = phase


class TemplateError(ExpressionError):
    """An expression that cannot be accepted: found when a definition is saved.

    `position` counts UTF-16 units from the start of the string, `pointer` is the RFC 6901 pointer of that
    string inside the compiled value (empty for the value itself).
    """

    def __init__(
        self, message: str, position: int = 0, pointer: str = "", code: str = "InvalidTemplate"
    ) -> None:
        super().__init__(code, message, "parse")
        self.position = position
        self.pointer = pointer
