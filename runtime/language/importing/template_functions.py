"""The functions of ARM templates whose result does not depend on a subscription.

They differ from those of WDL although many share a name: `string(true)` is `True` there as well, but `format`
is theirs alone, `json` is strict, and `equals` of texts looks at the case.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote, urljoin

from runtime.language.document import DocumentError, parse
from runtime.language.values import Json, dumps

_LONGEST: Final = 1_000_000  # characters or items that one call may make


class FunctionError(ValueError):
    """A call that a deployment would refuse, or one beyond the limits."""


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return dumps(value)


def _concat(*parts: Json) -> Json:
    if parts and all(isinstance(part, list) for part in parts):
        return [item for part in parts if isinstance(part, list) for item in part]
    return "".join(map(_text, parts))


_HOLE: Final = re.compile(r"\{\{|\}\}|\{(\d+)(?:,-?\d+)?(?::([^}]*))?\}")


def _format(pattern: str, *values: Json) -> Json:
    def fill(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        value = values[int(match[1])]
        padded = re.fullmatch(r"[dD](\d{1,2})", match[2] or "")
        if padded is not None and isinstance(value, int):
            return f"{value:0{int(padded[1])}d}"
        return _text(value)

    _fits(len(pattern) + pattern.count("{") * max((len(_text(value)) for value in values), default=0))
    return _HOLE.sub(fill, pattern)


def _fits(length: int) -> None:
    if length > _LONGEST:
        raise ValueError("too long")


def _replace(text: str, old: str, new: str) -> str:
    _fits(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _join(items: list[Json], mark: str) -> str:
    _fits(len(items) * len(mark))
    return mark.join(map(_text, items))


def _json(text: str) -> Json:
    return parse(text).plain()


def _empty(value: Json) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _contains(container: Json, item: Json) -> bool:
    if isinstance(container, str):
        return _text(item) in container
    if isinstance(container, dict):
        return _text(item).lower() in (name.lower() for name in container)
    return isinstance(container, list) and item in container


def _coalesce(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def _union(*values: Json) -> Json:
    if all(isinstance(value, dict) for value in values):
        merged: dict[str, Json] = {}
        for value in values:
            for name, item in value.items() if isinstance(value, dict) else ():
                known = merged.get(name)
                both = isinstance(known, dict) and isinstance(item, dict)
                merged[name] = _union(known, item) if both else item
        return merged
    distinct: list[Json] = []
    for item in _concat(*values):
        if item not in distinct:
            distinct.append(item)
    return distinct


def _object(*pairs: Json) -> Json:
    return {_text(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _pad(text: Json, length: int, mark: str = " ") -> str:
    return _text(text).rjust(min(length, 16), mark)


def _substring(text: str, start: int, length: int | None = None) -> str:
    return text[start:] if length is None else text[start : start + length]


def _split(text: str, marks: Json) -> Json:
    if isinstance(marks, str):
        return list(text.split(marks))
    return list(re.split("|".join(re.escape(_text(mark)) for mark in marks), text))


def _divide(one: int, other: int) -> int:
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _range(start: int, count: int) -> Json:
    if not 0 <= count <= 10_000:
        raise ValueError("count")
    return list(range(start, start + count))


def _bool(value: Json) -> bool:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}[value.lower()]
    return bool(value)


def _multiply(one: int, other: int) -> int:
    if max(abs(one), abs(other)) >= 2**63:
        raise ValueError("too large")
    return one * other


_TABLE: Final[dict[str, Callable[..., Json]]] = {
    "add": lambda one, other: one + other,
    "and": lambda *values: all(values),
    "array": lambda value: value if isinstance(value, list) else [value],
    "base64": lambda text: base64.b64encode(text.encode()).decode("ascii"),
    "base64tojson": lambda text: _json(base64.b64decode(text).decode()),
    "base64tostring": lambda text: base64.b64decode(text).decode(),
    "bool": _bool,
    "coalesce": _coalesce,
    "concat": _concat,
    "contains": _contains,
    "createarray": lambda *values: list(values),
    "createobject": _object,
    "div": _divide,
    "empty": _empty,
    "endswith": lambda text, end: text.lower().endswith(end.lower()),
    "equals": lambda one, other: type(one) is type(other) and one == other,
    "false": lambda: False,
    "first": lambda value: value[0],
    "format": _format,
    "greater": lambda one, other: one > other,
    "greaterorequals": lambda one, other: one >= other,
    "if": lambda condition, one, other: one if condition else other,
    "indexof": lambda text, part: text.lower().find(part.lower()),
    "int": int,
    "join": _join,
    "json": _json,
    "last": lambda value: value[-1],
    "lastindexof": lambda text, part: text.lower().rfind(part.lower()),
    "length": len,
    "less": lambda one, other: one < other,
    "lessorequals": lambda one, other: one <= other,
    "max": lambda *values: max(values[0] if isinstance(values[0], list) else values),
    "min": lambda *values: min(values[0] if isinstance(values[0], list) else values),
    "mod": lambda one, other: one - other * _divide(one, other),
    "mul": _multiply,
    "not": lambda value: not value,
    "null": lambda: None,
    "or": lambda *values: any(values),
    "padleft": _pad,
    "range": _range,
    "replace": _replace,
    "skip": lambda value, count: value[max(count, 0) :],
    "split": _split,
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _text,
    "sub": lambda one, other: one - other,
    "substring": _substring,
    "take": lambda value, count: value[: max(count, 0)],
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "true": lambda: True,
    "union": _union,
    "uri": urljoin,
    "uricomponent": lambda text: quote(text, safe="-_.~"),
    "uricomponenttostring": unquote,
}
_WRONG: Final = (
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    KeyError,
    ArithmeticError,
    RecursionError,
    DocumentError,
    binascii.Error,
)


def _checked(function: Callable[..., Json]) -> Callable[..., Json]:
    def call(*arguments: Json) -> Json:
        if sum(len(one) for one in arguments if isinstance(one, str | list | dict)) > _LONGEST:
            raise FunctionError("too long")
        try:
            return function(*arguments)
        except _WRONG as wrong:
            raise FunctionError(str(wrong)) from wrong

    return call


FUNCTIONS: Final[Mapping[str, Callable[..., Json]]] = {
    name: _checked(function) for name, function in _TABLE.items()
}
