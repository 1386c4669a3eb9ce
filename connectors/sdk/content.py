"""Content: bytes with a media type, and the envelopes in which WDL carries them (reference 2.9, 8.4)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Json = Any
"""None, bool, int, float, Decimal, str, list or dict with ordered members."""


def compact(value: Json) -> str:
    """JSON text without white space; NaN and infinities are written as strings (reference 2.10)."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError):
        return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def plain(value: Json) -> Json:
    """The same value with only what JSON can write: Decimal as a number, NaN and infinities as strings."""
    if isinstance(value, dict):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    number = float(value)
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def text_of(value: Json) -> str:
    """The text WDL writes for a value where text is needed (reference 2.8)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, (int, Decimal)):
        return str(value)
    if is_envelope(value) and isinstance(value.get("$content"), str):
        content = Content.of(value)
        return decode_text(content.data, MediaType.parse(content.content_type).charset)
    return compact(value)


def _float_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(plain(value))
    if value == int(value) and abs(value) < 1e17:
        return "-0" if str(value) == "-0.0" else str(int(value))
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        return digits
    sign = "-" if exponent.startswith("-") else "+"
    return f"{digits}E{sign}{int(exponent.lstrip('+-')):02d}"


# A parameter is `;name=token` or `;name="quoted \\" text"`; whatever else stands there is passed over.
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))')


@dataclass(frozen=True, slots=True)
class MediaType:
    """A parsed Content-Type: lower-case `name` without parameters, and its parameters by lower-case name."""

    name: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> MediaType:
        name, _, rest = text.partition(";")
        pairs = ((key.lower(), quoted, plain) for key, quoted, plain in _PARAMETER.findall(";" + rest))
        found = {key: re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for key, quoted, plain in pairs}
        return cls(name.strip().lower(), found)

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "utf-8")

    @property
    def is_json(self) -> bool:
        return self.name == "application/json" or self.name.endswith("+json")

    @property
    def is_text(self) -> bool:
        return self.name.startswith("text/") and not self.is_json

    @property
    def is_multipart(self) -> bool:
        return self.name.startswith("multipart/")


def is_envelope(value: Json) -> bool:
    """Whether the value is `{"$content-type": …, "$content": …}`; `$multipart` may replace the content."""
    return (
        isinstance(value, dict)
        and "$content-type" in value
        and ("$content" in value or "$multipart" in value)
    )


def envelope(content_type: str, data: bytes) -> dict[str, Json]:
    return {"$content-type": content_type, "$content": base64.b64encode(data).decode("ascii")}


def decode_text(data: bytes, charset: str) -> str:
    """Text of the bytes without a leading byte order mark (reference 8.4); unreadable bytes become U+FFFD."""
    try:
        text = data.decode(charset, errors="replace")
    except (LookupError, ValueError):
        # No such charset, or one of Python's codecs that is none.
        text = data.decode("utf-8", errors="replace")
    return text.removeprefix("\ufeff")


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes with their media type: what a field of this type receives and returns."""

    content_type: str
    data: bytes

    @classmethod
    def of(cls, value: Json, dumps: Callable[[Json], str] = compact) -> Content:
        """The bytes a WDL value stands for: text as UTF-8, an envelope's own bytes, other JSON compactly."""
        if isinstance(value, Content):
            return value
        if isinstance(value, str):
            return cls("text/plain; charset=utf-8", value.encode("utf-8", errors="surrogatepass"))
        if is_envelope(value) and isinstance(value.get("$content"), str):
            try:
                data = base64.b64decode(value["$content"], validate=True)
            except binascii.Error as error:
                raise ValueError("the envelope's $content is not valid base64") from error
            return cls(str(value["$content-type"]), data)
        return cls("application/json; charset=utf-8", dumps(value).encode())

    def value(self) -> Json:
        """The WDL value for these bytes: JSON parsed, text as a string, everything else an envelope.

        Raises ValueError when the type says JSON and the bytes are not.
        """
        media = MediaType.parse(self.content_type)
        if media.is_json:
            return json.loads(decode_text(self.data, media.charset))
        if media.is_text:
            return decode_text(self.data, media.charset)
        return envelope(self.content_type, self.data)
