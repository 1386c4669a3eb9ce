"""Numbers in .NET's standard and custom formats (reference 4.1 formatNumber, appendix C)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from runtime.language.expressions.functions.cultures import NumberCulture, numbers_of
from runtime.language.expressions.functions.custom_number import format_custom
from runtime.language.expressions.functions.parsing import LARGEST_DECIMAL, WIDE, as_double
from runtime.language.expressions.functions.registry import failure, wrong_kind
from runtime.language.expressions.limits import charge
from runtime.language.values import Json, stringify

_STANDARD = re.compile(r"([A-Za-z])([0-9]{0,2})")  # with three digits it is a custom format


def format_number(function: str, number: Json, pattern: Json, locale: Json) -> str:
    """The number in this format and culture. Raises ExpressionError for other kinds and bad formats."""
    if type(number) not in (int, float, Decimal):
        raise wrong_kind(function, "its first parameter to be an integer or a decimal number", number)
    if type(pattern) is not str:
        raise wrong_kind(
            function, "its second parameter to be a string which indicates how to format the number", pattern
        )
    if type(locale) is not str:
        raise wrong_kind(
            function,
            "its third parameter to be a string which indicates the locale for locale-specific formatting",
            locale,
        )
    culture = numbers_of(locale or "en-US")
    if type(number) is Decimal:
        number = as_double(number)
    if type(number) is int and abs(number) > LARGEST_DECIMAL:
        raise failure(function, "was invoked with an integer that is too large to be formatted.")
    if type(number) is float and number - number != 0:
        return "NaN" if number != number else culture.infinity if number > 0 else f"-{culture.infinity}"
    charge(function, len(pattern))
    standard = _STANDARD.fullmatch(pattern or "G")
    if standard is None:
        return format_custom(number, pattern, culture)
    text = _standard(number, standard[1], int(standard[2]) if standard[2] else None, culture)
    if text is None:
        raise failure(
            function,
            f"format string '{pattern}' is not valid. The format string should be a numeric format string.",
        )
    return text


def _standard(number: Json, letter: str, digits: int | None, culture: NumberCulture) -> str | None:
    kind = letter.upper()
    if kind in "DX":
        return _integer(number, letter, digits or 0) if type(number) is int else None
    if kind == "R":
        return None if type(number) is int else _general(number, None, letter, culture)
    if kind == "G":
        return _general(number, digits or None, "E" if letter == "G" else "e", culture)
    if kind == "E":
        return _exponent(number, 6 if digits is None else digits, letter, 3, culture, trim=False)
    if kind in "FNCP":
        return _fixed(number, kind, digits, culture)
    return None


def _integer(number: int, letter: str, digits: int) -> str:
    if letter in "dD":
        return f"{'-' if number < 0 else ''}{abs(number):0{digits}d}"
    return f"{number & (2**64 - 1):0{digits}{letter}}"


def exact(number: Json) -> Decimal:
    """The number as a decimal; a double with every digit of its binary value."""
    return Decimal(number) if type(number) is float else WIDE.create_decimal(number)


def _fixed(number: Json, kind: str, digits: int | None, culture: NumberCulture) -> str:
    value = exact(number)
    if kind == "P":
        value = value.scaleb(2, WIDE)
    places = digits if digits is not None else culture.currency_digits if kind == "C" else 2
    rounding = ROUND_HALF_EVEN if type(number) is float else ROUND_HALF_UP
    rounded = value.quantize(Decimal(1).scaleb(-places, WIDE), rounding, WIDE)
    whole, _, fraction = format(rounded.copy_abs(), "f").partition(".")
    if kind != "F":
        whole = grouped(whole, culture)
    text = f"{whole}{culture.decimal}{fraction}" if fraction else whole
    if kind == "C":
        pattern = culture.currency_loss if value.is_signed() else culture.currency_pattern
        signed = pattern.replace("-", culture.minus)
        return signed.replace("n", text).replace("$", culture.currency)
    elif kind == "P":
        text = culture.percent_pattern.replace("n", text).replace("%", culture.percent)
    return f"{culture.minus}{text}" if value.is_signed() else text


def grouped(whole: str, culture: NumberCulture) -> str:
    """Digits with the culture's group separators."""
    pieces: list[str] = []
    sizes = list(culture.sizes)
    while len(whole) > sizes[0] > 0:
        pieces.append(whole[-sizes[0] :])
        whole = whole[: -sizes[0]]
        if len(sizes) > 1:
            sizes.pop(0)
    return culture.group.join([whole, *reversed(pieces)])


def _general(number: Json, digits: int | None, letter: str, culture: NumberCulture) -> str:
    if digits is None:
        text = stringify(number)
        text = text if letter.isupper() else text.replace("E", "e")
        return text.replace(".", culture.decimal)
    value = exact(number)
    if value == 0:
        return f"{culture.minus}0" if type(number) is float and value.is_signed() else "0"
    rounding = ROUND_HALF_EVEN if type(number) is float else ROUND_HALF_UP
    power = value.adjusted()
    rounded = value.quantize(Decimal(1).scaleb(power - digits + 1, WIDE), rounding, WIDE)
    if rounded.adjusted() >= digits or rounded.adjusted() < -4:
        return _exponent(number, digits - 1, letter, 2, culture, trim=True)
    text = format(rounded, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", culture.decimal)


def _exponent(
    number: Json, places: int, letter: str, width: int, culture: NumberCulture, *, trim: bool
) -> str:
    value = exact(number)
    if value == 0:
        digits, power = "0" * (places + 1), 0
    else:
        rounding = ROUND_HALF_EVEN if type(number) is float else ROUND_HALF_UP
        rounded = value.quantize(Decimal(1).scaleb(value.adjusted() - places, WIDE), rounding, WIDE)
        power = rounded.adjusted()
        digits = "".join(map(str, rounded.as_tuple().digits))[: places + 1]
    fraction = digits[1:].rstrip("0") if trim else digits[1:]
    sign = culture.minus if value.is_signed() and (type(number) is float or value != 0) else ""
    point = f"{culture.decimal}{fraction}" if fraction else ""
    return f"{sign}{digits[0]}{point}{letter}{'-' if power < 0 else '+'}{abs(power):0{width}d}"
