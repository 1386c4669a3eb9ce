"""Flat files as the BizTalk annotations of a schema describe them, in the isolated child (reference 6.21).

A record is delimited (its children stand between delimiters, which come between, before or after them) or
positional (its children have offsets and lengths). Delimited text is cut from outside to inside. A record may
have the delimiter of the record right around it: then it takes as many pieces of that record as it has parts.
It cannot have that of a record further outside, with another delimiter between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from connectors.builtin.xml import documents
from connectors.builtin.xml.schema import Item, Model
from connectors.sdk.errors import ConnectorError

BIZTALK = "http://schemas.microsoft.com/BizTalk/2003"
_BAD = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Order = Literal["infix", "prefix", "postfix"]


@dataclass(slots=True)
class Part:
    """One field or record. `offset` counts from the end of the part before it, in characters."""

    item: Item
    pad: str
    wrap: str
    justification: str
    offset: int = 0
    length: int = 0
    record: Record | None = None

    @property
    def name(self) -> str:
        return self.item.name


@dataclass(slots=True)
class Record:
    """How the parts of one record stand in the text."""

    positional: bool
    delimiter: str
    order: Order
    tag: str
    tag_offset: int
    repeating: str
    escape: str
    keep_empty: bool
    drop_trailing: bool
    parts: list[Part] = field(default_factory=list)

    def shares(self, part: Part) -> bool:
        """Whether a part inside is cut by the very delimiter of this record."""
        inner = part.record
        if inner is None or inner.positional or self.positional or inner.repeating:
            return False
        return inner.delimiter == self.delimiter


@dataclass(slots=True)
class Layout:
    """A whole schema: its root, and what the schema says for all."""

    root: Part
    suppress_empty: bool
    generate_empty: bool
    name: str
    ambiguous: str = ""  # why text of this layout cannot be read, though it can be written


class _Reader:
    """From annotations to parts."""

    def __init__(self, model: Model) -> None:
        found = model.root.find(f"{{*}}annotation/{{*}}appinfo/{{{BIZTALK}}}schemaInfo")
        self.info = {} if found is None else {str(k): str(v) for k, v in found.attrib.items()}
        if found is None or "flat" not in self.info.get("standard", "flat").lower():
            raise ConnectorError(
                f"The schema '{model.name}' does not describe a flat file: it has no BizTalk annotations.",
                code="InvalidSchema",
            )
        self.model = model
        self.ambiguous = ""

    def part(self, item: Item, escape: str = "", around: tuple[Record, ...] = ()) -> Part:
        if len(around) > 40:
            raise ConnectorError(
                f"The schema '{self.model.name}' is nested too deeply.", code="InvalidSchema"
            )
        note = item.note(BIZTALK, "fieldInfo") or item.note(BIZTALK, "recordInfo")
        made = Part(
            item,
            pad=_mark(note, "pad_char", self._default("default_pad_char") or " "),
            wrap=_mark(note, "wrap_char", self._default("default_wrap_char")),
            justification=note.get("justification", "left").lower(),
            offset=_number(note.get("pos_offset")),
            length=_number(note.get("pos_length")),
        )
        if item.children or (item.attributes and not item.is_attribute):
            made.record = self._record(item, escape, around)
            self._check_delimiter(made.name, made.record, around)
        return made

    def _check_delimiter(self, name: str, record: Record, around: tuple[Record, ...]) -> None:
        outer = [other.delimiter for other in around if not other.positional]
        if record.positional or record.delimiter not in outer or outer[-1] == record.delimiter:
            return
        single = len(record.parts) == 1 and record.parts[0].item.maximum == 1
        if single and record.order == "infix":  # then its delimiter never stands in a text
            return
        self.ambiguous = self.ambiguous or (
            f"The record '{name}' of '{self.model.name}' has the delimiter {record.delimiter!r} of a "
            f"record further outside, and {outer[-1]!r} stands between them, so no text can be cut into its "
            "parts. Give the record a delimiter of its own, or that of the record right around it."
        )

    def _default(self, name: str) -> str:
        return _mark(self.info, name, "")

    def _record(self, item: Item, escape: str, around: tuple[Record, ...]) -> Record:
        note = item.note(BIZTALK, "recordInfo")
        order = note.get("child_order", "default").lower()
        if order not in ("infix", "prefix", "postfix"):
            order = self.info.get("default_child_order", "infix").lower()
        escape = _mark(note, "escape_char", escape or self._default("default_escape_char"))
        record = Record(
            positional=note.get("structure", "delimited").lower() == "positional",
            delimiter=_mark(note, "child_delimiter", self._default("default_child_delimiter")),
            order=order if order in ("prefix", "postfix") else "infix",  # type: ignore[arg-type]
            tag=note.get("tag_name", ""),
            tag_offset=_number(note.get("tag_offset")),
            repeating=_mark(note, "repeating_delimiter", ""),
            escape=escape,
            keep_empty=note.get("preserve_delimiter_for_empty_data", "true").lower() != "false",
            drop_trailing=note.get("suppress_trailing_delimiters", "false").lower() == "true",
        )
        if not record.positional and not record.delimiter:
            raise ConnectorError(
                f"The record '{item.name}' of '{self.model.name}' is delimited without a delimiter.",
                code="InvalidSchema",
            )
        members = sorted((*item.attributes, *item.children), key=_sequence)
        record.parts = [self.part(member, escape, (*around, record)) for member in members]
        return record


def layout_of(model: Model) -> Layout:
    """The layout a schema's annotations describe. ConnectorError where it describes none."""
    reader = _Reader(model)
    candidates = model.global_elements()
    wanted = reader.info.get("root_reference", "")
    root = next((item for item in candidates if item.name == wanted), None) or next(iter(candidates), None)
    if root is None:
        raise ConnectorError(f"The schema '{model.name}' declares no element.", code="InvalidSchema")
    return Layout(
        reader.part(root),
        suppress_empty=reader.info.get("suppress_empty_nodes", "false").lower() == "true",
        generate_empty=reader.info.get("generate_empty_nodes", "true").lower() == "true",
        name=model.name,
        ambiguous=reader.ambiguous,
    )


