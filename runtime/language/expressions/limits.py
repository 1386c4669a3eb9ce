"""Bounds on what one evaluation may build, so that no expression exhausts the process.

Functions that can make much out of little call `charge` with the size of what they are about to make, and
loops that run long with the number of their turns. The sum is kept per thread and starts again with each
template, so the bound is on work, not on the clock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.language.expressions.errors import ExpressionError

EXPRESSION_LENGTH = 8192  # UTF-16 units (reference 2.4)
EXPRESSION_DEPTH = 256  # calls inside calls; the reference knows 200 to work
TEXT_LENGTH = 104_857_600  # characters of one result (reference 3)
TOTAL_WORK = 3 * TEXT_LENGTH  # characters made and turns taken by one template
TURN = 64  # what one turn of a loop costs beside one character
SMALL = 4096  # below this nothing is counted
JSON_DEPTH = 256
XML_LENGTH = 16_777_216  # characters of one XML document


class _Spent(threading.local):
    work = 0
    ever = 0
    is_held = False


_spent = _Spent()


def start() -> None:
    """Begin the account of one template's evaluation."""
    if _spent.work and not _spent.is_held:
        _spent.work = 0


@contextmanager
def together() -> Iterator[None]:
    """All templates evaluated inside share one account: those of one action over many items."""
    start()
    before, _spent.is_held = _spent.is_held, True
    try:
        yield
    finally:
        _spent.is_held = before


def note(work: int) -> None:
    """Work done outside of templates, which `spent` tells all the same."""
    _spent.ever += work


def spent() -> int:
    """All work of this thread so far: a number to compare with an earlier one."""
    return _spent.ever


def charge(function: str, size: int) -> None:
    """Count `size` characters about to be made.

    Raises ExpressionError when it is too much for one evaluation.
    """
    if size <= SMALL:
        return
    if size > TEXT_LENGTH:
        raise too_long(function, size)
    _add(function, size)


def _add(function: str, work: int) -> None:
    _spent.work += work
    _spent.ever += work
    if _spent.work > TOTAL_WORK:
        raise ExpressionError(
            "ExpressionEvaluationFailed",
            f"The template language expression is too much work, last in function '{function}': maximum "
            f"'{TOTAL_WORK}' and actual '{_spent.work}'. Divide the value or the expression.",
        )


def charge_turns(function: str, turns: int) -> None:
    """Count the turns of a loop over characters or items."""
    if turns > SMALL // TURN:
        _add(function, turns * TURN)


def too_long(function: str, size: int) -> ExpressionError:
    """The error for a result that is longer than the language allows."""
    return ExpressionError(
        "ExpressionEvaluationFailed",
        f"The result of template language function '{function}' is too large: maximum '{TEXT_LENGTH}' and "
        "actual "
        f"'{size}'.",
    )
