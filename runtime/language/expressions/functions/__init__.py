"""All functions of the language. Importing this package fills the table of `registry`."""

from runtime.language.expressions.functions import (
    arithmetic,
    collections,
    conversion,
    dates,
    logic,
    manipulation,
    strings,
    uris,
    workflow,
    xml_names,
)

__all__ = [
    "arithmetic",
    "collections",
    "conversion",
    "dates",
    "logic",
    "manipulation",
    "strings",
    "uris",
    "workflow",
    "xml_names",
]
