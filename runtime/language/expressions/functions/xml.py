"""XML content from text or JSON, and JSON from XML content (reference 4.4 xml and json)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NoReturn

from runtime.language.expressions.functions.content import decode_envelope, envelope, python_codec
from runtime.language.expressions.functions.registry import failure
from runtime.language.expressions.functions.xml_names import decode_name, encode_name
from runtime.language.expressions.functions.xml_tree import (
    MAX_DEPTH,
    CData,
    Comment,
    Declaration,
    Doctype,
    Element,
    Instruction,
    Text,
    XmlNode,
    XmlTextError,
    parse,
    write,
)
from runtime.language.expressions.limits import charge
from runtime.language.values import Json, format_float, kind_of, stringify

XML = "application/xml;charset=utf-8"
_JSON_NAMESPACE = "http://james.newtonking.com/projects/json"


def xml_from_text(text: str) -> dict[str, Json]:
    """XML content from the text of a document. Raises ExpressionError."""
    charge("xml", len(text))
    if text.startswith("\ufeff"):
        _cannot_convert("Data at the root level is invalid. Line 1, position 1.")
    try:
        nodes = parse(text)
    except XmlTextError as error:
        _cannot_convert(str(error))
    return envelope(XML, write(nodes).encode("utf-8", "replace"))


def _cannot_convert(reason: str) -> NoReturn:
    raise failure(
        "xml", f"parameter is not valid. The provided value cannot be converted to XML: '{reason}'."
    ) from None


def xml_to_json(value: dict[str, Json]) -> Json:
    """JSON of XML content: attributes `@name`, text `#text`, repeated elements as arrays."""
    text = decode_envelope(value).removeprefix("\ufeff")
    charge("json", len(text))
    try:
        nodes = parse(text)
    except XmlTextError as error:
        raise _not_xml(str(error)) from None
    declared = next((node.encoding for node in nodes if isinstance(node, Declaration)), None)
    if declared and python_codec(declared) is None:
        raise _not_xml(f"'{declared}' is not a supported encoding name.")
    return _grouped(nodes, {})


def _not_xml(reason: str) -> Exception:
    return failure("json", f"parameter is not valid. The provided XML value cannot be parsed: '{reason}'.")


def _grouped(nodes: list[XmlNode], prefixes: dict[str, str]) -> dict[str, Json]:
    """The members that sibling nodes become, in the order in which their names first appear."""
    groups: dict[str, list[XmlNode]] = {}
    for node in nodes:
        groups.setdefault(_member_name(node), []).append(node)
    result: dict[str, Json] = {}
    for name, group in groups.items():
        if name == "#comment":  # a lone comment has no JSON, several leave an empty array
            if len(group) > 1:
                result[name] = []
        elif len(group) > 1 or _forced_array(group[0], prefixes):
            result[name] = [_node_value(node, prefixes) for node in group]
        else:
            result[name] = _node_value(group[0], prefixes)
    return result


def _member_name(node: XmlNode) -> str:
    match node:
        case Element():
            return decode_name(node.name)
        case Text():
            return "#text"
        case CData():
            return "#cdata-section"
        case Comment():
            return "#comment"
        case Instruction():
            return f"?{decode_name(node.target)}"
        case Declaration():
            return "?xml"
        case Doctype():
            return "!DOCTYPE"


def _scope_of(element: Element, prefixes: dict[str, str]) -> dict[str, str]:
    declared = {name[6:]: value for name, value in element.attributes.items() if name.startswith("xmlns:")}
    return {**prefixes, **declared} if declared else prefixes


def _forced_array(node: XmlNode, prefixes: dict[str, str]) -> bool:
    if not isinstance(node, Element):
        return False
    scope = _scope_of(node, prefixes)
    return any(
        name.partition(":")[2] == "Array"
        and scope.get(name.partition(":")[0]) == _JSON_NAMESPACE
        and value == "true"
        for name, value in node.attributes.items()
    )


def _node_value(node: XmlNode, prefixes: dict[str, str]) -> Json:
    if isinstance(node, Element):
        return _element_value(node, _scope_of(node, prefixes))
    if isinstance(node, Declaration):
        return _present(
            ("@version", node.version), ("@encoding", node.encoding), ("@standalone", node.standalone)
        )
    if isinstance(node, Doctype):
        return _present(
            ("@name", node.name),
            ("@public", node.public),
            ("@system", node.system),
            ("@internalSubset", node.subset),
        )
    return node.value


def _present(*pairs: tuple[str, str | None]) -> dict[str, Json]:
    return {name: value for name, value in pairs if value}


def _element_value(element: Element, prefixes: dict[str, str]) -> Json:
    attributes = {
        f"@{decode_name(name)}": value
        for name, value in element.attributes.items()
        if not (name.startswith("xmlns") and value == _JSON_NAMESPACE)
        and prefixes.get(name.partition(":")[0]) != _JSON_NAMESPACE
    }
    children = element.children
    if not attributes and len(children) == 1 and isinstance(children[0], Text):
        return children[0].value
    if not element.attributes and not children:
        return None if element.short else ""
    return {**attributes, **_grouped(children, prefixes)}


def xml_from_object(value: dict[str, Json]) -> dict[str, Json]:
    """XML content from an object with one root member, the inverse of xml_to_json. Raises ExpressionError."""
    nodes: list[XmlNode] = []
    for name, item in value.items():
        if not name:
            _cannot_convert(
                "XmlNodeConverter cannot convert JSON with an empty property name to XML. Path ''."
            )
        before = _root_count(nodes)
        if before and not name.startswith(("?", "!")):
            _cannot_convert(
                "JSON root object has multiple properties. The root object must have a single property in "
                "order to "
                "create a valid XML document. Consider specifying a DeserializeRootElementName. "
                f"Path '{_path(name)}'."
            )
        if name.startswith("@"):
            _cannot_convert(
                f"JSON root object has property '{name}' that will be converted to an attribute. A root "
                "object cannot "
                "have any attribute properties. Consider specifying a DeserializeRootElementName. "
                f"Path '{_path(name)}'."
            )
        nodes.extend(_nodes_of(name, item, 0))
        if _root_count(nodes) > 1:
            _cannot_convert("This document already has a 'DocumentElement' node.")
        if any(isinstance(node, Text | CData) for node in nodes):
            _cannot_convert(
                "The specified node cannot be inserted as the valid child of this node, because the "
                "specified node is the wrong type."
            )
    for node in nodes:
        if isinstance(node, Element):
            _drop_undeclared(node, frozenset({"xml", "xmlns"}))
    return envelope(XML, write(nodes).encode("utf-8", "replace"))


def _drop_undeclared(element: Element, known: frozenset[str]) -> None:
    """A prefix nobody declares has no namespace, and a name without one is written without prefix."""
    declared = {name[6:] for name in element.attributes if name.startswith("xmlns:")}
    known = known | declared if declared else known
    element.name = _declared_name(element.name, known)
    element.attributes = {_declared_name(name, known): value for name, value in element.attributes.items()}
    for child in element.children:
        if isinstance(child, Element):
            _drop_undeclared(child, known)


def _declared_name(name: str, known: frozenset[str]) -> str:
    prefix, colon, local = name.partition(":")
    return local if colon and local and prefix not in known else name


def _path(name: str) -> str:
    """A member of the root as the service's reader names it."""
    return f"['{name}']" if re.search(r"[. '/\"\[\]()\s\\]", name) else name


