"""Conversion functions (reference 4.4)."""

from __future__ import annotations

import base64 as base64_codec
from decimal import Decimal
from urllib.parse import quote

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions import lenient_json
from runtime.language.expressions.functions.content import (
    OCTETS,
    DataUri,
    charset_of,
    decode_uri,
    decode_uri_bytes,
    envelope,
    envelope_bytes,
    from_base64,
    is_json,
    is_unicode,
    is_xml,
    media_type,
    python_codec,
)
from runtime.language.expressions.functions.parsing import (
    as_double,
    parse_decimal,
    parse_float,
    parse_int,
    whole_number,
)
from runtime.language.expressions.functions.registry import failure, family, see, unconvertible, wrong_kind
from runtime.language.expressions.functions.xml import xml_from_object, xml_from_text, xml_to_json
from runtime.language.expressions.limits import charge
from runtime.language.values import Json, is_envelope, kind_of, stringify

function = family("conversion")

_NO_LOCALE = "(none given)"


def _octets(value: Json) -> bytes:
    """The bytes of an envelope, else of the value's text in UTF-8."""
    if is_envelope(value):
        return envelope_bytes(value)
    return stringify(value).encode("utf-8", "replace")


def _text(name: str, value: Json) -> str:
    if type(value) is not str:
        raise wrong_kind(name, "its parameter to be a string", value)
    return value


@function(
    "array(value)",
    "array",
    "Wrap a value in an array; an array stays as it is.",
    "one parameter: the value that is to be converted to an array",
)
def array(value: Json) -> list[Json]:
    return value if type(value) is list else [value]


@function(
    "createArray(object1, object2, ...)",
    "array",
    "An array of the arguments.",
    "expects a comma separated list of parameters. The function was invoked with no parameters.",
    at_least=1,
)
def create_array(*values: Json) -> list[Json]:
    return list(values)


@function(
    "string(value)",
    "string",
    "The value as text.",
    "one parameter: the value that is to be converted to a string",
)
def string(value: Json) -> str:
    text = stringify(value)
    charge("string", len(text))
    return text


@function(
    "base64(value: string|object|array)",
    "string",
    "Base64 of the text in UTF-8, or of the content's bytes.",
    "one parameter: the string to encode into base64 representation",
)
def base64(value: Json) -> str:
    return _encoded("base64", value)


