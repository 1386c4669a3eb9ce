"""Member and index access: what `?` forgives and what it does not (reference 2.6, 2.7)."""

from __future__ import annotations

from decimal import Decimal

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.collections import find_member
from runtime.language.values import Json, kind_of, stringify

_ABSENT = object()
_SHOWN = 50  # names listed in a message


def select(parent: Json, key: Json, safe: bool, expression: str) -> Json:
    """The member or item; null or an error where it is missing. Raises ExpressionError and Needed."""
    if type(parent) is dict and type(key) is str:
        found = _member(parent, key)
        if found is not _ABSENT:
            return found
        if safe:
            return None
        names = list(parent)
        listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise _failure(
            expression,
            f"because property '{key}' doesn't exist, available properties are '{listed}'. Please see "
            "https://aka.ms/logicexpressions for usage details.",
        )
    if type(parent) is list and type(key) is int:
        if 0 <= key < len(parent):
            return parent[key]
        if safe:
            return None
        where = f"is outside bounds (0, {len(parent) - 1}) of array"
        raise _failure(
            expression,
            f"because array index '{key}' {where if parent else 'cannot be selected from empty array'}. "
            "Please see https://aka.ms/logicexpressions for usage details.",
        )
    if parent is None and safe:
        return None
    raise _unselectable(parent, key, expression)


def _member(parent: dict[str, Json], key: str) -> Json:
    name = find_member(parent, key)
    if name is not None:
        return parent[name]
    if "/" not in key:
        return _ABSENT
    value: Json = parent
    for step in key.split("/"):  # objects only: arrays are never walked
        name = find_member(value, step) if type(value) is dict else None
        if name is None:
            if type(value) not in (dict, list, str, int, float, bool, Decimal, type(None)):
                kind_of(value)  # a Ref: what is behind it decides
            return _ABSENT
        value = value[name]
    return value


_REASONS = {
    ("Object", "Integer"): " Object properties can only be selected by names.",
    ("Array", "String"): " Array elements can only be selected using an integer index.",
}


def _unselectable(parent: Json, key: Json, expression: str) -> ExpressionError:
    kind = kind_of(parent)
    reason = _REASONS.get((kind, kind_of(key)), "")
    if kind not in ("Object", "Array", "Null"):
        reason = f" Property selection is not supported on values of type '{kind}'."
    return _failure(
        expression,
        f"because property '{stringify(key)}' cannot be selected.{reason} Please see "
        "https://aka.ms/logicexpressions for usage details.",
    )


def _failure(expression: str, reason: str) -> ExpressionError:
    return ExpressionError(
        "InvalidTemplate", f"The template language expression '{expression}' cannot be evaluated {reason}"
    )