def _root_count(nodes: list[XmlNode]) -> int:
    return sum(isinstance(node, Element) for node in nodes)


def _nodes_of(name: str, value: Json, depth: int) -> list[XmlNode]:
    """The nodes one member becomes: one per item of an array."""
    if depth > MAX_DEPTH:
        _cannot_convert(f"Values are nested more than {MAX_DEPTH} deep.")
    if name == "?xml" and type(value) is dict:
        version, encoding, standalone = (
            _attribute(value.get(key)) for key in ("@version", "@encoding", "@standalone")
        )
        return [Declaration(version or "1.0", encoding, standalone)]
    if name == "!DOCTYPE" and type(value) is dict:
        keys = ("@name", "@public", "@system", "@internalSubset")
        called, public, system, subset = (_attribute(value.get(key)) for key in keys)
        return [Doctype(encode_name(called or "root"), public, system, subset)]
    if type(value) is list and name.startswith("#"):
        return [node for item in value for node in _nodes_of(name, item, depth + 1)]
    if type(value) is list:
        return [node for item in value for node in _item(name, item, depth)]
    if name in ("#text", "#whitespace", "#significant-whitespace"):
        return [Text(_scalar(value))]
    if name == "#cdata-section":
        text = _scalar(value)
        if "]]>" in text:
            _cannot_convert("Cannot have ']]>' inside an XML CDATA block.")
        return [CData(text)]
    if name.startswith("?"):
        return [Instruction(encode_name(name[1:]), _scalar(value))]
    return [_element(name, value, depth)]


def _item(name: str, item: Json, depth: int) -> list[XmlNode]:
    """One item of an array; an array inside becomes an element of the same name around its items."""
    if type(item) is list:
        element = Element(encode_name(name))
        element.children.extend(node for inner in item for node in _item(name, inner, depth + 1))
        return [element]
    return [_element(name, item, depth)]


def _element(name: str, value: Json, depth: int) -> Element:
    element = Element(encode_name(name))
    if value is None:
        return element
    if type(value) is not dict:
        text = _scalar(value)
        element.short = False
        if text:
            element.children.append(Text(text))
        return element
    for key, item in value.items():
        if key.startswith("@") and type(item) is not dict and type(item) is not list:
            element.attributes[encode_name(key[1:])] = _attribute(item) or ""
        else:
            element.children.extend(_nodes_of(key, item, depth + 1))
    return element


def _attribute(value: Json) -> str | None:
    return None if value is None else _scalar(value)


def _scalar(value: Json) -> str:
    """Text of a scalar in XML: booleans in lower case, floats without needless zeros."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float:
        if value - value != 0:
            return {"inf": "INF", "-inf": "-INF"}.get(str(value), "NaN")
        return format_float(value, 15)
    if type(value) is Decimal:
        return format(value, "f")
    kind_of(value)
    return stringify(value)