def _encoded(name: str, value: Json) -> str:
    if type(value) not in (str, dict, list):
        raise wrong_kind(name, "its parameter to be a string, an object or an array", value)
    octets = _octets(value)
    charge(name, len(octets) * 4 // 3)
    return base64_codec.b64encode(octets).decode("ascii")


@function(
    "encodeBase64(value)",
    "string",
    "Old name of base64.",
    "one parameter: the value to encode into base64 representation",
)
def encode_base64(value: Json) -> str:
    return _encoded("encodeBase64", value)


def _undecodable(name: str) -> ExpressionError:
    return failure(
        name,
        "was invoked with a parameter that is not valid. The value cannot be decoded from base64 "
        "representation.",
    )


@function(
    "base64ToBinary(value: string)",
    "object",
    "Binary content that holds this base64.",
    "one parameter: the string to decode from base64 representation",
)
def base64_to_binary(value: Json) -> dict[str, Json]:
    if from_base64(_text("base64ToBinary", value)) is None:
        raise _undecodable("base64ToBinary")
    return {"$content-type": OCTETS, "$content": value}


def _base64_to_string(name: str, value: Json) -> str:
    octets = from_base64(_text(name, value))
    if octets is None:
        raise _undecodable(name)
    return octets.decode("utf-8", "replace")


@function(
    "base64ToString(value: string)",
    "string",
    "Decode base64 and read it as UTF-8.",
    "one parameter: the base64 string to decode",
)
def base64_to_string(value: Json) -> str:
    return _base64_to_string("base64ToString", value)


@function(
    "decodeBase64(value: string)",
    "string",
    "The old name of base64ToString.",
    "one parameter: the string to decode from base64 representation",
)
def decode_base64(value: Json) -> str:
    return _base64_to_string("decodeBase64", value)


@function(
    "binary(value)",
    "object",
    "Binary content with the text of the value in UTF-8.",
    "one parameter: the value that is to be converted to binary",
)
def binary(value: Json) -> dict[str, Json]:
    if value is None:
        raise unconvertible("binary")
    octets = _octets(value)
    charge("binary", len(octets) * 4 // 3)
    return envelope(OCTETS, octets)


@function(
    "bool(value)",
    "boolean",
    "Read a number or the text true or false as a boolean.",
    "one parameter: the value that is to be converted to a boolean",
)
def boolean(value: Json) -> bool:
    if type(value) is bool:
        return value
    if type(value) in (int, float, Decimal):
        return bool(value != 0)
    if type(value) is str and len(value) < 64 and value.strip("\0 \t\r\n\v\f").lower() in ("true", "false"):
        return value.strip("\0 \t\r\n\v\f").lower() == "true"
    kind_of(value)
    raise unconvertible("bool")


@function(
    "decimal(value)",
    "decimal",
    "Convert to a decimal of 28 digits that keeps its trailing zeros.",
    "one parameter: the value that is to be converted to a decimal number",
)
def decimal(value: Json) -> Decimal:
    if type(value) is Decimal:
        return value
    text = "<null>" if value is None else stringify(value)
    if type(value) in (dict, list):
        raise unconvertible("decimal")
    result = parse_decimal(text) if type(value) in (str, int, float) else None
    if result is None:
        raise ExpressionError(
            "InvalidTemplate",
            "The template language 'decimal' function was invoked with a parameter that is not a valid "
            "decimal, "
            f"'{text}'. The value cannot be converted to the target type. {see('decimal')}",
        )
    return result


@function(
    "float(value, locale?: string)",
    "float",
    "Convert to a floating-point number; the locale is for reading text.",
    "one parameter: the value that is to be converted to a floating point number",
)
def floating(value: Json, locale: Json = _NO_LOCALE) -> float:
    if locale == _NO_LOCALE:
        locale = "en-US"
    elif type(value) is not str and (locale is None or type(locale) is str):
        kind_of(value)
        raise failure(
            "float",
            "expects its first parameter to be a string when a culture is supplied in the second parameter. "
            f"The provided value is of type '{'<null>' if locale is None else locale}'.",  # sic
        )
    if type(locale) is not str and type(value) is str:
        raise wrong_kind("float", "its second parameter to be of type string", locale)
    if type(value) is float:
        return value
    if type(value) is Decimal:
        return as_double(value)
    if type(value) in (int, bool):
        try:
            return float(value)
        except OverflowError:
            raise unconvertible("float") from None
    result = parse_float(value, locale) if type(value) is str else None
    if result is None:
        kind_of(value)
        raise unconvertible("float")
    return result


@function(
    "int(value)",
    "integer",
    "Convert to a 64-bit integer; text is read as a number without fraction.",
    "one parameter: the value that is to be converted to an integer",
)
def integer(value: Json) -> int:
    result: int | None = None
    if type(value) in (int, bool):
        result = int(value)
    elif type(value) is float:
        result = -(2**63) if value != value else whole_number(value)  # as the engine does, see parse_int
    elif type(value) is Decimal:
        result = int(value) if value == value.to_integral_value() and -(2**63) <= value < 2**63 else None
    elif type(value) is str:
        result = parse_int(value)
    if result is None:
        kind_of(value)
        raise unconvertible("int")
    return result


@function(
    "json(value: string|xml)",
    "any",
    "Read JSON text leniently, or turn XML content into JSON.",
    "expects one parameter: the string or XML to be parsed. The function was invoked with '{count}' "
    "parameter(s).",
)
def json(value: Json) -> Json:
    if is_envelope(value):
        if is_xml(value["$content-type"]):
            return xml_to_json(value)
        value = stringify(value).removeprefix("\ufeff")
    if type(value) is not str:
        raise wrong_kind("json", "its parameter to be a string or an XML", value)
    charge("json", len(value))
    try:
        return lenient_json.read(value)
    except lenient_json.JsonTextError as error:
        shown = value if len(value) <= 1000 else f"{value[:1000]}…"
        message = f"parameter is not valid. The provided value '{shown}' cannot be parsed: '{error}'."
        raise failure("json", message) from None


@function(
    "xml(value: string|object)",
    "object",
    "XML content from text, or from an object with one root member.",
    "expects one parameter: the string or object to be converted. The function was invoked with "
    "'{count}' parameter(s).",
)
def xml(value: Json) -> dict[str, Json]:
    if is_envelope(value):
        return {"$content-type": "application/xml;charset=utf-8", "$content": value["$content"]}
    if type(value) is str:
        return xml_from_text(value)
    if type(value) is dict:
        return xml_from_object(value)
    raise wrong_kind("xml", "its parameter to be a string or an object", value)


@function(
    "dataUri(value)",
    "string",
    "A data URI that holds the value.",
    "one parameter: the value to be converted to a data URI",
)
def data_uri(value: Json) -> str:
    if value is None:
        raise unconvertible("dataUri")
    if is_envelope(value):
        content_type = value["$content-type"]
    else:
        kind = "text/plain" if type(value) is str else "application/json"
        content_type = f"{kind};charset=utf-8"
    octets = _octets(value)
    charge("dataUri", len(octets) * 4 // 3)
    return f"data:{content_type};base64,{base64_codec.b64encode(octets).decode('ascii')}"


def _data_uri(name: str, value: Json) -> DataUri:
    text = _text(name, value)
    parsed = DataUri.parse(text)
    if parsed is None:
        raise failure(
            name,
            "expects its parameter to be formatted as a valid data URI. The provided value "
            f"'{text}' was not formatted correctly.",
        )
    return parsed


def _valid_content_type(content_type: str) -> str:
    """The content type if it is well formed and its charset known. Raises ExpressionError."""
    lenient = ";".join(piece for piece in content_type.split(";") if piece.strip().lower() != "base64")
    if media_type(lenient) is None:
        message = f"The provided content-type header value '{content_type}' is not well formed."
        raise ExpressionError("InvalidTemplate", message)
    charset = charset_of(content_type)
    if charset is not None and python_codec(charset) is None:
        raise ExpressionError(
            "InvalidTemplate",
            f"The provided content-type character set '{charset}' is not valid. Please use a Unicode "
            "character set "
            "such as UTF-8 or ASCII character set.",
        )
    return content_type


@function(
    "dataUriToBinary(value: string)",
    "object",
    "Content with the media type and data of a data URI.",
    "one parameter: the data URI that is to be converted to binary",
)
def data_uri_to_binary(value: Json) -> dict[str, Json]:
    parsed = _data_uri("dataUriToBinary", value)
    content_type = _valid_content_type(parsed.content_type or "text/plain")
    if parsed.encoded:
        return {"$content-type": content_type, "$content": parsed.data}
    return envelope(content_type, parsed.octets() or b"")


@function(
    "dataUriToString(value: string)",
    "string",
    "The text that a data URI holds.",
    "one parameter: the data URI that is to be converted to string",
)
def data_uri_to_string(value: Json) -> str:
    parsed = _data_uri("dataUriToString", value)
    charset = charset_of(parsed.content_type) or "utf-8"
    codec = python_codec(charset)
    other_last = parsed.content_type.rpartition(";")[2].lower().startswith("charset")
    if codec is None or (parsed.encoded and not is_unicode(codec) and not _tolerated(parsed, other_last)):
        message = f"parameter is not valid. The provided charset '{charset}' is not supported."
        raise failure("dataUriToString", message)
    octets = parsed.octets()
    if octets is None:
        raise unconvertible("dataUriToString")
    return octets.decode(codec, "replace")


def _tolerated(parsed: DataUri, last: bool) -> bool:
    """The engine minds a charset that is not Unicode only where it is the first parameter."""
    pieces = parsed.content_type.split(";")
    return len(pieces) > 2 and last and not pieces[1].strip().lower().startswith("charset")


@function(
    "decodeDataUri(value: string)",
    "any",
    "What a data URI holds: text, JSON, or content of its media type.",
    "one parameter: the data URI",
)
def decode_data_uri(value: Json) -> Json:
    parsed = _data_uri("decodeDataUri", value)
    content_type = _valid_content_type(parsed.content_type or "text/plain")
    octets = parsed.octets()
    if octets is None:
        raise _undecodable("decodeDataUri")
    charset = charset_of(content_type)
    # without a charset the text is US-ASCII, and every byte beyond it a question mark
    text = octets.decode(python_codec(charset) or "utf-8", "replace") if charset else _ascii(octets)
    if is_json(content_type):
        return json(text)
    if (media_type(content_type) or "").startswith("text/"):
        return text
    return envelope(content_type if charset else f"{content_type};charset=us-ascii", octets)


def _ascii(octets: bytes) -> str:
    return octets.decode("ascii", "replace").replace("\ufffd", "?")


def _uri_component(name: str, values: tuple[Json, ...]) -> str:
    text = "".join(map(stringify, values))
    charge(name, 3 * len(text))
    return quote(text.encode("utf-8", "replace"), safe="-_.~")


@function(
    "uriComponent(value, ...)",
    "string",
    "Percent-encode all but letters, digits and - _ . ~",
    "at least one parameter: the value to convert to URI component",
    at_least=1,
)
def uri_component(*values: Json) -> str:
    return _uri_component("uriComponent", values)


@function(
    "encodeUriComponent(value, ...)",
    "string",
    "Percent-encode all but letters, digits and - _ . ~",
    "at least one parameter: the string to URL encode",
    at_least=1,
)
def encode_uri_component(*values: Json) -> str:
    return _uri_component("encodeUriComponent", values)


@function(
    "decodeUriComponent(value: string)",
    "string",
    "Undo percent-encoding; + becomes a space.",
    "one parameter: the string to decode",
)
def decode_uri_component(value: Json) -> str:
    return decode_uri(_text("decodeUriComponent", value))


@function(
    "uriComponentToString(value: string)",
    "string",
    "Undo percent-encoding; + becomes a space.",
    "one parameter: the URI component to convert to binary",
)
def uri_component_to_string(value: Json) -> str:
    return decode_uri(_text("uriComponentToString", value))


@function(
    "uriComponentToBinary(value: string)",
    "object",
    "Binary content with the decoded text.",
    "one parameter: the URI component to convert to binary",
)
def uri_component_to_binary(value: Json) -> dict[str, Json]:
    return envelope(OCTETS, decode_uri_bytes(_text("uriComponentToBinary", value)))
