"""Custom numeric formats of .NET: `#,##0.00;(0);zero` (reference appendix C)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from runtime.language.expressions.functions.cultures import NumberCulture
from runtime.language.expressions.functions.parsing import WIDE
from runtime.language.values import Json

# One piece of a format: a quoted or escaped literal, an exponent, or a single character.
_PIECE = re.compile(
    r"""'(?P<single>[^']*)'?|"(?P<double>[^"]*)"?|\\(?P<escaped>.?)|(?P<power>[eE][+-]?0+)|(?P<one>.)""",
    re.DOTALL,
)


def _pieces(section: str) -> list[tuple[str, str]]:
    """Pairs of kind (`text`, `power` or the character itself) and text."""
    found = []
    for match in _PIECE.finditer(section):
        kind = match.lastgroup or "one"
        value = match[kind]
        if kind == "one":
            found.append((value if value in "#0.,%‰" else "text", value))
        else:
            found.append(("power" if kind == "power" else "text", value))
    return found


def _sections(pattern: str) -> list[str]:
    """The parts between semicolons that are not quoted; at most three count."""
    parts, begin = [], 0
    for match in _PIECE.finditer(pattern):
        if match["one"] == ";":
            parts.append(pattern[begin : match.start()])
            begin = match.end()
    parts.append(pattern[begin:])
    return parts


class _Layout:
    """What a first look at a section tells: how many places, where the point stands, grouping and scale."""

    def __init__(self, pieces: list[tuple[str, str]]) -> None:
        self.places = 0
        self.point = -1
        self.first_zero: int | None = None
        self.last_zero = 0
        self.scale = 0
        self.grouping = False
        self.scientific = any(kind == "power" for kind, _ in pieces)
        comma, commas = -1, 0
        for kind, _ in pieces:
            if kind in "#0" and kind:
                if kind == "0":
                    self.first_zero = self.places if self.first_zero is None else self.first_zero
                    self.last_zero = self.places + 1
                self.places += 1
            elif kind == "." and self.point < 0:
                self.point = self.places
            elif kind == "," and self.places > 0 and self.point < 0:
                if comma == self.places:
                    commas += 1
                    continue
                self.grouping = self.grouping or comma >= 0
                comma, commas = self.places, 1
            elif kind in ("%", "‰"):
                self.scale += 2 if kind == "%" else 3
        if self.point < 0:
            self.point = self.places
        if comma >= 0:
            if comma == self.point:  # commas right before the point divide by a thousand each
                self.scale -= 3 * commas
            else:
                self.grouping = True


def format_custom(number: Json, pattern: str, culture: NumberCulture) -> str:
    """The number in a custom format; a double counts with 15 digits, halves go away from zero."""
    value = WIDE.create_decimal(f"{number:.14e}") if type(number) is float else WIDE.create_decimal(number)
    sections = _sections(pattern)
    chosen = _section(sections, 2 if value == 0 else 1 if value < 0 else 0)
    rounded, layout, pieces = _prepared(value, sections[chosen])
    if rounded == 0 and _section(sections, 2) != chosen:
        chosen = _section(sections, 2)
        rounded, layout, pieces = _prepared(rounded, sections[chosen])
    text = _write(rounded.copy_abs(), layout, pieces, culture)
    # what is rounded to nothing keeps its sign, unless nothing at all is written
    signed = value.is_signed() and chosen == 0 and (rounded != 0 or (text and type(number) is float))
    return f"{culture.minus}{text}" if signed else text


def _section(sections: list[str], wanted: int) -> int:
    """The section for positive (0), negative (1) or zero (2); the first where that is missing or empty."""
    return wanted if wanted < len(sections) and sections[wanted] else 0


def _prepared(value: Decimal, section: str) -> tuple[Decimal, _Layout, list[tuple[str, str]]]:
    pieces = _pieces(section)
    layout = _Layout(pieces)
    value = value.scaleb(layout.scale, WIDE)
    if value:
        lowest = (value.adjusted() - layout.places + 1) if layout.scientific else layout.point - layout.places
        value = value.quantize(Decimal(1).scaleb(lowest, WIDE), ROUND_HALF_UP, WIDE)
    return value, layout, pieces


def _write(value: Decimal, layout: _Layout, pieces: list[tuple[str, str]], culture: NumberCulture) -> str:
    power = 0
    if layout.scientific and value:
        power = value.adjusted() - layout.point + 1
        value = value.scaleb(-power, WIDE)
    whole, _, fraction = format(value, "f").partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    if layout.scientific and not value:
        whole = "0" * layout.point
    before = _whole_places(whole, layout, culture)
    after = _fraction_places(fraction, layout)
    output: list[str] = []
    seen = 0
    point_written = False
    for kind, text in pieces:
        if kind in ("#", "0"):
            output.append(next(before if seen < layout.point else after))
            seen += 1
        elif kind == ".":
            if not point_written and (
                fraction[: layout.places - layout.point] or layout.last_zero > layout.point
            ):
                if layout.point == 0:
                    output.extend(before)
                output.append(culture.decimal)
            elif layout.point == 0 and not point_written:
                output.extend(before)
            point_written = True
        elif kind == "power":
            output.append(_power(text, power))
        elif kind != ",":
            output.append(culture.percent if kind == "%" else text)
    return "".join(output)


def _power(text: str, power: int) -> str:
    sign = "-" if power < 0 else "+" if text[1] == "+" else ""
    return f"{text[0]}{sign}{abs(power):0{min(text.count('0'), 10)}d}"


def _whole_places(whole: str, layout: _Layout, culture: NumberCulture) -> Iterator[str]:
    """What stands at each place before the point; the first place takes all digits that are too many."""
    zeros = layout.point - layout.first_zero if layout.first_zero is not None else 0
    digits = whole.rjust(max(zeros, 0), "0")
    marks = _group_marks(len(digits), culture) if layout.grouping else set()
    separated = [
        digit + (culture.group if len(digits) - index - 1 in marks else "")
        for index, digit in enumerate(digits)
    ]
    if layout.point == 0:
        yield "".join(separated)
        return
    surplus = len(separated) - layout.point
    for place in range(layout.point):
        if place == 0 and surplus > 0:
            yield "".join(separated[: surplus + 1])
        else:
            index = place + surplus
            yield separated[index] if 0 <= index < len(separated) else ""


def _group_marks(count: int, culture: NumberCulture) -> set[int]:
    """How many digits follow each group separator."""
    marks, total, sizes = set(), 0, list(culture.sizes)
    while sizes[0] > 0:
        total += sizes[0]
        if total >= count:
            break
        marks.add(total)
        if len(sizes) > 1:
            sizes.pop(0)
    return marks


def _fraction_places(fraction: str, layout: _Layout) -> Iterator[str]:
    """What stands at each place behind the point."""
    for place in range(layout.places - layout.point):
        if place < len(fraction):
            yield fraction[place]
        else:
            yield "0" if layout.point + place < layout.last_zero else ""
