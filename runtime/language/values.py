"""JSON values as workflows see them: their kinds, their text, and values that are held elsewhere.

Integers and floats are distinct, decimals keep their scale, objects keep the order of their members. Values
are shared between templates, scopes and results, so nobody changes one in place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

# A recursive alias would make every access a cast; the closed set is bool, int, float, Decimal, str, list,
# dict, None, and Ref where a value may be held elsewhere.
Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Ref:
    """A value too big to carry: `size` bytes of JSON text stored under `hash`, narrowed by a JSON `pointer`.

    `kind` is what `kind_of` would answer. Passing a Ref on never loads it.
    """

    hash: str
    size: int
    kind: str
    pointer: str = ""


class Needed(Exception):
    """The content of these values is needed before evaluation can go on."""

    def __init__(self, refs: tuple[Ref, ...]) -> None:
        super().__init__(f"{len(refs)} stored values are needed")
        self.refs = refs


_KINDS: dict[type, str] = {
    type(None): "Null",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "Float",
    Decimal: "Float",
    list: "Array",
    dict: "Object",
}


def kind_of(value: Json) -> str:
    """Name of the value's kind as error messages spell it (reference 2.13). A Ref raises Needed."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    if isinstance(value, Ref):
        raise Needed((value,))
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def refs_in(value: Json) -> Iterator[Ref]:
    """Every Ref inside the value, depth first, without recursion."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, Ref):
            yield current
        elif isinstance(current, dict):
            pending.extend(reversed(current.values()))
        elif isinstance(current, list):
            pending.extend(reversed(current))


def loads(text: str | bytes) -> Json:
    """Strict JSON text to a value; integers of any length stay integers. Raises ValueError."""
    return json.loads(text)


def float_digits(value: float) -> tuple[str, str, int]:
    """Sign, shortest round-trip digits and the power of ten of the first digit: 12.5 is ("", "125", 1)."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) + len(whole) - 1
    if digits and whole.strip("0") == "":
        power -= len(whole + fraction) - len(digits) - len(whole) + 1
    sign = "-" if repr(value).startswith("-") else ""
    digits = digits.rstrip("0")
    return (sign, digits or "0", power if digits else 0)


def format_float(value: float, exponent_from: int) -> str:
    """Shortest round-trip text in .NET spelling; exponents below 1E-04 and from 10**exponent_from on."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, power = float_digits(value)
    if power < -5 or (power == -5 and digits != "0") or power >= exponent_from:
        point = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{point}E{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole = digits[: power + 1].ljust(power + 1, "0")
    fraction = digits[power + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _json_float(value: float) -> str:
    if value - value != 0:  # NaN and infinities travel as strings (reference 2.10)
        return f'"{format_float(value, 15)}"'
    text = format_float(value, 15)
    return text if "." in text or "E" in text else f"{text}.0"


def _json_decimal(value: Decimal) -> str:
    text = format(value, "f")
    return text if "." in text else f"{text}.0"


def stringify(value: Json) -> str:
    """The text a value has inside other text (reference 2.8)."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if type(value) is bool:
        return "True" if value else "False"
    if type(value) is float:
        return format_float(value, 17)
    if type(value) is Decimal:
        return format(value, "f")
    if type(value) is dict and is_envelope(value):
        return envelope_text(value)
    kind_of(value)
    return dumps(value)


def is_envelope(value: Json) -> bool:
    """Whether the value is content with a media type (reference 2.9)."""
    return (
        type(value) is dict and type(value.get("$content-type")) is str and type(value.get("$content")) is str
    )


def envelope_text(value: dict[str, Json]) -> str:
    """The decoded content of an envelope, read with the charset of its media type (reference 2.8)."""
    from runtime.language.expressions.functions.content import decode_envelope

    return decode_envelope(value)


# What the C encoder spells otherwise than WDL: exponents, long floats, NaN, and the three separators below.
# A match inside a string only costs the slower encoder.
_SPELLED_OTHERWISE = re.compile(
    r"(?:^|[:,\[])-?(?:\d[\d.]*e|\d{16,}\.|NaN|Infinity)|[\x85\u2028\u2029\ud800-\udfff]"
)
_SEPARATORS = re.compile(r"[\x85\u2028\u2029\ud800-\udfff]")
_encode_string: Callable[[str], str] = json.encoder.encode_basestring


class _Unusual(Exception):
    """The value holds something the C encoder cannot write."""


def _refuse(value: Json) -> Json:
    raise _Unusual


_fast = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_refuse
).encode


def dumps(value: Json) -> str:
    """Compact JSON text as the language writes it (reference 2.8). Raises Needed for Refs inside."""
    try:
        text = _fast(value)
    except _Unusual:
        refs = tuple(refs_in(value))
        if refs:
            raise Needed(refs) from None
        return _write(value)
    return _write(value) if _SPELLED_OTHERWISE.search(text) else text


def json_string(text: str) -> str:
    """A JSON string literal; line separators and lone surrogates are escaped."""
    quoted = _encode_string(text)
    if quoted.isascii():
        return quoted
    return _SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _write(value: Json) -> str:
    if type(value) is str:
        return json_string(value)
    if type(value) is float:
        return _json_float(value)
    if type(value) is Decimal:
        return _json_decimal(value)
    if type(value) is dict:
        return "{" + ",".join(f"{json_string(name)}:{_write(item)}" for name, item in value.items()) + "}"
    if type(value) is list:
        return "[" + ",".join(map(_write, value)) + "]"
    kind_of(value)
    return _fast(value)


def join_surrogates(text: str) -> str:
    """Make one character of each surrogate pair that cutting and gluing left side by side."""
    if text.isascii() or not _SURROGATE_PAIR.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
