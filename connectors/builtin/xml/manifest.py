"""XML: the WDL actions Xslt, XmlValidation, XmlParse, XmlCompose, FlatFileDecoding and FlatFileEncoding."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.xml.operations import (
    compose_xml,
    decode_flat_file,
    encode_flat_file,
    list_maps,
    list_schemas,
    parse_xml,
    transform_xml,
    validate_xml,
)
from connectors.sdk import Connector

connector = Connector(
    id="xml",
    title="XML and flat files",
    description="Transform, check, read and write XML and flat files with your own maps and schemas.",
    color="#7a5a2f",
    icon=Path(__file__).with_name("icon.svg"),
    operations=(
        transform_xml,
        validate_xml,
        parse_xml,
        compose_xml,
        decode_flat_file,
        encode_flat_file,
        list_maps,
        list_schemas,
    ),
    category="Data",
    keywords=("xml", "xslt", "xsd", "flat file", "b2b"),
)
