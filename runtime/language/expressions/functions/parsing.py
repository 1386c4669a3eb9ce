"""Text to numbers as .NET reads it (reference 4.1 isFloat and isInt, 4.4 int, float, decimal)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from runtime.language.expressions.functions.cultures import numbers_of

_SPACE = "\t\n\v\f\r "
_LONGEST = 8192  # digits: the rest of a longer text cannot change a double, and reading it would take long
LARGEST_DECIMAL = Decimal(2**96 - 1)
_BEYOND_DECIMAL = Decimal("79228162514264337593543950335.5")
WIDE = Context(prec=2000, Emax=999_999, Emin=-999_999, rounding=ROUND_HALF_EVEN, traps=[])
_ISINT = re.compile(r"[+-]?[0-9]{1,4000}")
_INT32 = range(-(2**31), 2**31)


@lru_cache(maxsize=256)
def _shape(locale: str, exponent: bool, trailing_sign: bool) -> re.Pattern[str]:
    culture = numbers_of(locale)
    group = re.escape(culture.group)
    if culture.group.isspace():  # French and others group with a narrow space that nobody types
        group = r"[ \u00a0\u202f]"
    decimal = re.escape(culture.decimal)
    mantissa = rf"(?P<whole>(?:[0-9](?:[0-9]|{group})*)?)(?:{decimal}(?P<fraction>[0-9]*))?"
    power = r"(?:[eE](?P<power>[+-]?[0-9]+))?" if exponent else ""
    after = r"(?P<after>[+-]?)" if trailing_sign else ""
    return re.compile(rf"(?P<sign>[+-]?){mantissa}{power}[{_SPACE}]*{after}")


def _digits(text: str, locale: str, exponent: bool, trailing_sign: bool = True) -> str | None:
    """The number in the spelling of Python, or None."""
    if len(text) > _LONGEST:
        return None
    text = text.rstrip("\0")  # .NET reads over zero characters at the end
    match = _shape(locale, exponent, trailing_sign).fullmatch(text.strip(_SPACE))
    if match is None:
        return None
    parts = match.groupdict()
    whole = re.sub(r"[^0-9]", "", parts["whole"])
    fraction = parts["fraction"] or ""
    if (not whole and not fraction) or (parts["sign"] and parts.get("after")):
        return None
    power = f"e{parts['power']}" if parts.get("power") else ""
    return f"{parts['sign'] or parts.get('after') or ''}{whole or '0'}.{fraction or '0'}{power}"


def parse_float(text: str, locale: str) -> float | None:
    """The double a text denotes in a culture, or None. Overflow gives an infinity."""
    digits = _digits(text, locale, exponent=True)
    if digits is not None:
        return float(digits)
    bare = text.strip(_SPACE).lower()
    infinity = numbers_of(locale).infinity.lower()
    unsigned = bare.removeprefix("+")
    return {"nan": float("nan"), infinity: float("inf"), f"-{infinity}": float("-inf")}.get(unsigned)


def parse_int(text: str) -> int | None:
    """The integer a text denotes: through a double, as the engine does (reference 4.4 int)."""
    if text.strip(_SPACE).lower() == "nan":
        return -(2**63)
    digits = _digits(text, "en-US", exponent=True, trailing_sign=False)
    return None if digits is None else whole_number(float(digits))


def whole_number(value: float) -> int | None:
    """The double as a 64-bit integer, or None when it has a fraction or does not fit."""
    return int(value) if value == value and -(2.0**63) <= value < 2.0**63 and value == int(value) else None


def parse_isint(text: str) -> bool:
    """Whether isInt answers true: sign and digits alone, and 32 bits enough (reference 15.14)."""
    bare = text.rstrip("\0").strip(_SPACE)
    return bool(_ISINT.fullmatch(bare)) and int(bare) in _INT32


def parse_decimal(text: str) -> Decimal | None:
    """The decimal a text denotes, its scale kept; no exponents (reference 4.4 decimal)."""
    match = _digits(text, "", exponent=False)
    if match is None:
        return None
    if "." in text:
        fraction = text.partition(".")[2].strip(_SPACE + "+-")
        match = match if fraction else match[:-2]
    else:
        match = match[:-2]
    return fit_decimal(WIDE.create_decimal(match))


def fit_decimal(value: Decimal) -> Decimal | None:
    """The value rounded to what a .NET decimal holds (96 bits, 28 places), or None when it is too large."""
    if not value.is_finite() or value.copy_abs() > _BEYOND_DECIMAL:
        return None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent > 0:
        value = value.quantize(Decimal(1), context=WIDE)
        exponent = 0
    places = min(-exponent, 28)
    while True:
        rounded = value.quantize(Decimal(1).scaleb(-places, WIDE), context=WIDE)
        if rounded.scaleb(places, WIDE).copy_abs() <= LARGEST_DECIMAL:
            return rounded if rounded else rounded.copy_abs()  # .NET never writes the sign of a zero
        if places == 0:
            return None
        places -= 1


def float_to_decimal(value: float) -> Decimal | None:
    """A double as a decimal: its 15 significant digits, or None when it does not fit."""
    if value - value != 0:
        return None
    return fit_decimal(WIDE.create_decimal(f"{value:.15g}"))


def as_double(number: Decimal) -> float:
    """A decimal as a double: its coefficient divided by the power of ten, as .NET does it."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    return (-1.0 if sign else 1.0) * float(int("".join(map(str, digits)))) / 10.0 ** max(-exponent, 0)
