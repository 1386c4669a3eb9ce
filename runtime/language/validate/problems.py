"""What is found: problems with a place, a code of the reference's chapter 12, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from runtime.language.document import pointer_of

Severity = Literal["error", "warning", "info"]

#: More than this of one definition helps nobody.
MAXIMUM = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `pointer` (RFC 6901) leads into the definition.

    Where the fault lies inside a string, `start` and `end` are its range in that string's value, in UTF-16
    units.
    """

    severity: Severity
    code: str
    pointer: str
    message: str
    start: int | None = None
    end: int | None = None

    def as_json(self) -> dict[str, Any]:
        problem: dict[str, Any] = {
            "severity": self.severity,
            "code": self.code,
            "pointer": self.pointer,
            "message": self.message,
        }
        if self.start is not None:
            problem["range"] = [self.start, self.end]
        return problem


class Problems:
    """Collects problems; every rule writes into one of these."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def error(self, code: str, pointer: str, message: str, span: tuple[int, int] | None = None) -> None:
        self.add("error", code, pointer, message, span)

    def warning(self, code: str, pointer: str, message: str, span: tuple[int, int] | None = None) -> None:
        self.add("warning", code, pointer, message, span)

    def info(self, code: str, pointer: str, message: str, span: tuple[int, int] | None = None) -> None:
        self.add("info", code, pointer, message, span)

    def add(
        self, severity: Severity, code: str, pointer: str, message: str, span: tuple[int, int] | None
    ) -> None:
        if len(self.found) < MAXIMUM:
            start, end = span or (None, None)
            self.found.append(Problem(severity, code, pointer, message, start, end))


def below(pointer: str, *path: str | int) -> str:
    """The pointer of something further inside."""
    return pointer + pointer_of(*path)


def listed(names: list[str], limit: int = 5) -> str:
    """Names for a sentence: 'a', 'b' and 3 more."""
    shown = ", ".join(f"'{name}'" for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