def _sequence(item: Item) -> int:
    note = item.note(BIZTALK, "fieldInfo") or item.note(BIZTALK, "recordInfo")
    return _number(note.get("sequence_number"), 1_000_000)


def _number(text: str | None, default: int = 0) -> int:
    return int(text) if text and text.strip().isdecimal() else default


def _mark(note: dict[str, str], name: str, default: str) -> str:
    """A character or delimiter: as text, or as hexadecimal numbers (`0x0D 0x0A`)."""
    kind = note.get(f"{name}_type", "char" if name in note else "default").lower()
    if kind in ("default", "inherit_escape", "inherit"):
        return default
    if kind == "none":
        return ""
    written = note.get(name, "")
    if kind == "hex":
        return "".join(chr(int(code, 16) & 0xFFFF) for code in re.findall(r"0x([0-9A-Fa-f]{1,4})", written))
    return written


# Text to XML ------------------------------------------------------------------------------------------------


def decode(text: str, layout: Layout) -> etree._Element:
    """The document of a flat file. ConnectorError says what does not fit, and what is there."""
    if layout.ambiguous:
        raise ConnectorError(layout.ambiguous, code="InvalidSchema")
    root = layout.root
    spaces = {"ns0": root.item.namespace} if root.item.namespace else {}
    element = etree.Element(root.item.tag, nsmap=spaces)
    record = root.record
    if record is None:
        element.text = _unpadded(text, root)
        return element
    _Decoder(layout).record(element, text, root, record)
    return element


