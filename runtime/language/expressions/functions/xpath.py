"""XPath 1.0 on XML content (reference 4.9 xpath)."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from lxml import etree

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.content import decode_envelope, envelope, is_xml
from runtime.language.expressions.functions.registry import failure, see, wrong_kind
from runtime.language.expressions.functions.xml import XML
from runtime.language.expressions.functions.xml_tree import (
    CData,
    Declaration,
    Doctype,
    Element,
    Text,
    XmlNode,
    XmlTextError,
    parse,
    write,
)
from runtime.language.expressions.functions.xpath_paths import from_document
from runtime.language.expressions.limits import charge
from runtime.language.values import Json, is_envelope, kind_of

_LONGEST = 4096  # characters of an expression
_WORK = 500_000_000  # nodes that an expression may look at, as estimated from its shape
_JOINED = 400_000_000  # characters that its arguments may hold together
# Steps that look at a large part of the document, and those that also look for doubles in what they found.
_WIDE = re.compile(r"//|\.\.|\[\s*/|(?:descendant|ancestor|following|preceding)[a-z-]*\s*::")
_SIDEWAYS = re.compile(r"(?:following|preceding)[a-z-]*\s*::")
_LINE_END = re.compile(r"\r\n?")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def evaluate_xpath(document: Json, path: Json) -> Json:
    """The value of the expression: a scalar, or an array for a node set. Raises ExpressionError."""
    if not is_envelope(document) or not is_xml(document["$content-type"]):
        kind = kind_of(document)
        raise failure(
            "xpath",
            f"expects its first parameter to be an XML object. The provided value is of type '{kind}'.",
        )
    if type(path) is not str:
        raise wrong_kind("xpath", "its second parameter to be a string", path)
    if len(path) > _LONGEST:
        _bad_path()
    text = decode_envelope(document).removeprefix("\ufeff")
    charge("xpath", len(text))
    try:
        nodes = parse(text)
    except XmlTextError as error:
        raise failure(
            "xpath", f"parameter is not valid. The provided XML value cannot be parsed: '{error}'."
        ) from None
    if any(isinstance(node, Doctype) for node in nodes):
        raise failure("xpath", "failed to parse the provided XML.")
    shown = [_plain(node) for node in nodes if not isinstance(node, Declaration)]
    path = from_document(path)
    if path.strip() in ("/", "/.", "/self::node()"):
        return [_content(shown)]
    elements = list(_elements(shown))
    _refuse_costly(path, len(elements), len(text))
    return _Result(shown, elements).value(path)


def _plain(node: XmlNode) -> XmlNode:
    """The node as XPath sees it: CDATA is text and joined to the text beside it, line ends are line feeds."""
    if not isinstance(node, Element):
        return node
    children: list[XmlNode] = []
    for child in map(_plain, node.children):
        if isinstance(child, CData):
            child = Text(child.value)
        if isinstance(child, Text):
            child = Text(_LINE_END.sub("\n", child.value))
        if isinstance(child, Text) and children and isinstance(children[-1], Text):
            children[-1] = Text(children[-1].value + child.value)
        else:
            children.append(child)
    return Element(node.name, _navigated(node.attributes), children, node.short)


def _navigated(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes in the order .NET's navigator writes them: declarations last, the latest first."""
    attributes = {name: value.replace("\t", " ") for name, value in attributes.items()}
    declared = [name for name in attributes if name.partition(":")[0] == "xmlns"]
    plain = {name: value for name, value in attributes.items() if name not in declared}
    return plain | {name: attributes[name] for name in reversed(declared)}


def _elements(nodes: list[XmlNode]) -> list[Element]:
    """Every element in document order."""
    found: list[Element] = []
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        if isinstance(node, Element):
            found.append(node)
            pending.extend(reversed(node.children))
    return found


def _refuse_costly(path: str, size: int, length: int) -> None:
    """XPath cannot be interrupted, so what could run for minutes is not begun.

    A wide step inside a predicate is taken once for every node outside, so each such level multiplies by the
    size of the document; sideways steps multiply once more.
    """
    bare = _QUOTED.sub("", path)
    levels = 1 + max((_depth(bare, match.end()) for match in _WIDE.finditer(bare)), default=0)
    sideways = min(len(_SIDEWAYS.findall(bare)), 3)
    looks = float(size) ** min(levels + sideways, 9) * 50.0**sideways
    if (levels + sideways > 1 and looks > _WORK) or length * bare.count(",") > _JOINED:
        raise failure(
            "xpath",
            f"parameters are invalid: the expression would look at too many of {size} elements. Use fewer "
            "steps such as '//' and 'preceding-sibling::', above all inside '[ ]'.",
        )


