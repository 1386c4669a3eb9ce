"""Chunked transfer (reference 8.6): large bodies in parts, up and down.

A body that fits into one chunk is sent as ever, because a server that knows nothing of this gets an empty
first request otherwise. A download is asked for in ranges from the start; a server that does not know ranges
answers with the whole.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urljoin

from connectors.builtin.http.pages import for_anybody, origin
from connectors.sdk import Chunking, ConnectorError, HttpAnswer, HttpRequest

REQUESTS = 1_000
CHUNK = 52_428_800
_RANGE = re.compile(r"bytes\s+(\d+)-(\d+)/(\d+|\*)", re.IGNORECASE)
_RECEIVED = re.compile(r"bytes\s*[=\s]\s*\d+-(\d+)", re.IGNORECASE)
_OF_THE_WHOLE = frozenset(("content-type", "content-encoding", "content-disposition"))
# One key for all parts would make them look like repetitions of the first.
_OF_THE_FIRST = frozenset(("idempotency-key",))

Send = Callable[[HttpRequest], Awaitable[HttpAnswer]]
"""Sends one request with the time that is left."""


def goes_in_chunks(request: HttpRequest, chunking: Chunking) -> bool:
    """Whether the request is one of those that are divided."""
    if request.method == "GET":
        return request.body is None and not any(name.lower() == "range" for name, _ in request.headers)
    return request.method in ("POST", "PUT") and len(request.body or b"") > _size(chunking.upload)


async def transfer(send: Send, request: HttpRequest, chunking: Chunking) -> HttpAnswer:
    """The one answer that stands for all of them: the first that failed, else the last."""
    if request.method == "GET":
        return await _download(send, request, _size(chunking.download))
    return await _upload(send, request, _size(chunking.upload))


def _size(wanted: int | None) -> int:
    return min(wanted or CHUNK, CHUNK)


async def _download(send: Send, request: HttpRequest, size: int) -> HttpAnswer:
    parts: list[bytes] = []
    position = 0
    first: HttpAnswer | None = None
    for _ in range(REQUESTS):
        ranged = (*request.headers, ("Range", f"bytes={position}-{position + size - 1}"))
        answer = await send(replace(request, headers=ranged))
        if answer.status != 206:
            return _instead_of_part(answer, position)
        begin, end, total = _content_range(answer)
        if begin != position or end < begin or len(answer.body) != end - begin + 1:
            raise _confused("the server sent another part than the one asked for")
        if _version(answer) != _version(first or answer):
            raise _confused("the content changed between two parts")
        first = first or answer
        parts.append(answer.body)
        position = end + 1
        if position > request.max_bytes or (total or 0) > request.max_bytes:
            raise ConnectorError(
                f"The response is larger than {request.max_bytes:,} bytes.", code="ContentTooLarge"
            )
        if position == total or (total is None and len(answer.body) < size):
            return _whole(first, b"".join(parts))
    raise _too_many()


def _instead_of_part(answer: HttpAnswer, position: int) -> HttpAnswer:
    """What is no part is the answer; in the middle, only a failure can be."""
    if position and 200 <= answer.status < 300:
        raise _confused(f"the server answered {answer.status} to a request for a part")
    return answer


def _whole(first: HttpAnswer, body: bytes) -> HttpAnswer:
    headers = tuple(
        pair for pair in first.headers if pair[0].lower() not in ("content-range", "content-length")
    )
    return HttpAnswer(200, (*headers, ("Content-Length", str(len(body)))), body)


def _content_range(answer: HttpAnswer) -> tuple[int, int, int | None]:
    found = _RANGE.match((answer.header("Content-Range") or "").strip())
    if found is None:
        raise _confused("the server answered 206 without a Content-Range")
    return int(found[1]), int(found[2]), None if found[3] == "*" else int(found[3])


def _version(answer: HttpAnswer) -> tuple[str | None, str | None]:
    return answer.header("ETag"), answer.header("Last-Modified")


async def _upload(send: Send, request: HttpRequest, size: int) -> HttpAnswer:
    body = request.body or b""
    kept = tuple(pair for pair in request.headers if pair[0].lower() not in _OF_THE_WHOLE)
    announced = (*kept, ("x-ms-transfer-mode", "chunked"), ("x-ms-content-length", str(len(body))))
    answer = await send(replace(request, headers=announced, body=None))
    if not 200 <= answer.status < 300:
        return answer
    location = answer.header("Location")
    if not location:
        raise _confused("the server named no Location for the parts, so it does not take chunks")
    target = _part_request(request, kept, urljoin(request.url, location))
    position = 0
    for _ in range(REQUESTS - 1):
        size = _suggested(answer, size)
        end = min(position + size, len(body))
        placed = ("Content-Range", f"bytes={position}-{end - 1}/{len(body)}")
        answer = await send(replace(target, headers=(*target.headers, placed), body=body[position:end]))
        if not 200 <= answer.status < 300:
            return answer
        position = _received(answer, position, end)
        if position >= len(body):
            return answer
    raise _too_many()


def _part_request(request: HttpRequest, kept: tuple[tuple[str, str], ...], url: str) -> HttpRequest:
    """The request all parts share. What only the first server may know stays with it."""
    same = origin(url) == origin(request.url)
    headers = tuple(pair for pair in kept if pair[0].lower() not in _OF_THE_FIRST)
    if not same:
        headers = for_anybody(headers)
    described = tuple(pair for pair in request.headers if pair[0].lower() in _OF_THE_WHOLE)
    certificate = request.certificate if same else None
    return replace(request, method="PATCH", url=url, headers=(*headers, *described), certificate=certificate)


def _suggested(answer: HttpAnswer, size: int) -> int:
    wanted = (answer.header("x-ms-chunk-size") or "").strip()
    return min(int(wanted), CHUNK) if wanted.isdecimal() and len(wanted) < 12 and int(wanted) > 0 else size


def _received(answer: HttpAnswer, position: int, end: int) -> int:
    """Where to go on: after what the server says it has, else after what was sent."""
    found = _RECEIVED.match((answer.header("Range") or "").strip())
    if found is None:
        return end
    known = int(found[1]) + 1
    if not position < known <= end:
        raise _confused("the server says it has received another part than the one sent")
    return known


def _confused(reason: str) -> ConnectorError:
    return ConnectorError(f"The chunked transfer failed: {reason}.", code="BadGateway")


def _too_many() -> ConnectorError:
    return ConnectorError(
        f"The chunked transfer would need more than {REQUESTS:,} requests; choose a larger chunk size.",
        code="BadRequest",
    )