class _Decoder:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def record(self, element: etree._Element, text: str, part: Part, record: Record) -> None:
        text = self._without_tag(text, part, record)
        if record.positional:
            end = self._positional(element, text, 0, record)
            if text[end:].strip(part.pad + "\r\n"):
                raise _misfit(part.name, "has text left over", text[end:])
            return
        pieces = list(self._pieces(text, part, record))
        left = self._assign(element, pieces, record)
        if left < len(pieces) and any(piece.strip() for piece in pieces[left:]):
            raise _misfit(part.name, "has text that fits none of its parts", pieces[left])

    def _without_tag(self, text: str, part: Part, record: Record) -> str:
        if not record.tag:
            return text
        start = record.tag_offset
        if text[start : start + len(record.tag)] != record.tag:
            raise _misfit(part.name, f"must begin with '{record.tag}'", text)
        return text[:start] + text[start + len(record.tag) :]

    def _pieces(self, text: str, part: Part, record: Record) -> Iterator[str]:
        wraps = frozenset(_wraps(part))
        pieces = _split(text, record.delimiter, wraps, record.escape)
        if record.order == "prefix" and pieces:
            if pieces[0].strip():
                raise _misfit(part.name, f"must begin with its delimiter {record.delimiter!r}", pieces[0])
            pieces = pieces[1:]
        # A line break at the end of the file belongs to nobody, whatever the order says.
        if pieces and pieces[-1] == "" and (record.order == "postfix" or record.delimiter.strip() == ""):
            pieces = pieces[:-1]
        yield from pieces

    def _assign(
        self, element: etree._Element, pieces: list[str], record: Record, index: int = 0, reserved: int = 0
    ) -> int:
        """Gives the pieces from `index` on to the parts; where it ended. `reserved` at the end are kept."""
        for position, part in enumerate(record.parts):
            needed = reserved + sum(
                later.item.minimum * _fewest(later, record) for later in record.parts[position + 1 :]
            )
            shares = record.shares(part)
            count = 0
            while index < len(pieces) and (part.item.maximum is None or count < part.item.maximum):
                piece = pieces[index]
                if not self._fits(piece, part, shares):
                    break
                if count >= part.item.minimum and len(pieces) - index <= needed:
                    break
                if shares and part.record is not None:
                    index = self._share(element, pieces, index, part, part.record, needed)
                    count += 1
                    continue
                repeated = part.record.repeating if part.record else ""
                for one in piece.split(repeated) if repeated else [piece]:
                    self._add(element, one, part, record.escape)
                count += 1
                index += 1
            if count < part.item.minimum and index < len(pieces) and part.record is not None:
                raise _misfit(part.name, "was expected", pieces[index])
            if count < part.item.minimum and part.record is not None and part.record.tag:
                raise _misfit(part.name, "is missing at the end", "")
        return index

    def _share(
        self, outer: etree._Element, pieces: list[str], index: int, part: Part, record: Record, reserved: int
    ) -> int:
        """A record among the pieces of the one around it, from `index` on; where it ended."""
        start = index
        element = etree.SubElement(outer, part.item.tag)
        if record.tag or record.order == "prefix":
            first = self._without_tag(pieces[index], part, record)
            if record.order != "prefix":
                pieces[index] = first
            elif first.strip():
                raise _misfit(part.name, f"must begin with its delimiter {record.delimiter!r}", first)
            else:
                index += 1
        index = self._assign(element, pieces, record, index, reserved)
        # Behind the last delimiter of its own stands nothing, up to that of the record around it.
        if record.order == "postfix" and index < len(pieces) and pieces[index] == "":
            index += 1
        if index == start:
            raise _misfit(part.name, "was expected", pieces[index])
        return index

    def _fits(self, piece: str, part: Part, shares: bool = False) -> bool:
        record = part.record
        if record is None:
            return True
        if record.tag:
            return piece[record.tag_offset :].startswith(record.tag)
        if not shares:
            return True
        if record.order == "prefix":
            return not piece.strip()
        for inner in record.parts:
            if self._fits(piece, inner, record.shares(inner)):
                return True
            if inner.item.minimum:
                break
        return False

    def _add(self, element: etree._Element, text: str, part: Part, escape: str) -> None:
        if part.record is None:
            self._field(element, _unpadded(_unwrapped(text, part.wrap, escape), part), part)
        else:
            self.record(etree.SubElement(element, part.item.tag), text, part, part.record)

    def _field(self, element: etree._Element, value: str, part: Part) -> None:
        bad = _BAD.search(value)
        if bad:
            raise _misfit(
                part.name, f"holds the character U+{ord(bad[0]):04X}, which XML does not allow", value
            )
        if value == "" and (
            self._layout.suppress_empty or (part.item.is_attribute and not part.item.minimum)
        ):
            return
        if part.item.is_attribute:
            element.set(part.item.tag, value)
        else:
            etree.SubElement(element, part.item.tag).text = value or None

    def _positional(self, element: etree._Element, text: str, start: int, record: Record) -> int:
        """Fills the element from `start` on; gives where it ended."""
        for part in record.parts:
            count = 0
            while part.item.maximum is None or count < part.item.maximum:
                begin = start + part.offset
                if begin >= len(text) and count >= part.item.minimum:
                    break
                if part.record is not None and not self._begins(text, begin, part, part.record, count):
                    break
                start = self._positioned(element, text, begin, part)
                count += 1
                if start <= begin:
                    break
        return start

    def _positioned(self, element: etree._Element, text: str, begin: int, part: Part) -> int:
        if part.record is None:
            # Blanks at the end of a line are often cut off, so a field may lie beyond it.
            self._field(element, _unpadded(text[begin : begin + part.length], part), part)
            return begin + part.length
        inner = begin + part.record.tag_offset + len(part.record.tag) if part.record.tag else begin
        return self._positional(etree.SubElement(element, part.item.tag), text, inner, part.record)

    def _begins(self, text: str, begin: int, part: Part, record: Record, count: int) -> bool:
        if begin < len(text) and text.startswith(
            record.tag, begin + record.tag_offset if record.tag else begin
        ):
            return True
        if count < part.item.minimum:
            raise _misfit(part.name, f"was expected at position {begin + 1}", text[begin:])
        return False


