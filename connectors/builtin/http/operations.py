"""Sending an HTTP request, as the WDL `Http` action does (reference 6.2)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from connectors.builtin.http.authentication import authenticate
from connectors.builtin.http.bodies import incoming, outgoing
from connectors.builtin.http.chunks import goes_in_chunks, transfer
from connectors.builtin.http.names import may_be_sent, received, status_code_name
from connectors.builtin.http.pages import Pages
from connectors.sdk import (
    Answer,
    ConnectorError,
    Content,
    Context,
    Field,
    Form,
    HttpAnswer,
    HttpRequest,
    Json,
    action,
    text_of,
)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
REQUEST_TIMEOUT = 120.0  # reference 13: outbound request, synchronous
URL_LENGTH = 16_384
RESPONSE_LIMIT = 104_857_600
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


class SendRequest(Form):
    """An HTTP request."""

    method: str = Field(
        "GET",
        title="Method",
        important=True,
        editor="combobox",
        editor_options={"options": [{"value": name, "displayName": name} for name in METHODS]},
    )
    uri: str = Field(
        title="URI",
        important=True,
        description="The full address, with https:// or http://.",
        example="https://example.com/orders/42",
    )
    headers: dict[str, Any] = Field({}, title="Headers", editor="dictionary", important=True)
    queries: dict[str, Any] = Field(
        {},
        title="Queries",
        editor="dictionary",
        important=True,
        description="Replace the query string of the URI.",
    )
    body: Any = Field(
        None,
        title="Body",
        important=True,
        description="Text and bytes go out as they are, everything else as JSON.",
    )
    cookie: str | None = Field(None, title="Cookie", description="The Cookie header.", advanced=True)
    authentication: Any = Field(
        None,
        title="Authentication",
        editor="authentication",
        advanced=True,
        description="Basic, client certificate, OAuth, managed identity or raw.",
    )


class HttpResponse(Form):
    """What the server answered."""

    status_code: int = Field(title="Status code")
    headers: dict[str, str] = Field({}, title="Headers")
    body: Any = Field(None, title="Body")


@action(
    "Send an HTTP request",
    inputs=SendRequest,
    outputs=HttpResponse,
    effect="write",
    whole_outputs=True,
    category="HTTP",
    keywords=("http", "rest", "api", "request", "get", "post", "call", "url", "webhook"),
    needs_connection=False,
)
async def send_request(context: Context[None], request: SendRequest) -> Answer:
    """Calls an address and gives its status, headers and body. Every status of 2xx counts as success."""
    method = request.method.strip().upper()
    if not method.isalpha():
        raise ConnectorError(f"'{request.method}' is not an HTTP method.", code="BadRequest")
    url = build_url(request.uri, request.queries)
    credentials = await authenticate(request.authentication, context)
    content = outgoing(request.body, _given(request.headers, "content-type"), context.dumps)
    headers = _headers(context, request, method, content)
    if credentials.authorization:
        headers = [pair for pair in headers if pair[0].lower() != "authorization"]
        headers.append(("Authorization", credentials.authorization))
    for name, value in headers:
        if any(mark in name + value for mark in "\r\n\0"):
            raise ConnectorError(
                f"The header '{name}' holds a line break, which is not allowed.", code="BadRequest"
            )
    sent = HttpRequest(
        method,
        url,
        tuple(headers),
        content.data if content is not None else None,
        timeout=_timeout(context),
        max_bytes=RESPONSE_LIMIT,
        decompress="disableautomaticdecompression" not in context.options,
        certificate=credentials.certificate,
    )
    answer = await _exchange(context, sent)
    if answer.status == 401:
        credentials.rejected()
    first = await _answer(context, answer)
    return await _with_next_pages(context, sent, first, len(answer.body)) if context.minimum_items else first


async def _exchange(context: Context[None], request: HttpRequest) -> HttpAnswer:
    """One request and its answer, in parts where the author allows it and it has to be."""

    async def send(part: HttpRequest) -> HttpAnswer:
        return await context.network.send(replace(part, timeout=_timeout(context)))

    if context.chunking is not None and goes_in_chunks(request, context.chunking):
        return await transfer(send, request, context.chunking)
    return await send(request)


def _timeout(context: Context[None]) -> float:
    return context.remaining(context.request_timeout or REQUEST_TIMEOUT)


async def _with_next_pages(context: Context[None], sent: HttpRequest, first: Answer, size: int) -> Answer:
    """Follow next links until enough items are together; a page that fails is the answer.

    All pages together may have no more bytes than one: `size` is how many the first had.
    """
    pages = Pages(sent, first.value, context.minimum_items or 0)
    left = RESPONSE_LIMIT - size
    while not first.failed and (request := pages.next_request()) is not None:
        request = replace(request, timeout=_timeout(context), max_bytes=max(left, 0))
        answer = await context.network.send(request)
        left -= len(answer.body)
        page = await _answer(context, answer)
        if page.failed:
            return page
        pages.add(page.value)
    return replace(first, value=pages.outputs())


def build_url(uri: str, queries: dict[str, Any]) -> str:
    """The address to call: absolute, percent-encoded, with `queries` in place of its query string."""
    text = uri.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConnectorError(f"The URI '{text[:200]}' is not valid: {error}.", code="BadRequest") from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        shown = text[:200] or "(empty)"
        raise ConnectorError(
            f"The URI '{shown}' is not a full address: begin it with https:// or http:// and a host.",
            code="BadRequest",
        )
    query = quote(parts.query, safe=_URL_SAFE)
    if queries:
        pairs = ((quote(name, safe=""), quote(text_of(value), safe="")) for name, value in queries.items())
        query = "&".join(f"{name}={value}" for name, value in pairs)
    netloc = parts.netloc.rpartition("@")[2]
    if not netloc.isascii():
        try:
            netloc = netloc.encode("idna").decode()
        except UnicodeError as error:
            raise ConnectorError(f"The host of '{text[:200]}' is not valid.", code="BadRequest") from error
    url = urlunsplit((parts.scheme.lower(), netloc, quote(parts.path or "/", safe=_URL_SAFE), query, ""))
    if len(url) > URL_LENGTH:
        raise ConnectorError(f"The URI is longer than {URL_LENGTH} characters.", code="BadRequest")
    return url


def _given(headers: dict[str, Any], name: str) -> str | None:
    return next((text_of(value) for key, value in headers.items() if key.lower() == name and value), None)


def _headers(
    context: Context[None], request: SendRequest, method: str, content: Content | None
) -> list[tuple[str, str]]:
    """The author's headers that may go out, then ours where the author said nothing (reference 6.2)."""
    written = [
        (name, text_of(v)) for name, v in request.headers.items() if may_be_sent(name) and v is not None
    ]
    # A header set to "" or null is one the author refuses; it is not sent, and not filled in either.
    refused = {name.lower() for name, value in request.headers.items() if value is None or value == ""}
    headers = [(name, value) for name, value in written if name.lower() not in refused]
    if content is not None:
        headers = [pair for pair in headers if pair[0].lower() != "content-type"]
        headers.append(("Content-Type", content.content_type))
    if request.cookie:
        headers.append(("Cookie", request.cookie))
    taken = refused | {name.lower() for name, _ in headers}
    return headers + [pair for pair in _own_headers(context, method) if pair[0].lower() not in taken]


