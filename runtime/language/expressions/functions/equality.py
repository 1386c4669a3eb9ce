"""When two values are the same: for equals() and as items of arrays (reference 2.11)."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal

from runtime.language.expressions.functions.parsing import float_to_decimal
from runtime.language.values import Json, Ref, kind_of

_NUMBERS = (int, float, Decimal)


def same(left: Json, right: Json) -> bool:
    """Deep equality; numbers by value across their kinds at the top, never inside arrays and objects.

    Raises OverflowError for a decimal beside a number that is none (reference 2.10).
    """
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return compare_numbers(left, right) == 0
    return same_token(left, right)


def compare_numbers(left: Json, right: Json) -> int | None:
    """-1, 0 or 1; None when one is NaN. With a decimal both are decimals, else with a float both are floats.

    Raises OverflowError for a decimal beside a number that is too large to be one, or NaN.
    """
    if type(left) is Decimal or type(right) is Decimal:
        first, second = _as_decimal(left), _as_decimal(right)
        return (first > second) - (first < second)
    if type(left) is not int or type(right) is not int:
        left, right = _as_float(left), _as_float(right)
        if left != left or right != right:
            return None
    return int(left > right) - int(left < right)


def _as_decimal(value: Json) -> Decimal:
    number = float_to_decimal(value) if type(value) is float else Decimal(value)
    if number is None:
        raise OverflowError
    return number


def _as_float(value: Json) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def same_token(left: Json, right: Json) -> bool:
    """Deep equality in which 1 and 1.0 differ. Raises Needed for content that is not at hand."""
    if isinstance(left, Ref) and left == right:
        return True
    if kind_of(left) != kind_of(right):
        return False
    if type(left) is dict:
        return left.keys() == right.keys() and all(
            same_token(item, right[name]) for name, item in left.items()
        )
    if type(left) is list:
        return len(left) == len(right) and all(map(same_token, left, right))
    if type(left) is not type(right):  # a float and a decimal
        try:
            return compare_numbers(left, right) == 0
        except OverflowError:
            return False
    return bool(left == right)


def token_key(value: Json) -> Hashable:
    """A key that is equal for values that `same_token` calls equal, so that sets of items stay linear."""
    if type(value) is str:
        return value
    if type(value) is dict:
        return ("Object", frozenset((name, token_key(item)) for name, item in value.items()))
    if type(value) is list:
        return ("Array", tuple(map(token_key, value)))
    kind = kind_of(value)
    if type(value) is float:
        value = float_to_decimal(value) if value - value == 0 and abs(value) < 1e28 else value
    return (kind, value)
