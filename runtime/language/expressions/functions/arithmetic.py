"""Math functions (reference 4.5) with the number rules of 2.10."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.equality import compare_numbers
from runtime.language.expressions.functions.parsing import WIDE, fit_decimal, float_to_decimal
from runtime.language.expressions.functions.registry import failure, family, overflow, see, wrong_kind
from runtime.language.expressions.limits import charge_turns
from runtime.language.values import Json, kind_of

if TYPE_CHECKING:
    from runtime.language.template import Scope

function = family("math")
_NUMBERS = (int, float, Decimal)
_FLOATS = (int, float)


def _by_zero(name: str) -> ExpressionError:
    return ExpressionError(
        "InvalidTemplate",
        f"Attempt to divide an integral or decimal value by zero in function '{name}'. {see(name)}",
    )


def _checked(name: str, left: Json, right: Json) -> None:
    expected = (
        "an integer, a float or a decimal number" if name == "add" else ("an integer or a decimal number")
    )
    for which, value in (("first", left), ("second", right)):
        if type(value) not in _NUMBERS:
            raise wrong_kind(name, f"its {which} parameter to be {expected}", value)
        expected = "an integer or a decimal number" if name == "add" else expected


def _as_decimal(name: str, value: Json) -> Decimal:
    if type(value) is Decimal:
        return value
    result = float_to_decimal(value) if type(value) is float else fit_decimal(WIDE.create_decimal(value))
    if result is None:
        raise overflow(name)
    return result


def _as_float(name: str, value: Json) -> float:
    try:
        return float(value)
    except OverflowError:
        raise overflow(name) from None


def _int64(name: str, value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise overflow(name)
    return value


def _decimal(name: str, value: Decimal) -> Decimal:
    fitted = fit_decimal(value)
    if fitted is None:
        raise overflow(name)
    return fitted


def _operation(
    name: str,
    words: tuple[str, str],
    told: tuple[str, str],
    summary: str,
    whole: Callable[[int, int], int],
    real: Callable[[float, float], float],
    exact: Callable[[Decimal, Decimal], Decimal],
) -> None:
    divides = name in ("div", "mod")

    def calculate(left: Json, right: Json) -> Json:
        _checked(name, left, right)
        if divides and right == 0:
            raise _by_zero(name)
        if type(left) is int and type(right) is int:
            return _int64(name, whole(left, right))
        if type(left) is Decimal or type(right) is Decimal:
            first, second = _as_decimal(name, left), _as_decimal(name, right)
            if divides and not second:
                raise _by_zero(name)
            return _decimal(name, exact(first, second))
        return real(_as_float(name, left), _as_float(name, right))

    function(
        f"{name}({words[0]}, {words[1]})",
        "number",
        summary,
        f"two numeric parameters: the {told[0]} as the first parameter and the {told[1]} as the second "
        "parameter",
    )(calculate)


def _truncated(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _float_mod(left: float, right: float) -> float:
    return math.nan if math.isinf(left) or left != left or right != right else math.fmod(left, right)


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    """28 significant places as .NET's decimal gives; exact quotients keep no needless zeros."""
    result = WIDE.divide(left, right)
    scale = left.as_tuple().exponent
    assert isinstance(scale, int)
    short = result.normalize(WIDE)
    exponent = short.as_tuple().exponent
    assert isinstance(exponent, int)
    if not fit_decimal(short):  # zero, or too small for 28 places; what is too large is told by the caller
        return Decimal(0) if fit_decimal(short) is not None else short
    return short if exponent < 0 else short.quantize(Decimal(1), context=WIDE)


_operation(
    "add",
    ("summand1", "summand2"),
    ("first summand", "seccond summand"),
    "The sum.",
    int.__add__,
    float.__add__,
    WIDE.add,
)
_operation(
    "sub",
    ("minuend", "subtrahend"),
    ("minuend", "subtrahend"),
    "The difference.",
    int.__sub__,
    float.__sub__,
    WIDE.subtract,
)
_operation(
    "mul",
    ("multiplicand1", "multiplicand2"),
    ("first multiplicand", "second multiplicand"),
    "The product.",
    int.__mul__,
    float.__mul__,
    WIDE.multiply,
)
_operation(
    "div",
    ("dividend", "divisor"),
    ("dividend", "divisor"),
    "The quotient; of two integers without its fraction.",
    _truncated,
    float.__truediv__,
    _quotient,
)
_operation(
    "mod",
    ("dividend", "divisor"),
    ("dividend", "divisor"),
    "The remainder, with the sign of the dividend.",
    lambda a, b: a - b * _truncated(a, b),
    _float_mod,
    WIDE.remainder,
)