def _own_headers(context: Context[None], method: str) -> list[tuple[str, str]]:
    caller = context.caller
    about = f"workflow {caller.workflow_id}; version {caller.workflow_version}".encode(
        "ascii", "replace"
    ).decode()
    headers = [("Accept-Language", "en"), ("User-Agent", f"Millrace/1.0 ({about})")]
    if method in ("POST", "PATCH") and context.key:
        headers.append(("Idempotency-Key", context.key))
    if "suppressworkflowheaders" in context.options:
        return headers
    values = {
        "x-ms-workflow-id": caller.workflow_id,
        "x-ms-workflow-version": caller.workflow_version,
        "x-ms-workflow-name": caller.workflow_name,
        "x-ms-workflow-run-id": caller.run_id,
        "x-ms-workflow-run-tracking-id": caller.run_id,
        "x-ms-workflow-operation-name": caller.action,
        "x-ms-client-tracking-id": caller.client_tracking_id,
        "x-ms-correlation-id": caller.client_tracking_id,
        "x-ms-action-tracking-id": context.key,
        "x-ms-tracking-id": context.key,
        "x-ms-client-request-id": str(uuid.uuid4()),
    }
    # Names may hold any letter; a header may not, so they are percent-encoded as URLs are.
    return headers + [(name, quote(value, safe=_URL_SAFE + " ")) for name, value in values.items() if value]


async def _answer(context: Context[None], answer: HttpAnswer) -> Answer:
    headers = received(answer.headers)
    encoded = answer.header("Content-Encoding")
    decompressed = "disableautomaticdecompression" not in context.options
    if encoded and decompressed and encoded.lower() in ("gzip", "deflate"):
        headers.pop("Content-Encoding", None)
    if answer.body or "Content-Length" in headers:
        headers["Content-Length"] = str(len(answer.body))
    outputs: dict[str, Json] = {"statusCode": answer.status, "headers": headers}
    failed = not 200 <= answer.status < 300
    if answer.body:
        content_type = answer.header("Content-Type")
        # Several pages are put together, so each has to be read.
        kept = None if context.minimum_items else await context.kept(answer.body, content_type)
        outputs["body"] = incoming(answer.body, content_type, context.loads) if kept is None else kept
    return Answer(
        outputs,
        code=status_code_name(answer.status),
        failed=failed,
        # Reference 8.1: 408, 429 and 5xx are worth another try.
        retryable=failed and (answer.status in (408, 429) or answer.status >= 500),
        retry_after=retry_after(answer.header("Retry-After")),
    )


def retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment - moment.now(moment.tzinfo)).total_seconds())