def _fewest(part: Part, around: Record) -> int:
    """How many pieces of the record around it a part takes at least."""
    record = part.record
    if record is None or not around.shares(part):
        return 1
    inside = sum(inner.item.minimum * _fewest(inner, record) for inner in record.parts)
    return max(1, inside + (record.order != "infix"))


def _misfit(name: str, what: str, text: str) -> ConnectorError:
    shown = text[:60].replace("\r", "\\r").replace("\n", "\\n")
    seen = f"; there is '{shown}'" if text else ""
    return ConnectorError(
        f"The content does not fit the schema: '{name}' {what}{seen}.", code="InvalidFlatFile"
    )


def _wraps(part: Part) -> Iterator[str]:
    if part.record is None:
        if part.wrap:
            yield part.wrap
        return
    for inner in part.record.parts:
        yield from _wraps(inner)


def _split(text: str, delimiter: str, wraps: frozenset[str], escape: str) -> list[str]:
    """The pieces between delimiters; wrapped and escaped ones do not count."""
    if not wraps and not escape:
        return text.split(delimiter)
    special = "|".join(re.escape(mark) for mark in sorted((delimiter, *wraps), key=len, reverse=True))
    pattern = re.compile(f"{re.escape(escape)}.|{special}" if escape else special, re.DOTALL)
    pieces: list[str] = []
    start, inside = 0, ""
    for found in pattern.finditer(text):
        mark = found[0]
        if mark in wraps and (not inside or inside == mark):
            inside = "" if inside else mark
        elif mark == delimiter and not inside:
            pieces.append(text[start : found.start()])
            start = found.end()
    return [*pieces, text[start:]]


def _unwrapped(text: str, wrap: str, escape: str) -> str:
    if escape:
        text = re.sub(re.escape(escape) + "(.)", lambda found: found[1], text, flags=re.DOTALL)
    if wrap and len(text) >= 2 * len(wrap) and text.startswith(wrap) and text.endswith(wrap):
        return text[len(wrap) : -len(wrap)].replace(wrap * 2, wrap)
    return text


def _unpadded(text: str, part: Part) -> str:
    if not part.pad:
        return text
    if part.justification != "right":
        return text.rstrip(part.pad)
    bare = text.lstrip(part.pad)
    # A number of nothing but zeros is a zero.
    return bare if bare or not text or part.pad != "0" else "0"


# XML to text ------------------------------------------------------------------------------------------------


