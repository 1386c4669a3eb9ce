"""Liquid: the WDL action `Liquid` in its four kinds."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.liquid.operations import (
    list_templates,
    transform_json_to_json,
    transform_json_to_text,
    transform_xml_to_json,
    transform_xml_to_text,
)
from connectors.sdk import Connector

connector = Connector(
    id="liquid",
    title="Liquid",
    description="Make JSON or text of JSON or XML with templates of your own.",
    color="#2f6f5f",
    icon=Path(__file__).with_name("icon.svg"),
    operations=(
        transform_json_to_json,
        transform_json_to_text,
        transform_xml_to_json,
        transform_xml_to_text,
        list_templates,
    ),
    category="Data",
    keywords=("liquid", "template", "map"),
)
