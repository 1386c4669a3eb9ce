"""Text as UTF-16 units: lengths and positions of the language count those (reference 4.1)."""

from __future__ import annotations

from runtime.language.expressions.limits import charge_turns
from runtime.language.values import join_surrogates


def units(text: str) -> str:
    """The text with one character per UTF-16 unit.

    Unchanged when it holds nothing outside the basic plane.
    """
    if text.isascii() or max(text) <= "\uffff":
        return text
    charge_turns("length", len(text) // 4)
    return _split(text)


def _split(text: str) -> str:
    pieces = []
    for character in text:
        code = ord(character)
        if code > 0xFFFF:
            code -= 0x10000
            pieces.append(chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF)))
        else:
            pieces.append(character)
    return "".join(pieces)


def cut(text: str, start: int, end: int) -> str:
    """The units from start to end as ordinary text."""
    wide = units(text)
    piece = wide[start:end]
    return piece if wide is text else join_surrogates(piece)


def length(text: str) -> int:
    """Number of UTF-16 units."""
    return len(text) if text.isascii() else len(units(text))


def simple_upper(text: str) -> str:
    """Upper case by one-to-one mappings only, as the invariant culture does (`ß` and `ı` stay)."""
    upper = text.upper()
    if text.isascii() or (len(upper) == len(text) and "ı" not in text):  # longer mappings would show
        return upper
    charge_turns("toUpper", len(text) // 4)
    return "".join(map(_upper_one, text))


def simple_lower(text: str) -> str:
    """Lower case by one-to-one mappings only."""
    lower = text.lower()
    if text.isascii() or (len(lower) == len(text) and "Σ" not in text):  # Python minds the end of Greek words
        return lower
    charge_turns("toLower", len(text) // 4)
    return "".join(map(_lower_one, text))


def _upper_one(character: str) -> str:
    upper = character.upper()
    return upper if len(upper) == 1 and character != "ı" else character


def _lower_one(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


def fold(text: str) -> str:
    """The text for comparisons that ignore case; positions stay the same in units."""
    return simple_upper(units(text))
