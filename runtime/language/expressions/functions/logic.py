"""Logical functions (reference 4.3). and, or, if and coalesce reach only the arguments they need (2.12)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from runtime.language.expressions.functions.equality import compare_numbers, same
from runtime.language.expressions.functions.ordering import compare_linguistic
from runtime.language.expressions.functions.registry import failure, family, overflow, wrong_kind
from runtime.language.expressions.limits import charge_turns
from runtime.language.values import Json, kind_of

if TYPE_CHECKING:
    from runtime.language.template import Scope

Evaluator = Callable[["Scope"], Json]
function = family("logical")


def _not_booleans(name: str, value: Json) -> Exception:
    return failure(
        name,
        f"expects all of its parameters to be booleans. Found invalid parameter types: '{kind_of(value)}'.",
    )


@function(
    "and(expression1, expression2, ...)",
    "boolean",
    "Whether all are true; stops at the first that is not.",
    "at least one boolean parameter",
    form="lazy",
    at_least=1,
)
def and_(scope: Scope, *arguments: Evaluator) -> bool:
    for argument in arguments:
        value = argument(scope)
        if value is False:
            return False
        if value is not True:
            raise _not_booleans("and", value)
    return True


@function(
    "or(expression1, expression2, ...)",
    "boolean",
    "Whether any is true; stops at the first that is.",
    "at least one boolean parameter",
    form="lazy",
    at_least=1,
)
def or_(scope: Scope, *arguments: Evaluator) -> bool:
    for argument in arguments:
        value = argument(scope)
        if value is True:
            return True
        if value is not False:
            raise _not_booleans("or", value)
    return False


@function(
    "not(expression: boolean)",
    "boolean",
    "The opposite of a boolean.",
    "one parameter: the boolean value to negate",
)
def not_(value: Json) -> bool:
    if type(value) is not bool:
        raise wrong_kind("not", "its parameter to be a boolean", value)
    return not value


@function(
    "if(expression: boolean, valueIfTrue, valueIfFalse)",
    "any",
    "One of two values; only the chosen one is evaluated.",
    "three parameter: the condition to test as the first parameter, the value to return if the condition "
    "is true as "
    "the second parameter, and the value to return if the condition is false as the third parameter",
    form="lazy",
)
def if_(scope: Scope, condition: Evaluator, yes: Evaluator, no: Evaluator) -> Json:
    value = condition(scope)
    if value is True:
        return yes(scope)
    if value is False:
        return no(scope)
    raise wrong_kind("if", "its first parameter to be of type boolean", value)


@function(
    "equals(object1, object2, ...)",
    "boolean",
    "Deep equality of all arguments with the first; numbers compare by value.",
    "two parameters: the values to test for deep equality",
    at_least=2,
)
def equals(first: Json, *others: Json) -> bool:
    try:
        return all(same(first, other) for other in others)
    except OverflowError:
        raise overflow("equals") from None


def _comparison(name: str, summary: str, accept: Callable[[int], bool]) -> None:
    def compare(left: Json, right: Json) -> bool:
        order = _order(name, left, right)
        return order is not None and accept(order)

    function(
        f"{name}(value, compareTo)",
        "boolean",
        summary,
        "two parameter of matching types",
    )(compare)


_NUMBERS = (int, float, Decimal)


def _order(name: str, left: Json, right: Json) -> int | None:
    """-1, 0 or 1 for two numbers or two strings; None when a NaN takes part."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        try:
            return compare_numbers(left, right)
        except OverflowError:
            raise overflow(name) from None
    if type(left) is str and type(right) is str:
        charge_turns(name, len(left) + len(right))
        return compare_linguistic(left, right)
    kinds = (kind_of(left), kind_of(right))
    wrong = [kind for kind in dict.fromkeys(kinds) if kind not in ("Integer", "Float")]
    if "String" in kinds:
        raise failure(
            name,
            "expects two parameter of matching types. The function was invoked with values of type "
            f"'{kinds[0]}' and '{kinds[1]}' that do not match.",
        )
    raise failure(
        name,
        "expects all of its parameters to be either integer or decimal numbers. Found invalid parameter "
        f"types: '{','.join(wrong)}'.",
    )


_comparison(
    "greater", "Whether the first is greater: numbers by value, strings by the alphabet.", lambda o: o > 0
)
_comparison("greaterOrEquals", "Whether the first is greater or the same.", lambda order: order >= 0)
_comparison(
    "less", "Whether the first is less: numbers by value, strings by the alphabet.", lambda order: order < 0
)
_comparison("lessOrEquals", "Whether the first is less or the same.", lambda order: order <= 0)