def _depth(path: str, end: int) -> int:
    """How many predicates are open there."""
    return max(path.count("[", 0, end) - path.count("]", 0, end), 0)


def _bad_path() -> NoReturn:
    raise failure(
        "xpath",
        "parameters are invalid: the 'xpath' parameter must be a supported, well formed XPath expression.",
    ) from None


class _Result:
    def __init__(self, nodes: list[XmlNode], elements: list[Element]) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            self.tree = etree.fromstring(write(nodes).encode("utf-8", "replace"), parser)
        except etree.XMLSyntaxError as error:
            raise failure(
                "xpath", f"parameter is not valid. The provided XML value cannot be parsed: '{error}'."
            ) from None
        found = [node for node in self.tree.iter() if isinstance(node.tag, str)]
        self.elements = dict(zip(found, elements, strict=True))

    def value(self, path: str) -> Json:
        try:
            result: Any = etree.XPath(path)(self.tree.getroottree())
        except etree.XPathEvalError as error:
            if "Unregistered function" in str(error):
                self._unsupported_type()
            _bad_path()
        except (etree.XPathError, ValueError):
            _bad_path()
        if isinstance(result, bool | float):
            return result
        if isinstance(result, str):
            return str(result)
        return [self._node(node) for node in result]

    def _unsupported_type(self) -> NoReturn:
        raise ExpressionError(
            "InvalidTemplate",
            "The XPath expression evaluates to a result of type 'Any' that is not supported. The "
            "expression must "
            f"evaluate to a number, a string, a boolean, or a node set. {see('xpath')}",
        ) from None

    def _node(self, node: Any) -> Json:
        if isinstance(node, str):
            return self._attribute(node) if getattr(node, "is_attribute", False) else str(node)
        kind = "Namespace"
        if not isinstance(node, tuple):
            if isinstance(node.tag, str):
                return _content([self._with_namespaces(node)])
            kind = "Comment" if node.tag is etree.Comment else "ProcessingInstruction"
        raise ExpressionError(
            "InvalidTemplate", f"The node type '{kind}' is not a supported XPath node type. {see('xpath')}"
        )

    def _attribute(self, value: Any) -> str:
        name = str(value.attrname)
        if name.startswith("{"):
            uri, _, local = name[1:].partition("}")
            prefixes = [
                prefix for prefix, known in value.getparent().nsmap.items() if known == uri and prefix
            ]
            name = f"{prefixes[0] if prefixes else 'xml'}:{local}"
        return f'{name}="{value}"'

    def _with_namespaces(self, node: Any) -> Element:
        inherited = {prefix or "": uri for prefix, uri in node.nsmap.items()}
        return _declaring(self.elements[node], inherited, {"xml": ""})


def _declaring(element: Element, scope: dict[str, str], written: dict[str, str]) -> Element:
    """The element with the declarations it inherits, each where a name first needs it.

    `scope` holds what the document declares around the element, `written` what the result says already.
    """
    own = {
        "" if name == "xmlns" else name[6:]: value
        for name, value in element.attributes.items()
        if name.partition(":")[0] == "xmlns"
    }
    if not scope.keys() - written.keys() - own.keys():
        return element  # nothing is inherited that is not written
    if own:
        scope, written = scope | own, written | own
    prefixes = [name.partition(":")[0] for name in element.attributes if ":" in name]
    used = [element.name.rpartition(":")[0], *prefixes]
    missing = {prefix: scope[prefix] for prefix in used if prefix in scope and prefix not in written}
    attributes = dict(element.attributes)
    for prefix, uri in reversed(missing.items()):
        attributes[f"xmlns:{prefix}" if prefix else "xmlns"] = uri
    written = written | missing if missing else written
    children = [
        _declaring(child, scope, written) if isinstance(child, Element) else child
        for child in element.children
    ]
    return Element(element.name, attributes, children, element.short)


def _content(nodes: list[XmlNode]) -> dict[str, Json]:
    return envelope(XML, write(nodes, indent=True).encode("utf-8", "replace"))
