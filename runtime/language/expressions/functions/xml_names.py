"""Names and values that XML cannot hold as they are: the `_xHHHH_` escapes of .NET's XmlConvert."""

from __future__ import annotations

import re

from runtime.language.expressions.functions.registry import family
from runtime.language.expressions.functions.strings import text_argument
from runtime.language.expressions.functions.utf16 import units
from runtime.language.expressions.functions.xml_tree import escape_text
from runtime.language.values import Json, join_surrogates

function = family("conversion")

_START = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
)
_NAME_START = re.compile(f"[{_START}]")
_NAME_PART = re.compile(f"[{_START}0-9.\u00b7\u0300-\u036f\u203f-\u2040-]")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4}|[0-9A-Fa-f]{8})_")


def encode_name(name: str, *, colon: bool = True) -> str:
    """The name with characters that may not stand in an XML name as `_xHHHH_`; `:` stays when `colon`."""
    pieces = []
    for index, character in enumerate(units(name)):
        allowed = (_NAME_PART if index else _NAME_START).match(character) or (colon and character == ":")
        if allowed and not (character == "_" and _ESCAPE.match(name, index)):
            pieces.append(character)
        else:
            pieces.append(f"_x{ord(character):04X}_")
    return "".join(pieces)


def decode_name(name: str) -> str:
    """Undo encode_name."""
    return join_surrogates(_ESCAPE.sub(lambda match: chr(int(match[1], 16) & 0xFFFF), name))


@function(
    "encodeXmlName(value: string)",
    "string",
    "Escape what may not stand in an XML name.",
    "one parameter: the name to encode",
)
def encode_xml_name(value: Json) -> str:
    return encode_name(text_argument("encodeXmlName", 0, value), colon=False)


@function(
    "decodeXmlName(value: string)", "string", "Undo encodeXmlName.", "one parameter: the name to decode"
)
def decode_xml_name(value: Json) -> str:
    return decode_name(text_argument("decodeXmlName", 0, value))


@function(
    "encodeXmlValue(value: string)",
    "string",
    "Escape what has a meaning in XML text.",
    "one parameter: the value to encode",
)
def encode_xml_value(value: Json) -> str:
    text = escape_text(text_argument("encodeXmlValue", 0, value))
    return text.replace('"', "&quot;").replace("'", "&apos;")


_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def _entity(match: re.Match[str]) -> str:
    if match[1]:
        return _ENTITIES[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if code <= 0x10FFFF else match[0]


@function(
    "decodeXmlValue(value: string)", "string", "Undo encodeXmlValue.", "one parameter: the value to decode"
)
def decode_xml_value(value: Json) -> str:
    return _ENTITY.sub(_entity, text_argument("decodeXmlValue", 0, value))