def _extreme(name: str, summary: str, sign: int) -> None:
    def choose(*values: Json) -> Json:
        numbers = values
        if len(values) == 1 and type(values[0]) is list:
            numbers = tuple(values[0])
            if not numbers:
                raise failure(
                    name,
                    "expects either an array of numbers or a comma separated list of numbers as its "
                    "parameters. The function was invoked with no parameters.",
                )
        wrong = dict.fromkeys(kind_of(number) for number in numbers if type(number) not in _NUMBERS)
        if wrong:
            raise failure(
                name,
                "expects all of its parameters to be either integer or decimal numbers. Found invalid "
                f"parameter types: '{','.join(wrong)}'.",
            )
        numbers = _promoted(name, numbers)
        return _pick(numbers, sign)

    function(
        f"{name}(number1, number2, ...) or {name}(array)",
        "number",
        summary,
        "expects either an array of numbers or a comma separated list of numbers as its parameters. The "
        "function was invoked with no parameters.",
        at_least=1,
    )(choose)


def _pick(numbers: tuple[Json, ...], sign: int) -> Json:
    """The largest or smallest; NaN is less than every number, as .NET orders it."""
    best = numbers[0]
    for number in numbers[1:]:
        order = compare_numbers(number, best)
        if order is None:
            order = int(best != best) - int(number != number)
        if order == sign:
            best = number
    return best


def _promoted(name: str, numbers: tuple[Json, ...]) -> tuple[Json, ...]:
    """All in the widest kind among them: decimal before float before int (reference 2.10)."""
    if any(type(number) is Decimal for number in numbers):
        return tuple(_as_decimal(name, number) for number in numbers)
    if any(type(number) is float for number in numbers):
        return tuple(_as_float(name, number) for number in numbers)
    return numbers


_extreme("max", "The largest of the numbers.", 1)
_extreme("min", "The smallest of the numbers.", -1)


@function(
    "rand(minValue: int, maxValue: int)",
    "integer",
    "A random integer from the first up to below the second.",
    "two integer parameters: an inclisive minimum of the range as the first parameter and an "
    "inclusive maximum of the range as the second parameter",
    form="scoped",
)
def rand(scope: Scope, low: Json, high: Json) -> int:
    for which, value in (("first", low), ("second", high)):
        if type(value) is not int:
            raise wrong_kind("rand", f"its {which} parameter to be an integer", value)
    if low > high:
        raise failure(
            "rand",
            f"parameters are out of range: the value '{low}' provided for 'minimum' cannot be greater than "
            "the value "
            f"'{high}' provided for 'maximum'.",
        )
    if low == high:
        return int(low)
    return int(low + int.from_bytes(scope.random_bytes(16), "big") % (high - low))


_RANGE = 100_000
_LARGEST = 2_147_483_647


@function(
    "range(startIndex: int, count: int)",
    "array",
    "Consecutive integers.",
    "two integer parameters: an inclisive start index of the range as the first parameter and a "
    "count of integers to return as the second parameter",
)
def range_(start: Json, count: Json) -> list[Json]:
    for which, value in (("first parameter 'start index'", start), ("second parameter 'count'", count)):
        if type(value) is not int:
            raise wrong_kind("range", f"its {which} to be an integer", value)
    if not 0 <= count <= _RANGE or start + count > _LARGEST:
        raise failure(
            "range",
            f"parameters are out of range: 'count' must be a positive integer no larger than '{_RANGE}' and "
            "the sum "
            f"of 'start index' and 'count' must be no larger than {_LARGEST}.",
        )
    charge_turns("range", count)
    return list(range(start, start + count))
