"""Bodies: from WDL values to bytes and back (reference 8.4)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl

from connectors.sdk import ConnectorError, Content, Json, MediaType, decode_text, envelope, text_of


def outgoing(body: Json, content_type: str | None, dumps: Callable[[Json], str]) -> Content | None:
    """The bytes to send and their Content-Type; `content_type` is what the author's header says.

    None where there is nothing to send. An envelope's own type gives way to the author's header.
    """
    if body is None:
        return None
    try:
        if isinstance(body, dict) and "$multipart" in body and "$content" not in body:
            return _multipart(body, content_type, dumps)
        content = Content.of(body, dumps)
    except (ValueError, TypeError) as error:
        raise ConnectorError(f"The body could not be sent: {error}.", code="BadRequest") from error
    if content_type is None:
        return content
    if isinstance(body, str):
        charset = MediaType.parse(content_type).charset
        return Content(content_type, _encode(body, charset))
    return Content(content_type, content.data)


def _encode(text: str, charset: str) -> bytes:
    try:
        return text.encode(charset)
    except (LookupError, ValueError):
        return text.encode("utf-8", errors="surrogatepass")


def _multipart(body: dict[str, Json], content_type: str | None, dumps: Callable[[Json], str]) -> Content:
    parts = body["$multipart"]
    if not isinstance(parts, list):
        raise ValueError("$multipart must be a list of parts")
    declared = content_type or str(body.get("$content-type") or "multipart/form-data")
    boundary = MediaType.parse(declared).parameters.get("boundary")
    if boundary is None:
        boundary = secrets.token_hex(16)
        declared = f'{declared}; boundary="{boundary}"'
    written = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), _part(part, dumps)) for part in parts)
    return Content(declared, written + b"--%b--\r\n" % boundary.encode())


def _part(part: Json, dumps: Callable[[Json], str]) -> bytes:
    if not isinstance(part, dict):
        raise ValueError("each part must be an object with body and headers")
    given = part.get("headers")
    headers = {name: text_of(value) for name, value in given.items()} if isinstance(given, dict) else {}
    body = part.get("body")
    content = Content.of("" if body is None else body, dumps)
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content.content_type
    for name, value in headers.items():
        if "\r" in value or "\n" in value or "\r" in name or "\n" in name:
            raise ValueError(f"the header {name!r} of a part holds a line break")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return lines.encode() + b"\r\n" + content.data


def incoming(data: bytes, content_type: str | None, loads: Callable[[str], Json]) -> Json:
    """The WDL value of a received body that is not empty.

    ConnectorError with code BadRequest when the type says JSON and the bytes are not (reference 6.2).
    """
    if not content_type:
        return decode_text(data, "utf-8")
    media = MediaType.parse(content_type)
    if media.is_json:
        return _json(decode_text(data, media.charset), loads)
    if media.is_text:
        return decode_text(data, media.charset)
    if media.name == "application/x-www-form-urlencoded":
        pairs = _form_fields(data, media.charset)
        return {**envelope(content_type, data), "$formdata": [{"key": k, "value": v} for k, v in pairs]}
    if media.is_multipart and media.parameters.get("boundary"):
        return {**envelope(content_type, data), "$multipart": _parts(data, media.parameters["boundary"])}
    return envelope(content_type, data)


def _form_fields(data: bytes, charset: str) -> list[tuple[str, str]]:
    text = data.decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors="replace")
    except (LookupError, ValueError):
        return parse_qsl(text, keep_blank_values=True, errors="replace")


def _json(text: str, loads: Callable[[str], Json]) -> Json:
    try:
        return loads(text)
    except (json.JSONDecodeError, ValueError, RecursionError) as error:
        raise ConnectorError(
            f"Http request failed: the content was not a valid JSON. Error while parsing JSON: '{error}'",
            code="BadRequest",
        ) from error


def _parts(data: bytes, boundary: str) -> list[Json]:
    mark = b"--" + boundary.encode("latin-1", errors="replace")
    found: list[Json] = []
    for piece in (b"\r\n" + data).split(b"\r\n" + mark)[1:]:
        if piece.startswith(b"--"):
            break
        head, separator, body = piece.partition(b"\r\n\r\n")
        if not separator:
            head, body = b"", piece.removeprefix(b"\r\n")
        headers: dict[str, str] = {}
        for line in head.decode("utf-8", errors="replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip()] = value.strip()
        kind = next(
            (v for k, v in headers.items() if k.lower() == "content-type"), "application/octet-stream"
        )
        headers["Content-Length"] = str(len(body))
        media = MediaType.parse(kind)
        content: Json = decode_text(body, media.charset) if media.is_text else envelope(kind, body)
        found.append({"headers": headers, "body": content})
    return found


def decode_base64(text: str, what: str) -> bytes:
    """Bytes of base64 text; a sentence where it is not."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ConnectorError(f"{what} is not valid base64.", code="BadRequest") from error
