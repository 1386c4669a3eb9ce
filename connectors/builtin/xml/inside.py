"""What the isolated child does for this connector: one function per operation, `(arguments, blobs)`."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from connectors.builtin.xml import documents, flatfile, records, schema, transform
from connectors.sdk.content import Json
from connectors.sdk.errors import ConnectorError

Blobs = dict[str, bytes]


def _files(blobs: Blobs) -> Blobs:
    """The artifacts sent along, by file name."""
    return {name.removeprefix("file:"): data for name, data in blobs.items() if name.startswith("file:")}


def _model(arguments: dict[str, Any], blobs: Blobs) -> schema.Model:
    files = _files(blobs)
    return schema.Model(files[arguments["name"]], arguments["name"], files)


def transform_xml(arguments: dict[str, Any], blobs: Blobs) -> tuple[Json, bytes]:
    files = _files(blobs)
    compiled = transform.compile_map(files[arguments["name"]], arguments["name"], files)
    result = transform.transform(compiled, blobs["content"], arguments["parameters"])
    return transform.written(compiled, result, as_declared=arguments["asDeclared"])


def validate_xml(arguments: dict[str, Any], blobs: Blobs) -> tuple[Json, bytes]:
    files = _files(blobs)
    schema.validate(blobs["content"], files[arguments["name"]], arguments["name"], files)
    return None, b""


def parse_xml(arguments: dict[str, Any], blobs: Blobs) -> tuple[Json, bytes]:
    model = _model(arguments, blobs)
    root = documents.read(blobs["content"], "The content").getroot()
    item = model.element(str(root.tag))
    if item is None:
        raise ConnectorError(
            f"The schema '{model.name}' declares no element '{documents.name_of(root)}' in the namespace "
            f"'{documents.namespace_of(root)}'.",
            code="ValidationFailed",
        )
    value = records.to_json(root, item, attributes=arguments["attributes"])
    return None, json.dumps(value).encode()


def compose_xml(arguments: dict[str, Any], blobs: Blobs) -> tuple[Json, bytes]:
    element = records.to_xml(json.loads(blobs["content"]), _model(arguments, blobs))
    if arguments["indent"]:
        etree.indent(element)
    return None, etree.tostring(element, encoding="utf-8")


def decode_flat_file(arguments: dict[str, Any], blobs: Blobs) -> tuple[Json, bytes]:
    layout = flatfile.layout_of(_model(arguments, blobs))
    element = flatfile.decode(blobs["content"].decode("utf-8", "surrogatepass"), layout)
    return None, etree.tostring(element, encoding="utf-8")


def encode_flat_file(arguments: dict[str, Any], blobs: Blobs) -> tuple[Json, bytes]:
    layout = flatfile.layout_of(_model(arguments, blobs))
    root = documents.read(blobs["content"], "The content").getroot()
    return None, flatfile.encode(root, layout, empty=arguments["empty"]).encode("utf-8", "surrogatepass")
