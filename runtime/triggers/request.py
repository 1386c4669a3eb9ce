"""A call that reaches a Request trigger: which calls it accepts, its outputs, and the bytes of the answer.

Pure: the web application, `millrace run` and tests read reference 5.5, 6.8 and 8.4 through this one module.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from connectors.sdk.content import Content, MediaType, decode_text, envelope
from runtime.engine.schema import TooMuchWork, unsupported, validate
from runtime.language.definition import Trigger
from runtime.language.values import Json, dumps, stringify
from runtime.store.streams import Way

# Reference 5.5: what belongs to the address itself, not to the caller's question.
_OWN_QUERIES = {"api-version", "sp", "sv", "sig", "se"}
# Reference 6.8: stripped from what a Response sends, and with them what belongs to the connection.
_STRIPPED = {
    "allow", "cookie", "set-cookie", "expires", "last-modified", "transfer-encoding", "connection",
    "keep-alive", "upgrade",
}  # fmt: skip
_KEPT_CONTENT = {"content-type", "content-disposition", "content-encoding"}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Request:
    """`relative_path` is as sent, percent-encoded, without the leading slash; `query` without the `?`."""

    method: str
    relative_path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    # The value of a body that was read on its way in; `body` is empty then.
    value: Json = None

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for known, value in self.headers if known.lower() == wanted), None)


class Refused(Exception):
    """The trigger does not accept this call; no run starts."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


ReadJson = Callable[[bytes], Json]


def admit(trigger: Trigger, request: Request, read_json: ReadJson | None = None) -> Json:
    """The trigger's outputs for this call. Raises Refused: method, path, body, schema, in that order.

    `read_json` reads a JSON body in place of the ordinary way, e.g. without taking it apart; it raises
    ValueError. It is not used where a schema has to look inside.
    """
    parameters = check_address(trigger, request.method, request.relative_path)
    outputs: dict[str, Json] = {}
    headers = _headers(trigger, request)
    if headers:
        outputs["headers"] = headers
    queries = _queries(request.query)
    if queries:
        outputs["queries"] = queries
    if parameters:
        outputs["relativePathParameters"] = parameters
    content_type = request.header("content-type")
    if request.value is not None:
        outputs["body"] = request.value
    elif request.body or content_type:
        outputs["body"] = read_body(content_type, request.body, None if _schema(trigger) else read_json)
    _check_schema(trigger, outputs)
    return outputs


def check_address(trigger: Trigger, method: str, relative_path: str) -> dict[str, str]:
    """The relative path's parameters. Needs no body, so a wrong address is refused before one is read."""
    inputs = trigger.inputs if isinstance(trigger.inputs, dict) else {}
    wanted = inputs.get("method")
    if isinstance(wanted, str) and wanted and wanted.upper() != method.upper():
        raise Refused(
            405,
            "TriggerRequestMethodNotValid",
            f"The trigger '{trigger.name}' accepts {wanted.upper()} requests, not {method}.",
        )
    template = inputs.get("relativePath")
    return _match(trigger.name, template if isinstance(template, str) else "", relative_path)


def _match(name: str, template: str, path: str) -> dict[str, str]:
    wanted = [part for part in template.strip("/").split("/") if part]
    given = [part for part in path.strip("/").split("/") if part]
    parameters: dict[str, str] = {}
    fits = len(wanted) == len(given)
    for pattern, segment in zip(wanted, given, strict=False):
        if pattern.startswith("{") and pattern.endswith("}"):
            parameters[pattern[1:-1]] = unquote(segment)
        else:
            fits = fits and unquote(pattern) == unquote(segment)
    if not fits:
        shown = f"'/{'/'.join(wanted)}'" if wanted else "nothing"
        raise Refused(
            404,
            "TriggerRelativePathNotValid",
            f"The trigger '{name}' expects {shown} after its address, not '/{'/'.join(given)}'.",
        )
    return parameters


def _headers(trigger: Trigger, request: Request) -> dict[str, str]:
    hidden = (
        set() if "includeauthorizationheadersinoutputs" in trigger.operation_options else {"authorization"}
    )
    found: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower in hidden:
            continue
        if lower in spelled:
            found[spelled[lower]] += f",{value}"
        else:
            spelled[lower] = name
            found[name] = value
    return found


