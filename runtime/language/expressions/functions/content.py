"""Content with a media type: envelopes, charsets, base64 and data URIs (reference 2.9, 4.4, 8.4)."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from urllib.parse import unquote_plus, unquote_to_bytes

from runtime.language.expressions.errors import ExpressionError
from runtime.language.values import Json, join_surrogates

OCTETS = "application/octet-stream"
_ATOM = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf"\s*;\s*{_ATOM}\s*=\s*(?:{_ATOM}|\"(?:[^\"\\]|\\.)*\")"
_MEDIA_TYPE = re.compile(rf"\s*({_ATOM}/{_ATOM})((?:{_PARAMETER})*)\s*")
_CHARSET = re.compile(rf";\s*charset\s*=\s*(?:\"([^\"]*)\"|({_ATOM}))", re.IGNORECASE)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
# Byte orders and Windows names that Python spells otherwise.
_CHARSETS = {"ucs-2": "utf-16-le", "utf-16": "utf-16-le", "unicode": "utf-16-le", "utf-32": "utf-32-le"}
_NOT_CHARSETS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
_UNICODE = frozenset({"utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-7"})


def python_codec(charset: str) -> str | None:
    """Name of the Python codec for a charset, or None for what is not a text encoding."""
    name = charset.strip().lower()
    if not re.fullmatch(r"[a-z0-9_.:+-]{1,40}", name):
        return None
    try:
        found = codecs.lookup(_CHARSETS.get(name, name))
    except LookupError:
        return None
    plain = found.name.replace("_", "-")
    if not getattr(found, "_is_text_encoding", False) or plain in _NOT_CHARSETS:
        return None
    return plain


def is_unicode(codec: str) -> bool:
    """Whether a Python codec is one of the Unicode encodings."""
    return codec in _UNICODE


def media_type(content_type: str) -> str | None:
    """`type/subtype` in lower case, or None when the header value is not well formed."""
    match = _MEDIA_TYPE.fullmatch(content_type)
    return match[1].lower() if match else None


def charset_of(content_type: str) -> str | None:
    """The charset parameter as written, or None."""
    match = _CHARSET.search(content_type)
    return (match[1] or match[2]) if match else None


def is_xml(content_type: str) -> bool:
    """`application/xml` and `+xml`; the engine does not count `text/xml` (reference 4.9 xpath)."""
    kind = media_type(content_type)
    return kind is not None and (kind == "application/xml" or kind.endswith("+xml"))


def is_json(content_type: str) -> bool:
    """`application/json` and `+json`."""
    kind = media_type(content_type)
    return kind is not None and (kind in ("application/json", "text/json") or kind.endswith("+json"))


def envelope(content_type: str, octets: bytes) -> dict[str, Json]:
    """An envelope that holds these bytes."""
    return {"$content-type": content_type, "$content": base64.b64encode(octets).decode("ascii")}


def from_base64(text: str) -> bytes | None:
    """The bytes, or None for what is not base64; white space inside is tolerated, padding is required."""
    compact = "".join(text.split()) if any(c in text for c in " \t\r\n") else text
    if len(compact) % 4 or not _BASE64.fullmatch(compact):
        return None
    try:
        return base64.b64decode(compact)
    except (binascii.Error, ValueError):
        return None


def envelope_bytes(value: dict[str, Json]) -> bytes:
    """The bytes of an envelope. Raises ExpressionError when its content is not base64."""
    octets = from_base64(value["$content"])
    if octets is None:
        raise not_text()
    return octets


def not_text() -> ExpressionError:
    """The error for content that cannot be read as text."""
    return ExpressionError(
        "InvalidTemplate",
        "Template language expression cannot be evaluated: the content of a value is not valid. The value "
        "cannot be "
        "converted to string.",
    )


def decode_envelope(value: dict[str, Json]) -> str:
    """The text of an envelope: charset of its media type, UTF-8 without one, U+FFFD for bad bytes."""
    content_type = value["$content-type"]
    octets = envelope_bytes(value)
    if content_type and media_type(content_type) is None:
        raise not_text()
    charset = charset_of(content_type)
    codec = python_codec(charset) if charset else "utf-8"
    if codec is None:
        raise not_text()
    return octets.decode(codec, "replace")


_WIDE_ESCAPE = re.compile(r"((?:%u[0-9A-Fa-f]{4})+)")


def decode_uri(text: str) -> str:
    """`%xx` and `+` decoded as UTF-8, `%uxxxx` as a UTF-16 unit; malformed escapes stay (reference 4.4)."""
    if "%u" not in text:
        return unquote_plus(text, "utf-8", "replace")
    pieces = _WIDE_ESCAPE.split(text)
    pieces[::2] = [unquote_plus(piece, "utf-8", "replace") for piece in pieces[::2]]
    pieces[1::2] = ["".join(chr(int(unit, 16)) for unit in piece.split("%u")[1:]) for piece in pieces[1::2]]
    return join_surrogates("".join(pieces))


def decode_uri_bytes(text: str) -> bytes:
    """`%xx` and `+` as bytes, whether they are UTF-8 or not."""
    return unquote_to_bytes(text.replace("+", " ").encode("utf-8", "replace"))


class DataUri:
    """A data URI taken apart: its media type as written, whether the data is base64, and the data."""

    def __init__(self, content_type: str, encoded: bool, data: str) -> None:
        self.content_type = content_type
        self.encoded = encoded
        self.data = data

    @staticmethod
    def parse(text: str) -> DataUri | None:
        """The parts of `data:[type][;parameters][;base64],data`, or None when that is not its shape."""
        head, comma, data = text.partition(",")
        if not comma or head[:5].lower() != "data:":
            return None
        head = head[5:]
        if head.lower() == "base64":
            return DataUri("", True, data)
        pieces = head.split(";")
        encoded = len(pieces) > 1 and pieces[-1].strip().lower() == "base64"
        if encoded:
            pieces.pop()
        if any(not piece.strip() for piece in pieces[1:]) or (not pieces[0] and len(pieces) > 1):
            return None
        return DataUri(";".join(pieces), encoded, data)

    def octets(self) -> bytes | None:
        """The data as bytes, or None when it is not base64 though it says so."""
        if self.encoded:
            return from_base64(self.data.replace("+", " ") if " +" in self.data else self.data)
        return unquote_to_bytes(self.data.replace("+", " "))
