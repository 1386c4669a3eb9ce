"""The order of strings: linguistic for greater and less, ordinal for sort (reference 2.11).

The linguistic order is that of the Unicode collation's root: letters by alphabet whatever their case and
accents, then accents, then lower case before upper.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Root order of what is neither letter nor digit, up to where single code points decide.
_MARKS = (
    "\t\n\x0b\x0c\r\x85\u2028\u2029 \u00a0_‿-–—,;:!¡?¿.…'‘’‚\"“”„()[]{}§¶@*/\\&#%‰†‡•`´˜^¨°©®+±÷×<=>|¦~¤¢$£¥€"
)
_MARK_ORDER = {mark: index for index, mark in enumerate(_MARKS)}
_EXPANSIONS = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "Æ": "AE",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
}
_IGNORED = {"Cc", "Cf", "Cs"}


@lru_cache(maxsize=4096)
def _weights(character: str) -> tuple[tuple[tuple[int, int], ...], int, int]:
    """Primary weights, secondary weight and tertiary weight of one decomposed character."""
    if character in _MARK_ORDER:
        return ((0, _MARK_ORDER[character]),), 0, 0
    category = unicodedata.category(character)
    if category == "Mn":
        return (), ord(character), 0
    if category in _IGNORED:
        return (), 0, 0
    if category == "Nd":
        return ((2, unicodedata.digit(character)),), 0, 0
    if category.startswith("L"):
        lower = _EXPANSIONS.get(character, character).lower()
        upper = int(character != character.lower())
        accent = int(character in _EXPANSIONS)
        return tuple((3, ord(letter)) for letter in lower), accent, upper
    return ((1, ord(character)),), 0, 0


def _key(text: str) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    primary: list[tuple[int, int]] = []
    secondary: list[int] = []
    tertiary: list[int] = []
    for character in unicodedata.normalize("NFD", text):
        first, second, third = _weights(character)
        primary.extend(first)
        secondary.append(second)
        tertiary.append(third)
    if not any(secondary):
        secondary = []
    return primary, secondary, tertiary


def compare_linguistic(left: str, right: str) -> int:
    """-1, 0 or 1 by the order of the root collation."""
    if left == right:
        return 0
    first, second = _key(left), _key(right)
    return (first > second) - (first < second)


def ordinal_key(text: str) -> bytes:
    """A key that sorts by UTF-16 units."""
    return text.encode("utf-16-be", "surrogatepass")
