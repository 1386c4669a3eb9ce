"""XML to JSON and back along a schema: `XmlParse` and `XmlCompose` (reference 6.21), in the isolated child.

The root element itself has no member in the JSON. Elements are members, attributes `:Attribute:<name>`, text
beside attributes `#text`. An element that holds nothing but a list of elements of one kind is the list.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from connectors.builtin.xml import documents
from connectors.builtin.xml.schema import Item, Model
from connectors.sdk.content import Json, text_of
from connectors.sdk.errors import ConnectorError

ATTRIBUTE = ":Attribute:"
TEXT = "#text"
_WHOLE = frozenset(
    [
        "integer",
        "int",
        "long",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "nonPositiveInteger",
        "negativeInteger",
        "unsignedInt",
        "unsignedLong",
        "unsignedShort",
        "unsignedByte",
    ]
)
_FRACTION = frozenset(("decimal", "double", "float"))
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def to_json(element: etree._Element, item: Item, *, attributes: bool) -> Json:
    """The JSON value of an element."""
    if element.get(_NIL) in ("true", "1"):
        return None
    inner = documents.elements(element)
    own = {
        ATTRIBUTE + documents.name_of_attribute(str(name)): _typed(
            str(value), _attribute_type(item, str(name))
        )
        for name, value in element.attrib.items()
        if attributes and name != _NIL
    }
    if not inner and not item.children:
        value = _typed(documents.text_in(element), item.simple)
        return {**own, TEXT: value} if own else value
    known = {child.tag: child for child in item.children}
    if item.wraps_list and not own:
        return [to_json(child, _child(known, child, item), attributes=attributes) for child in inner]
    members: dict[str, Any] = dict(own)
    for child in inner:
        found = _child(known, child, item)
        value = to_json(child, found, attributes=attributes)
        name = documents.name_of(child)
        if found.repeats or isinstance(members.get(name), _Several):
            members.setdefault(name, _Several()).append(value)
        elif name in members:
            members[name] = _Several([members[name], value])
        else:
            members[name] = value
    return members


class _Several(list[Any]):
    """A list made of elements, in contrast to one that is the value of a single element."""


def _child(known: dict[str, Item], child: etree._Element, parent: Item) -> Item:
    found = known.get(str(child.tag)) or parent.model.element(str(child.tag))
    if found is None:
        raise ConnectorError(
            f"The element '{documents.name_of(child)}' in line {child.sourceline} is not in the schema.",
            code="ValidationFailed",
        )
    return found


def _attribute_type(item: Item, name: str) -> str:
    return next((one.simple for one in item.attributes if one.tag == name), "string")


def _typed(text: str, simple: str) -> Json:
    """Numbers and booleans of the schema as JSON's; what does not look like one stays text."""
    trimmed = text.strip()
    if simple == "boolean" and trimmed in ("true", "false", "1", "0"):
        return trimmed in ("true", "1")
    if _NUMBER.fullmatch(trimmed) and len(trimmed) < 400:
        if simple in _WHOLE and trimmed.lstrip("+-").isdecimal():
            return int(trimmed)
        if simple in _FRACTION:
            number = float(trimmed)
            # A decimal that a double cannot hold exactly stays the text it is.
            return number if number not in (float("inf"), float("-inf")) and len(trimmed) <= 17 else trimmed
    return text


def to_xml(value: Json, model: Model) -> etree._Element:
    """The document of a JSON object: root is the schema's first element, or the one the object names."""
    candidates = model.global_elements()
    if not candidates:
        raise ConnectorError(f"The schema '{model.name}' declares no element.", code="InvalidSchema")
    root = candidates[0]
    if isinstance(value, dict) and len(value) == 1:
        only = next(iter(value))
        known = {child.name for child in root.children}
        named = next((one for one in candidates if one.name == only), None)
        if named is not None and only not in known:
            root, value = named, value[only]
    spaces = {"ns0": root.namespace} if root.namespace else {}
    element = etree.Element(root.tag, nsmap=spaces)
    _fill(element, value, root, root.name)
    return element


def _fill(element: etree._Element, value: Json, item: Item, path: str) -> None:
    if value is None:
        return
    if item.wraps_list and isinstance(value, list):
        value = {item.children[0].name: value}
    if not isinstance(value, dict):
        if item.children or isinstance(value, list):
            raise ConnectorError(f"'{path}' must be an object with members.", code="InvalidContent")
        element.text = _text(value, path)
        return
    left = dict(value)
    for attribute in item.attributes:
        if left.get(ATTRIBUTE + attribute.name) is not None:
            element.set(attribute.tag, _text(left[ATTRIBUTE + attribute.name], path))
        left.pop(ATTRIBUTE + attribute.name, None)
    if TEXT in left:
        element.text = _text(left.pop(TEXT), path)
    for child in item.children:
        if child.name not in left:
            continue
        given = left.pop(child.name)
        many = given if isinstance(given, list) and child.repeats else [given]
        for one in many:
            if one is not None:
                _fill(etree.SubElement(element, child.tag), one, child, f"{path}/{child.name}")
    if left:
        raise ConnectorError(
            f"'{path}' has no member '{next(iter(left))}' in the schema.", code="InvalidContent"
        )


def _text(value: Json, path: str) -> str:
    text = str(value).lower() if isinstance(value, bool) else text_of(value)
    if re.search("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
        raise ConnectorError(f"'{path}' holds a character that XML does not allow.", code="InvalidContent")
    return text
