"""XML schemas in the isolated child: validation, and a model of their elements for JSON and flat files.

The model knows what those need: names, order, occurrence, simple types, attributes, annotations. It is built
as far as it is looked at, so recursive types have no end to reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from connectors.builtin.xml import documents
from connectors.sdk.errors import ConnectorError

XSD = "http://www.w3.org/2001/XMLSchema"
_X = f"{{{XSD}}}"
_GROUPS = frozenset((_X + "sequence", _X + "choice", _X + "all"))
_FAULTS = 5

Name = tuple[str, str]
"""Namespace and local name."""


def validate(content: bytes, schema: bytes, name: str, files: Mapping[str, bytes]) -> None:
    """ConnectorError with the first faults, each with its line."""
    tree = documents.read(content, "The content")
    parsed = documents.read(schema, f"The schema '{name}'", files=files, name=name)
    try:
        checker = etree.XMLSchema(parsed)
    except etree.XMLSchemaParseError as error:
        reason = str(error).strip().rstrip(".")
        raise ConnectorError(f"The schema '{name}' is not valid: {reason}.", code="InvalidSchema") from None
    if checker.validate(tree):
        return
    log: Any = checker.error_log
    found = [f"line {fault.line}: {fault.message.strip().rstrip('.')}" for fault in log][:_FAULTS]
    more = len(log) - len(found)
    rest = f", and {more} more" if more > 0 else ""
    raise ConnectorError(
        f"The content does not fit the schema '{name}': {'; '.join(found)}{rest}.", code="ValidationFailed"
    )


@dataclass(frozen=True)
class Item:
    """An element or an attribute: `simple` is the local name of its built-in type, "" for an element with
    content. `minimum` and `maximum` are occurrences, None for no limit. `note` holds the annotations."""

    model: Model = field(repr=False, compare=False)
    name: str
    namespace: str
    node: etree._Element = field(repr=False, compare=False)
    is_attribute: bool = False
    minimum: int = 1
    maximum: int | None = 1

    @property
    def tag(self) -> str:
        return f"{{{self.namespace}}}{self.name}" if self.namespace else self.name

    @property
    def repeats(self) -> bool:
        return self.maximum is None or self.maximum > 1

    @cached_property
    def _type(self) -> etree._Element | str:
        return self.model.type_of(self.node)

    @cached_property
    def simple(self) -> str:
        return self.model.simple_type(self._type)

    @cached_property
    def children(self) -> tuple[Item, ...]:
        return () if isinstance(self._type, str) else tuple(self.model.elements_of(self._type))

    @cached_property
    def attributes(self) -> tuple[Item, ...]:
        return () if isinstance(self._type, str) else tuple(self.model.attributes_of(self._type))

    @property
    def wraps_list(self) -> bool:
        """Whether it holds nothing but one kind of element, any number of them."""
        return len(self.children) == 1 and self.children[0].repeats and not self.attributes

    def note(self, namespace: str, name: str) -> dict[str, str]:
        """The attributes of an annotation of this name, {} without one."""
        found = self.node.find(f"{_X}annotation/{_X}appinfo/{{{namespace}}}{name}")
        return {} if found is None else {str(key): str(value) for key, value in found.attrib.items()}


class Model:
    """The elements of a schema and of those it includes or imports."""

    def __init__(self, data: bytes, name: str, files: Mapping[str, bytes]) -> None:
        self.name = name
        self._declared: dict[tuple[str, Name], etree._Element] = {}
        self._target: dict[etree._Element, str] = {}
        self.root = documents.read(data, f"The schema '{name}'").getroot()
        if self.root.tag != _X + "schema":
            raise ConnectorError(f"The schema '{name}' is not an XML schema.", code="InvalidSchema")
        self._files = {known.lower(): content for known, content in files.items()}
        self._seen: set[str] = {name.lower()}
        self._add(self.root, self.root.get("targetNamespace", ""))

    def global_elements(self) -> list[Item]:
        return [self._item(node) for node in self.root.findall(_X + "element")]

    def element(self, tag: str) -> Item | None:
        """The global element of a tag in lxml's spelling."""
        name = etree.QName(tag)
        node = self._declared.get(("element", (name.namespace or "", name.localname)))
        return None if node is None else self._item(node)

    def _add(self, root: etree._Element, target: str) -> None:
        self._target[root] = target
        for node in documents.elements(root):
            kind = documents.name_of(node)
            if node.get("name"):
                self._declared.setdefault((kind, (target, str(node.get("name")))), node)
            location = node.get("schemaLocation") or ""
            file = location.replace("\\", "/").rpartition("/")[2].lower()
            if kind in ("include", "import", "redefine") and file in self._files and file not in self._seen:
                self._seen.add(file)
                other = documents.read(self._files[file], f"The schema '{file}'").getroot()
                # An included schema without a namespace takes that of the one that includes it.
                self._add(other, other.get("targetNamespace") or (target if kind == "include" else ""))

    def _space(self, node: etree._Element) -> str:
        return self._target.get(node.getroottree().getroot(), "")

    def _find(self, kind: str, node: etree._Element, name: str) -> etree._Element:
        qualified = self._qualified(node, name)
        found = self._declared.get((kind, qualified))
        if found is None:
            raise ConnectorError(
                f"The schema '{self.name}' refers to the {kind} '{name}', which is not in it or in the "
                "schemas it includes.",
                code="InvalidSchema",
            )
        return found

    def _qualified(self, node: etree._Element, name: str) -> Name:
        prefix, _, local = name.rpartition(":")
        space = node.nsmap.get(prefix or None)
        return (space if space is not None else "" if prefix else self._space(node), local)

    def _item(self, node: etree._Element, minimum: int | None = None, maximum: int | None = 0) -> Item:
        is_attribute = node.tag == _X + "attribute"
        low = int(node.get("minOccurs", "1")) if minimum is None else minimum
        high = _most(node) if maximum == 0 else maximum
        if is_attribute:
            low, high = (1 if node.get("use") == "required" else 0), 1
        declared = node
        if node.get("ref"):
            declared = self._find(documents.name_of(node), node, str(node.get("ref")))
        root = declared.getroottree().getroot()
        default = root.get("attributeFormDefault" if is_attribute else "elementFormDefault", "unqualified")
        is_global = declared.getparent() is root
        qualified = is_global or declared.get("form", default) == "qualified"
        space = self._space(declared) if qualified else ""
        return Item(self, str(declared.get("name", "")), space, declared, is_attribute, low, high)

    def type_of(self, node: etree._Element) -> etree._Element | str:
        """The node of an item's type, or the local name of a built-in one."""
        inline = next(
            (child for kind in ("complexType", "simpleType") for child in node.findall(_X + kind)), None
        )
        if inline is not None:
            return inline
        return self._named_type(node, str(node.get("type") or "")) if node.get("type") else "anyType"

    def _named_type(self, node: etree._Element, name: str) -> etree._Element | str:
        space, local = self._qualified(node, name)
        if space == XSD:
            return local
        for kind in ("complexType", "simpleType"):
            found = self._declared.get((kind, (space, local)))
            if found is not None:
                return found
        return self._find("complexType", node, name)

    def simple_type(self, given: etree._Element | str, depth: int = 0) -> str:
        """The built-in type at the bottom of a simple type; "" for one with elements inside."""
        if isinstance(given, str) or depth > 32:
            return str(given)
        content = given.find(_X + "simpleContent") if given.tag == _X + "complexType" else given
        if content is None:
            return ""
        for derived in content.iterchildren(_X + "restriction", _X + "extension"):
            if derived.get("base"):
                return self.simple_type(self._named_type(derived, str(derived.get("base"))), depth + 1)
        return "string"

    def elements_of(self, given: etree._Element, depth: int = 0) -> Iterator[Item]:
        if depth > 32:
            return
        for node in documents.elements(given):
            if node.tag in _GROUPS:
                yield from self._in_group(node, False, 1)
            elif node.tag == _X + "group":
                yield from self.elements_of(self._find("group", node, str(node.get("ref"))), depth + 1)
            elif node.tag in (_X + "complexContent", _X + "restriction"):
                yield from self.elements_of(node, depth + 1)
            elif node.tag == _X + "extension":
                base = self._named_type(node, str(node.get("base")))
                if not isinstance(base, str):
                    yield from self.elements_of(base, depth + 1)
                yield from self.elements_of(node, depth + 1)

    def _in_group(self, group: etree._Element, optional: bool, times: int | None) -> Iterator[Item]:
        """Elements of a sequence, choice or all; groups inside groups are flattened."""
        optional = optional or group.tag == _X + "choice" or group.get("minOccurs") == "0"
        most = _most(group)
        times = None if times is None or most is None else times * most
        for node in documents.elements(group):
            if node.tag == _X + "element":
                low = 0 if optional else int(node.get("minOccurs", "1"))
                high = _most(node)
                yield self._item(node, low, None if high is None or times is None else max(high, times))
            elif node.tag in _GROUPS:
                yield from self._in_group(node, optional, times)
            elif node.tag == _X + "group":
                found = self._find("group", node, str(node.get("ref")))
                for inner in documents.elements(found):
                    if inner.tag in _GROUPS:
                        yield from self._in_group(inner, optional or node.get("minOccurs") == "0", times)

    def attributes_of(self, given: etree._Element, depth: int = 0) -> Iterator[Item]:
        if depth > 32:
            return
        for node in documents.elements(given):
            if node.tag == _X + "attribute" and node.get("use") != "prohibited":
                yield self._item(node)
            elif node.tag == _X + "attributeGroup":
                yield from self.attributes_of(
                    self._find("attributeGroup", node, str(node.get("ref"))), depth + 1
                )
            elif node.tag in (_X + "complexContent", _X + "simpleContent", _X + "restriction"):
                yield from self.attributes_of(node, depth + 1)
            elif node.tag == _X + "extension":
                base = self._named_type(node, str(node.get("base")))
                if not isinstance(base, str):
                    yield from self.attributes_of(base, depth + 1)
                yield from self.attributes_of(node, depth + 1)


def _most(node: etree._Element) -> int | None:
    written = node.get("maxOccurs", "1")
    return None if written == "unbounded" else int(written)
