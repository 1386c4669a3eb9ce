"""XML text to a small tree and back, keeping what the language sees: CDATA, comments, `<a/>` or `<a></a>`.

Nothing outside the text is read: no DTD, no entity is loaded, and references to internal entities stay
references. Error texts are those of .NET's reader where the reference shows them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias
from xml.parsers import expat

from runtime.language.expressions.limits import XML_LENGTH

MAX_DEPTH = 250


@dataclass(slots=True)
class Text:
    value: str


@dataclass(slots=True)
class CData:
    value: str


@dataclass(slots=True)
class Comment:
    value: str


@dataclass(slots=True)
class Instruction:
    target: str
    value: str


@dataclass(slots=True)
class Declaration:
    version: str
    encoding: str | None = None
    standalone: str | None = None


@dataclass(slots=True)
class Doctype:
    name: str
    public: str | None = None
    system: str | None = None
    subset: str | None = None


@dataclass(slots=True)
class Element:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[XmlNode] = field(default_factory=list)
    short: bool = True  # written <a /> when it has no children


XmlNode: TypeAlias = Text | CData | Comment | Instruction | Declaration | Doctype | Element


class XmlTextError(Exception):
    """Text that is not a well-formed document; the message is the reason."""


def parse(text: str) -> list[XmlNode]:
    """The nodes of a document. White space between elements is dropped. Raises XmlTextError."""
    if len(text) > XML_LENGTH:
        raise XmlTextError(f"The document is longer than {XML_LENGTH} characters.")
    if not text.strip():
        raise XmlTextError("Root element is missing.")
    protected = _protected(text)
    if protected != text:
        with suppress(XmlTextError):  # told below, with the places of the text as it is
            return _Builder(protected, protected=True).document()
    return _Builder(text).document()


# .NET's reader keeps line ends and white space as written; expat makes line feeds and blanks of them.
_LINE_END, _LINE_FEED, _TAB = "\ue00d", "\ue00a", "\ue009"
_KEPT = {ord(_LINE_END): "\r", ord(_LINE_FEED): "\n", ord(_TAB): "\t"}
_PIECE = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>|[^<]+", re.DOTALL
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ODD_SPACE = re.compile(r"\r|=\s*(?:\"[^\"<\n\t]*[\n\t]|'[^'<\n\t]*[\n\t])")


def _protected(text: str) -> str:
    """The text with private characters for the white space that expat would change."""
    if not _ODD_SPACE.search(text) or "<!DOCTYPE" in text or any(chr(mark) in text for mark in _KEPT):
        return text
    return _PIECE.sub(_protected_piece, text)


def _protected_piece(match: re.Match[str]) -> str:
    piece = match[0]
    if piece.startswith(("<!", "<?")) or not piece.startswith("<"):
        return piece.replace("\r", _LINE_END) if piece.strip(" \t\r\n") else piece
    return _QUOTED.sub(
        lambda value: value[0].replace("\r", _LINE_END).replace("\n", _LINE_FEED).replace("\t", _TAB), piece
    )


_ATTRIBUTE = re.compile(r"\s+([A-Za-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def _declaration(text: str) -> Declaration | None:
    """The XML declaration at the start of the text, checked as .NET does."""
    if not re.match(r"<\?xml\s", text):
        return None
    end = text.find("?>")
    position, found = 5, {}
    wanted = ["version", "encoding", "standalone"]
    while match := _ATTRIBUTE.match(text, position, end):
        name = match[1]
        if name not in wanted or ("version" in wanted and name != "version"):
            raise XmlTextError(f"Syntax for an XML declaration is invalid. {_place(text, match.start(1))}")
        del wanted[: wanted.index(name) + 1]
        found[name] = match[2] if match[2] is not None else match[3]
        value_at = match.start(2) if match[2] is not None else match.start(3)
        if name == "version" and found[name] != "1.0":
            raise XmlTextError(f"Version number '{found[name]}' is invalid. {_place(text, value_at)}")
        if name == "standalone" and found[name] not in ("yes", "no"):
            raise XmlTextError(f"Syntax for an XML declaration is invalid. {_place(text, value_at)}")
        position = match.end()
    if end < 0 or text[position:end].strip() or "version" not in found:
        raise XmlTextError(f"Syntax for an XML declaration is invalid. {_place(text, position + 1)}")
    return Declaration(found["version"], found.get("encoding"), found.get("standalone"))


def _place(text: str, index: int) -> str:
    before = text[:index]
    return f"Line {before.count(chr(10)) + 1}, position {index - before.rfind(chr(10))}."


_DOCTYPE_HEAD = re.compile(rb"(?:\"[^\"]*\"|'[^']*'|[^\"'\[>])*\[")
_ENTITY_USE = re.compile(r"[&%]([^&%;\s]+);")
_START_TAG = re.compile(rb"<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>")


class _Builder:
    def __init__(self, text: str, *, protected: bool = False) -> None:
        self.text = text
        self.protected = protected
        self.octets = text.encode("utf-8", "replace")
        self.declaration = _declaration(text)
        self.nodes: list[XmlNode] = []
        self.open: list[Element] = []
        self.places: list[tuple[int, int]] = []  # line and position of the open elements' names
        self.prefixes: list[set[str]] = [{"xml", "xmlns"}]
        self.pieces: list[str] = []
        self.entities: dict[str, int] = {}  # how long each becomes where an attribute names it
        self.mentions = text.count("&")
        self.attribute_length = 0
        self.cdata = False
        self.after_root = False
        self.parser = self._parser()

    def _parser(self) -> Any:
        parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.pieces.append
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EndDoctypeDeclHandler = self._end_doctype
        parser.EntityDeclHandler = self._entity
        parser.DefaultHandler = self._other  # also keeps expat from expanding internal entities
        return parser

    def document(self) -> list[XmlNode]:
        try:
            self.parser.Parse(self.octets, True)
        except expat.ExpatError as error:
            self._explain(error)
        return [self.declaration, *self.nodes] if self.declaration else self.nodes

    def _explain(self, error: expat.ExpatError) -> NoReturn:
        """Expat's error in the words of .NET."""
        place = f"Line {error.lineno}, position {error.offset + 1}."
        message = expat.ErrorString(error.code) or "not well formed"
        if error.code == 9 and self.after_root:  # junk after document element
            junk = self.octets[self.parser.ErrorByteIndex :]
            if junk.startswith(b"<") and junk[1:2] not in b"!?/":
                raise XmlTextError(
                    f"There are multiple root elements. Line {error.lineno}, position {error.offset + 2}."
                )
            raise XmlTextError(f"Data at the root level is invalid. {place}")
        if error.code in (3, 5) and self.open:  # no element found, unclosed token
            names = ", ".join(element.name for element in reversed(self.open))
            raise XmlTextError(
                f"Unexpected end of file has occurred. The following elements are not closed: {names}. "
                f"{place}"
            )
        if error.code == 3:
            raise XmlTextError("Root element is missing.")
        if not self.open and not self.after_root and not self.text.lstrip().startswith("<"):
            index = len(self.text) - len(self.text.lstrip())
            raise XmlTextError(f"Data at the root level is invalid. {_place(self.text, index)}")
        if error.code == 7 and self.open:
            found = re.search(rb"[^\s<>/]+", self.octets[self.parser.ErrorByteIndex :][:200])
            closing = found[0].decode("utf-8", "replace") if found else ""
            line, column = self.places[-1]
            raise XmlTextError(
                f"The '{self.open[-1].name}' start tag on line {line} position {column} does not match the "
                f"end tag of '{closing}'. {place}"
            )
        self._explain_markup(error, place)
        raise XmlTextError(f"The document is not well formed: {message}. {place}")

    def _explain_markup(self, error: expat.ExpatError, place: str) -> None:
        """What authors meet most often inside elements: references, names and attributes."""
        rest = self.octets[self.parser.ErrorByteIndex :][:200].decode("utf-8", "replace")
        if error.code == 11 and (entity := re.match(r"&([^;\s]+);", rest)):  # undefined entity
            after = f"Line {error.lineno}, position {error.offset + 2}."
            raise XmlTextError(f"Reference to undeclared entity '{entity[1]}'. {after}")
        if error.code == 8 and (name := re.match(r"[^\s=]+", rest)):  # duplicate attribute
            raise XmlTextError(f"'{name[0]}' is a duplicate attribute name. {place}")
        if error.code != 4 or not rest:  # invalid token
            return
        before = self.octets[: self.parser.ErrorByteIndex]
        code = f"hexadecimal value 0x{ord(rest[0]):02X}"
        if rest[0] < " " and rest[0] not in "\t\r\n":
            raise XmlTextError(f"'{rest[0]}', {code}, is an invalid character. {place}")
        if before.endswith(b"<"):
            raise XmlTextError(f"Name cannot begin with the '{rest[0]}' character, {code}. {place}")
        if before.endswith(b"=") and rest[0] not in "<&":
            expected = "The expected token is '\"' or '''."
            raise XmlTextError(f"'{rest[0]}' is an unexpected token. {expected} {place}")

    def _flush(self) -> None:
        if not self.pieces:
            return
        value = self._restored("".join(self.pieces))
        self.pieces.clear()
        if self.open and value.strip(" \t\r\n"):
            self._append(Text(value))
        elif self.open:
            self.open[-1].short = False

    def _restored(self, value: str) -> str:
        return value.translate(_KEPT) if self.protected else value

    def _append(self, node: XmlNode) -> None:
        (self.open[-1].children if self.open else self.nodes).append(node)

    def _start(self, name: str, pairs: list[str]) -> None:
        self._flush()
        attributes = dict(zip(pairs[::2], map(self._restored, pairs[1::2]), strict=True))
        self.attribute_length += sum(map(len, attributes.values()))
        if self.attribute_length > XML_LENGTH:  # a default of the DTD stands in every element
            raise XmlTextError(f"The attributes of the document are longer than {XML_LENGTH} characters.")
        declared = {key[6:] for key in attributes if key.startswith("xmlns:")}
        self.prefixes.append(self.prefixes[-1] | declared if declared else self.prefixes[-1])
        for used in (name, *attributes):
            prefix, colon, _ = used.partition(":")
            if colon and prefix not in self.prefixes[-1]:
                place = (
                    f"Line {self.parser.CurrentLineNumber}, position {self.parser.CurrentColumnNumber + 2}."
                )
                raise XmlTextError(f"'{prefix}' is an undeclared prefix. {place}")
        if len(self.open) >= MAX_DEPTH:
            raise XmlTextError(f"Elements are nested more than {MAX_DEPTH} deep.")
        tag = _START_TAG.match(self.octets, self.parser.CurrentByteIndex)
        element = Element(name, attributes, short=tag is not None and tag[0].endswith(b"/>"))
        self._append(element)
        self.open.append(element)
        self.places.append((self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 2))

    def _end(self, _name: str) -> None:
        self._flush()
        self.open.pop()
        self.places.pop()
        self.prefixes.pop()
        self.after_root = not self.open

    def _start_cdata(self) -> None:
        self._flush()

    def _end_cdata(self) -> None:
        value = self._restored("".join(self.pieces))
        self.pieces.clear()
        self._append(CData(value))

    def _comment(self, value: str) -> None:
        self._flush()
        self._append(Comment(self._restored(value)))

    def _instruction(self, target: str, value: str) -> None:
        self._flush()
        self._append(Instruction(target, self._restored(value)))

    def _doctype(self, name: str, system: str | None, public: str | None, _subset: int) -> None:
        self._in_doctype = True
        self.nodes.append(Doctype(name, public, system, ""))

    _in_doctype = False

    def _entity(self, name: str, _parameter: bool, value: str | None, *_rest: Any) -> None:
        """Expat expands entities inside attributes: what could become too much is refused before that."""
        inner = sum(self.entities.get(used, 0) for used in _ENTITY_USE.findall(value or ""))
        self.entities[name] = len(value or "") + inner
        if self.entities[name] * self.mentions > XML_LENGTH:
            raise XmlTextError(f"The entity '{name}' would become too much text.")

    def _end_doctype(self) -> None:
        """Only now the subset is known to be well formed, and where it ends."""
        self._in_doctype = False
        start = self.octets.index(b"<!DOCTYPE")
        head = _DOCTYPE_HEAD.match(self.octets, start)
        end = self.octets.rfind(b"]", start, self.parser.CurrentByteIndex + 1)
        doctype = self.nodes[-1]
        if head is not None and end >= head.end() and isinstance(doctype, Doctype):
            # .NET's reader leaves CR LF in a subset and makes a lone CR a line feed
            doctype.subset = re.sub(r"\r(?!\n)", "\n", self.octets[head.end() : end].decode("utf-8"))

    def _other(self, data: str) -> None:
        if not self._in_doctype and self.open and data.startswith("&"):
            raise XmlTextError(f"Reference to entity '{data[1:-1]}' is not supported.")


