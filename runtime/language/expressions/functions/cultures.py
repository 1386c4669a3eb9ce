"""What a culture name means for numbers and dates: CLDR data, with the invariant culture for unknown names.

Digits after the point, percent and currency follow Windows' en-US where CLDR and Windows differ (reference
15.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_precision, get_currency_symbol, get_territory_currencies


@dataclass(frozen=True, slots=True)
class NumberCulture:
    """How numbers are written. Patterns hold `n` for the number and `$` for the currency symbol."""

    decimal: str
    group: str
    sizes: tuple[int, ...]  # the last one repeats
    currency: str
    currency_pattern: str
    currency_loss: str  # the pattern of a negative amount, with `-` for the sign
    currency_digits: int
    percent: str
    percent_pattern: str
    minus: str
    infinity: str


INVARIANT_NUMBERS = NumberCulture(".", ",", (3,), "¤", "$n", "($n)", 2, "%", "n %", "-", "Infinity")
_NAME = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@lru_cache(maxsize=256)
def locale_of(name: str) -> Locale | None:
    """CLDR data of a .NET culture name in any letter case.

    None for the invariant culture and unknown names.
    """
    if not _NAME.fullmatch(name):
        return None
    try:
        return Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=256)
def numbers_of(name: str) -> NumberCulture:
    """Number data of a culture; unknown names get the invariant culture (reference 4.1, formatNumber)."""
    locale = locale_of(name)
    if locale is None:
        return INVARIANT_NUMBERS
    symbols = locale.number_symbols.get("latn", {})
    grouping = locale.decimal_formats[None].grouping
    sizes = (3,) if grouping[0] == grouping[1] else tuple(grouping)
    territory = locale.territory or _likely_territory(locale.language)
    currencies = get_territory_currencies(territory) if territory else []
    code = currencies[0] if currencies else None
    gain, _, loss = locale.currency_formats["standard"].pattern.replace("¤", "$").partition(";")
    return NumberCulture(
        decimal=symbols.get("decimal", "."),
        group=symbols.get("group", ","),
        sizes=sizes,
        currency=get_currency_symbol(code, locale) if code else "¤",
        currency_pattern=_shape(gain),
        currency_loss=_shape(loss) if loss else f"-{_shape(gain)}",
        currency_digits=get_currency_precision(code) if code else 2,
        percent=symbols.get("percentSign", "%"),
        percent_pattern=_shape(locale.percent_formats[None].pattern),
        minus="-",
        infinity=symbols.get("infinity", "∞"),
    )


def _likely_territory(language: str) -> str | None:
    """The territory whose money a culture without one means: US for `en`."""
    return Locale.parse(get_global("likely_subtags").get(language, language)).territory


def _shape(pattern: str) -> str:
    """The pattern with its digits replaced by `n` and plain spaces, as .NET has them: `¤#,##0.00` is `¤n`."""
    shape = re.sub(r"[#0][#0,.]*", "n", pattern.partition(";")[0])
    return shape.translate({0xA0: " ", 0x200E: None, 0x200F: None})