def _queries(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() not in _OWN_QUERIES:
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


def read_body(content_type: str | None, body: bytes, read_json: ReadJson | None = None) -> Json:
    """The WDL value of a request body (reference 8.4). Refused 400 when it says JSON and is not."""
    if content_type is None:
        return decode_text(body, "utf-8")
    media = MediaType.parse(content_type)
    if media.name == "application/x-www-form-urlencoded":
        return {**envelope(content_type, body), "$formdata": _form(body, media.charset)}
    if media.is_multipart:
        return {**envelope(content_type, body), "$multipart": _parts(content_type, body)}
    if media.is_json and not body:
        return None
    try:
        if read_json is not None and media.is_json and media.charset.lower() == "utf-8":
            return read_json(body.removeprefix(codecs.BOM_UTF8))
        return Content(content_type, body).value()
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(
            400, "InvalidRequestContent", f"The request body is not valid JSON: {reason}."
        ) from error


def way_of(trigger: Trigger | None, content_type: str | None) -> Way | None:
    """How a big body can become a value without being held; None where it has to be looked into."""
    if trigger is not None and _schema(trigger):
        return None
    media = MediaType.parse(content_type) if content_type is not None else MediaType("text/plain", {})
    if media.name == "application/x-www-form-urlencoded" or media.is_multipart:
        return None
    if not (media.is_json or media.is_text):
        return "bytes"
    if media.charset.lower() not in ("utf-8", "utf8"):
        return None
    return "json" if media.is_json else "text"


def _form(body: bytes, charset: str) -> list[Json]:
    pairs = [part.partition("=") for part in decode_text(body, charset).split("&") if part]
    return [{"key": unquote_plus(name), "value": unquote_plus(value)} for name, _, value in pairs]


def _parts(content_type: str, body: bytes) -> list[Json]:
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if not message.is_multipart():
        raise Refused(400, "InvalidRequestContent", "The multipart body does not match its boundary.")
    parts: list[Json] = []
    for part in message.iter_parts():
        data = part.get_payload(decode=True)
        raw = data if isinstance(data, bytes) else b""
        headers: dict[str, Json] = {name: str(value) for name, value in part.items()}
        headers["Content-Length"] = str(len(raw))
        kind = str(part["Content-Type"] or "application/octet-stream")
        text = MediaType.parse(kind).is_text
        value = decode_text(raw, MediaType.parse(kind).charset) if text else envelope(kind, raw)
        parts.append({"headers": headers, "body": value})
    return parts


def _schema(trigger: Trigger) -> dict[str, Json] | None:
    """The schema that a body is held against, where the trigger asks for it."""
    schema = trigger.inputs.get("schema") if isinstance(trigger.inputs, dict) else None
    asked = "enableschemavalidation" in trigger.operation_options
    return schema if asked and isinstance(schema, dict) and schema else None


def _check_schema(trigger: Trigger, outputs: Mapping[str, Json]) -> None:
    schema = _schema(trigger)
    if schema is None:
        return
    refused = unsupported(schema)
    if refused:
        sentence = f"The schema of the trigger '{trigger.name}' uses '{refused}', which cannot be checked."
        raise Refused(400, "TriggerInputSchemaMismatch", sentence)
    try:
        found = validate(outputs.get("body"), schema)
    except TooMuchWork as error:
        sentence = f"The schema of the trigger '{trigger.name}' cannot be applied. {error}"
        raise Refused(400, "TriggerInputSchemaMismatch", sentence) from None
    if found:
        place = f" at '{found[0]['path']}'" if found[0].get("path") else ""
        raise Refused(
            400,
            "TriggerInputSchemaMismatch",
            f"The request body does not match the schema of '{trigger.name}'{place}: {found[0]['message']}",
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | bytearray


def answer_of(status: int, headers: Mapping[str, Any], body: Json, *, has_body: bool = True) -> Answer:
    """The bytes of a Response action (reference 6.8): text, compact JSON, or an envelope's own bytes."""
    sent = _sendable(headers)
    if not has_body or body is None:
        return Answer(status, sent, b"")
    content = _multipart(body) or Content.of(body, dumps)
    if not any(name.lower() == "content-type" for name, _ in sent):
        sent.append(("Content-Type", content.content_type))
    return Answer(status, sent, content.data)


def _sendable(headers: Mapping[str, Any]) -> list[tuple[str, str]]:
    sent: list[tuple[str, str]] = []
    for name, value in headers.items():
        lower = name.lower()
        own_content = lower.startswith("content-") and lower not in _KEPT_CONTENT
        if own_content or lower in _STRIPPED or not _HEADER_NAME.fullmatch(name):
            continue
        text = re.sub(r"[\r\n\x00]+", " ", stringify(value))  # a line break would start a header of its own
        sent.append((name, text.encode("utf-8", "replace").decode("latin-1")))
    return sent


def _multipart(body: Json) -> Content | None:
    if not (isinstance(body, dict) and isinstance(body.get("$multipart"), list) and "$content" not in body):
        return None
    boundary = "millrace-" + hashlib.sha256(dumps(body).encode()).hexdigest()[:24]
    lines: list[bytes] = []
    for part in body["$multipart"]:
        inner = part if isinstance(part, dict) else {"body": part}
        content = Content.of(inner.get("body"), dumps)
        headers = {"Content-Type": content.content_type, **(inner.get("headers") or {})}
        lines.append(f"--{boundary}\r\n".encode())
        lines += [f"{name}: {stringify(value)}\r\n".encode() for name, value in headers.items()]
        lines += [b"\r\n", content.data, b"\r\n"]
    lines.append(f"--{boundary}--\r\n".encode())
    kind = str(body.get("$content-type") or "multipart/form-data").split(";")[0]
    return Content(f"{kind}; boundary={boundary}", b"".join(lines))