_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_IN_ATTRIBUTE = {**_IN_TEXT, '"': "&quot;", "\n": "&#xA;", "\r": "&#xD;"}
_TEXT_MARK = re.compile(r"[&<>\x00-\x08\x0b\x0c\x0e-\x1f]")
_ATTRIBUTE_MARK = re.compile(r"[&<>\"\n\r\x00-\x08\x0b\x0c\x0e-\x1f]")


def escape_text(text: str) -> str:
    """Text content as XML."""
    return _TEXT_MARK.sub(lambda match: _IN_TEXT.get(match[0]) or f"&#x{ord(match[0]):X};", text)


def escape_attribute(text: str) -> str:
    """An attribute's value between double quotes."""
    return _ATTRIBUTE_MARK.sub(lambda match: _IN_ATTRIBUTE.get(match[0]) or f"&#x{ord(match[0]):X};", text)


def write(nodes: list[XmlNode], *, indent: bool = False) -> str:
    """XML text of the nodes; indented by two spaces where elements hold no text, if asked."""
    output: list[str] = []
    for index, node in enumerate(nodes):
        if indent and index:
            output.append("\n")
        _write(node, output, 0 if indent else None)
    return "".join(output)


def _write(node: XmlNode, output: list[str], level: int | None) -> None:
    if isinstance(node, Element):
        _write_element(node, output, level)
    elif isinstance(node, Text):
        output.append(escape_text(node.value))
    elif isinstance(node, CData):
        output.append(f"<![CDATA[{node.value}]]>")
    elif isinstance(node, Comment):
        output.append(f"<!--{node.value}-->")
    elif isinstance(node, Instruction):
        output.append(f"<?{node.target} {node.value}?>" if node.value else f"<?{node.target}?>")
    elif isinstance(node, Declaration):
        pairs = (("version", node.version), ("encoding", node.encoding), ("standalone", node.standalone))
        output.append(
            "<?xml" + "".join(f' {name}="{escape_attribute(value)}"' for name, value in pairs if value) + "?>"
        )
    else:
        output.append(_write_doctype(node))


def _write_element(element: Element, output: list[str], level: int | None) -> None:
    output.append(f"<{element.name}")
    output.extend(f' {name}="{escape_attribute(value)}"' for name, value in element.attributes.items())
    if not element.children:
        output.append(" />" if element.short else f"></{element.name}>")
        return
    output.append(">")
    mixed = any(isinstance(child, Text | CData) for child in element.children)
    inner = None if level is None or mixed else level + 1
    for child in element.children:
        if inner is not None:
            output.append("\n" + "  " * inner)
        _write(child, output, inner)
    if inner is not None:
        output.append("\n" + "  " * (inner - 1))
    output.append(f"</{element.name}>")


def _write_doctype(node: Doctype) -> str:
    text = f"<!DOCTYPE {node.name}"
    if node.public is not None:
        text += f' PUBLIC "{node.public}" "{node.system or ""}"'
    elif node.system is not None:
        text += f' SYSTEM "{node.system}"'
    return f"{text}>" if node.subset is None else f"{text}[{node.subset}]>"
