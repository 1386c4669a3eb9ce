"""XSLT 1.0 in the isolated child (reference 6.21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from connectors.builtin.xml import documents
from connectors.sdk.content import text_of
from connectors.sdk.errors import ConnectorError

XSL = "http://www.w3.org/1999/XSL/Transform"
MICROSOFT = "urn:schemas-microsoft-com:xslt"
EXSLT = "http://exslt.org/common"
_access: Any = etree.XSLTAccessControl
_NOTHING = _access(
    read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
)


@dataclass(frozen=True, slots=True)
class Map:
    """A compiled stylesheet and the output method it declares, "" for none."""

    run: Any
    method: str


def compile_map(data: bytes, name: str, files: Mapping[str, bytes]) -> Map:
    """The stylesheet. ConnectorError says what in it cannot be run here."""
    what = f"The map '{name}'"
    root = documents.read(data, what, files=files, name=name).getroot()
    if documents.namespace_of(root) == XSL:
        _check_version(root, what)
    if root.find(f".//{{{MICROSOFT}}}script") is not None:
        raise ConnectorError(
            f"{what} holds msxsl:script, code in C# or JScript, which cannot be run here. Replace it by XSLT "
            "templates.",
            code="MapNotSupported",
        )
    # msxsl:node-set is exsl:node-set under another name.
    renamed = etree.tostring(root).replace(MICROSOFT.encode(), EXSLT.encode())
    outputs = [child.get("method") for child in root.findall(f"{{{XSL}}}output") if child.get("method")]
    try:
        stylesheet = documents.read(renamed, what, files=files, name=name)
        return Map(etree.XSLT(stylesheet, access_control=_NOTHING), str(outputs[-1]) if outputs else "")
    except etree.XSLTParseError as error:
        reason = str(error).strip().rstrip(".") or "it could not be compiled"
        raise ConnectorError(f"{what} is not valid XSLT: {reason}.", code="InvalidMap") from None


def _check_version(root: etree._Element, what: str) -> None:
    version = root.get("version") or root.get(f"{{{XSL}}}version") or ""
    if not version.startswith("1"):
        shown = version or "without a version"
        raise ConnectorError(
            f"{what} is XSLT {shown}; only XSLT 1.0 can be run here (maps of Data Mapper are 3.0). Write it "
            "as XSLT 1.0, as a Liquid template or as a script.",
            code="MapNotSupported",
        )


def transform(map_: Map, content: bytes, parameters: Mapping[str, Any]) -> etree._XSLTResultTree:
    """The result of the map. ConnectorError with its reason, also where it ends itself (xsl:message)."""
    tree = documents.read(content, "The content")
    given = {name: etree.XSLT.strparam(text_of(value)) for name, value in parameters.items()}
    try:
        result: etree._XSLTResultTree = map_.run(tree, **given)
        return result
    except etree.XSLTApplyError as error:
        log = map_.run.error_log
        reason = str(log[-1].message if len(log) else error).strip().rstrip(".")
        raise ConnectorError(
            f"The map could not transform the content: {reason}.", code="TransformFailed"
        ) from None


def written(map_: Map, result: etree._XSLTResultTree, *, as_declared: bool) -> tuple[str, bytes]:
    """The output method (`xml`, `html`, `text`) and the bytes of the result.

    Unless the map's own output attributes are asked for, XML is written as .NET's plain writer does: UTF-8
    with a declaration.
    """
    root = result.getroot()
    method = map_.method or ("html" if root is not None and str(root.tag).lower() == "html" else "xml")
    if method != "xml" or as_declared or root is None:
        return method, bytes(result)
    return method, etree.tostring(result, encoding="utf-8", xml_declaration=True)