def encode(element: etree._Element, layout: Layout, *, empty: str) -> str:
    """The flat file of a document; `empty` is the emptyNodeGenerationMode."""
    root = layout.root
    if documents.name_of(element) != root.name:
        raise ConnectorError(
            f"The schema '{layout.name}' describes '{root.name}', but the content is "
            f"'{documents.name_of(element)}'.",
            code="InvalidContent",
        )
    generate = empty == "ForcedEnabled" or (empty == "HonorSchemaNodeProperty" and layout.generate_empty)
    return _encoded(element, root, generate, frozenset())


def _encoded(element: etree._Element | None, part: Part, generate: bool, outer: frozenset[str]) -> str:
    record = part.record
    if record is None:
        return "" if element is None else documents.text_in(element)
    if record.positional:
        return _with_tag(record, _positional(element, record, generate))
    marks = outer | {record.delimiter}
    pieces: list[str] = []
    for inner in record.parts:
        pieces += _delimited(element, inner, record, generate, marks)
    if record.drop_trailing:
        while pieces and not pieces[-1]:
            pieces.pop()
    if not record.keep_empty:
        pieces = [piece for piece in pieces if piece]
    joined = record.delimiter.join(pieces)
    if pieces and record.order == "prefix":
        joined = record.delimiter + joined
    if pieces and record.order == "postfix":
        joined += record.delimiter
    return _with_tag(record, joined)


def _with_tag(record: Record, text: str) -> str:
    at = record.tag_offset
    return text[:at].ljust(at) + record.tag + text[at:] if record.tag else text


def _delimited(
    element: etree._Element | None, part: Part, record: Record, generate: bool, marks: frozenset[str]
) -> list[str]:
    found = _values(element, part)
    if part.record is None:
        texts = [_field_text(value, part, record.escape, marks) for value in found]
        return texts or ([""] if part.item.minimum <= 1 and part.item.maximum == 1 else [])
    given: list[etree._Element | None] = [one for one in found if isinstance(one, etree._Element)]
    if not given and (generate or part.item.minimum):
        given = [None]
    texts = [_encoded(one, part, generate, marks) for one in given]
    return [part.record.repeating.join(texts)] if part.record.repeating and texts else texts


def _values(element: etree._Element | None, part: Part) -> list[etree._Element | str]:
    if element is None:
        return []
    if part.item.is_attribute:
        value = element.get(part.item.tag)
        return [] if value is None else [str(value)]
    return [child for child in documents.elements(element) if documents.name_of(child) == part.name]


def _field_text(value: etree._Element | str, part: Part, escape: str, marks: frozenset[str]) -> str:
    text = value if isinstance(value, str) else documents.text_in(value)
    special = [mark for mark in marks if mark and mark in text]
    if part.wrap and (special or part.wrap in text or "\n" in text):
        return part.wrap + text.replace(part.wrap, part.wrap * 2) + part.wrap
    if special and escape:
        for mark in (escape, *special):
            text = text.replace(mark, "".join(escape + letter for letter in mark))
    elif special:
        raise ConnectorError(
            f"The value of '{part.name}' holds the delimiter {special[0]!r}, and the schema gives neither a "
            "wrap nor an escape character.",
            code="InvalidContent",
        )
    return text


def _positional(element: etree._Element | None, record: Record, generate: bool) -> str:
    written = ""
    for part in record.parts:
        values = _values(element, part)
        if part.record is not None:
            records: list[etree._Element | None] = [one for one in values if isinstance(one, etree._Element)]
            if not records and (generate or part.item.minimum):
                records = [None]
            for one in records:
                written += " " * part.offset + _encoded(one, part, generate, frozenset())
            continue
        for value in values or [""]:
            text = value if isinstance(value, str) else documents.text_in(value)
            if len(text) > part.length:
                raise ConnectorError(
                    f"The value of '{part.name}' has {len(text)} characters; its field has {part.length}.",
                    code="InvalidContent",
                )
            pad = part.pad or " "
            fill = text.rjust if part.justification == "right" else text.ljust
            written += " " * part.offset + fill(part.length, pad[0])
    return written
