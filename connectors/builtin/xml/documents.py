"""Reading XML without trust: no entities, no DTD, no file, no network. Runs in the isolated child."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from connectors.sdk.errors import ConnectorError


class Given(etree.Resolver):
    """Answers references of a map or schema from the artifacts sent along, and nothing else."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__()
        self._files = {name.lower(): data for name, data in files.items()}

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        name = (system_url or "").replace("\\", "/").rpartition("/")[2].lower()
        data = self._files.get(name)
        if data is None:
            raise ConnectorError(
                f"It refers to '{name or system_url}', which is not here.", code="ArtifactNotFound"
            )
        return self.resolve_string(data, context, base_url=name)


def parser(files: Mapping[str, bytes] | None = None) -> etree.XMLParser:
    reader = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=True,
        remove_blank_text=False,
    )  # fmt: skip
    reader.resolvers.add(Given(files or {}))
    return reader


def read(
    data: bytes, what: str, *, files: Mapping[str, bytes] | None = None, name: str | None = None
) -> etree._ElementTree:
    """The document. ConnectorError with code InvalidXml where it is none, with line and reason."""
    try:
        root = etree.fromstring(
            data.lstrip(b"\xef\xbb\xbf \t\r\n") or b" ", parser(files), base_url=name or "content.xml"
        )
    except etree.XMLSyntaxError as error:
        reason = str(error.msg or "it is empty").strip().rstrip(".")
        raise ConnectorError(f"{what} is not well-formed XML: {reason}.", code="InvalidXml") from None
    tree = root.getroottree()
    described: Any = tree.docinfo
    if described.doctype:
        raise ConnectorError(
            f"{what} has a document type declaration, which is not allowed: entities could stand for files "
            "or grow without end. Remove the DOCTYPE.",
            code="InvalidXml",
        )
    return tree


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname


def namespace_of(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


def text_in(element: etree._Element) -> str:
    """All text inside an element."""
    return "".join(str(text) for text in element.itertext())


def elements(parent: etree._Element) -> list[etree._Element]:
    """The child elements, without comments and processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def name_of_attribute(name: str) -> str:
    """The local part of an attribute's name in lxml's spelling."""
    return name.rpartition("}")[2]
