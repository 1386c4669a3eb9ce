"""Chunked transfer against a real server (reference 8.6)."""

from __future__ import annotations

import base64
import re

import pytest
from aiohttp import web

from connectors.builtin.http import chunks
from connectors.builtin.http.operations import SendRequest, send_request
from connectors.sdk import Chunking, ConnectorError, HttpAnswer
from connectors.sdk.testing import ScriptedNetwork, context

DATA = bytes(range(256)) * 40  # 10,240 bytes


def ranges(data, headers=None, total=None):
    async def answer(request):
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["Range"]).groups())
        part = data[first : last + 1]
        said = f"bytes {first}-{first + len(part) - 1}/{len(data) if total is None else total}"
        kind = {"Content-Range": said, "Content-Type": "application/octet-stream", **(headers or {})}
        return web.Response(status=206, body=part, headers=kind)

    return answer


def body_of(answer):
    return base64.b64decode(answer.value["body"]["$content"])


@pytest.mark.parametrize("total", [None, "*"])
async def test_a_download_is_put_together(server, send, total):
    server.answer = ranges(DATA, total=total)
    answer = await send({"uri": server.url, "method": "GET"}, chunking=Chunking(download=4_000))
    assert body_of(answer) == DATA
    assert answer.value["statusCode"] == 200
    assert answer.value["headers"]["Content-Length"] == "10240"
    assert "Content-Range" not in answer.value["headers"]
    asked = [headers["Range"] for _, _, headers, _ in server.seen]
    assert asked == ["bytes=0-3999", "bytes=4000-7999", "bytes=8000-11999"]


async def test_a_server_without_ranges_gives_the_whole(server, send):
    answer = await send({"uri": server.url, "method": "GET"}, chunking=Chunking())
    assert answer.value["body"] == {"hello": "world"}
    assert server.seen[0][2]["Range"] == "bytes=0-52428799"


async def test_without_the_setting_and_with_a_range_of_ones_own_nothing_is_divided(server, send):
    await send({"uri": server.url, "method": "GET"})
    await send({"uri": server.url, "method": "GET", "headers": {"Range": "bytes=0-1"}}, chunking=Chunking())
    assert [headers.get("Range") for _, _, headers, _ in server.seen] == [None, "bytes=0-1"]


def uploads(taken=None, chunk=None, location="/parts/1", fail_at=None):
    async def answer(request):
        if request.method != "PATCH":
            headers = {"Location": location} if location else {}
            return web.Response(headers={**headers, **({"x-ms-chunk-size": str(chunk)} if chunk else {})})
        first, last, whole = map(
            int, re.fullmatch(r"bytes=(\d+)-(\d+)/(\d+)", request.headers["Content-Range"]).groups()
        )
        if fail_at is not None and first >= fail_at:
            return web.Response(status=503, headers={"Retry-After": "7"})
        last = min(last, first + taken - 1) if taken else last
        done = last + 1 == whole
        return web.json_response({"done": done}, headers={"Range": f"bytes=0-{last}"})

    return answer


async def test_an_upload_goes_in_parts(server, send):
    server.answer = uploads()
    content = {"$content-type": "application/pdf", "$content": "QUJD" * 1000}
    answer = await send(
        {"uri": server.url + "/up?x=1", "method": "POST", "body": content, "headers": {"X-A": "1"}},
        chunking=Chunking(upload=1_300),
        key="k1",
    )
    assert answer.value["body"] == {"done": True}
    (method, path, headers, body), *parts = server.seen
    assert (method, path, body) == ("POST", "/up?x=1", b"")
    assert (headers["x-ms-transfer-mode"], headers["x-ms-content-length"], headers["X-A"]) == (
        "chunked",
        "3000",
        "1",
    )
    assert "Content-Type" not in headers
    assert [(part[0], part[1], part[2]["Content-Range"]) for part in parts] == [
        ("PATCH", "/parts/1", "bytes=0-1299/3000"),
        ("PATCH", "/parts/1", "bytes=1300-2599/3000"),
        ("PATCH", "/parts/1", "bytes=2600-2999/3000"),
    ]
    assert {part[2]["Content-Type"] for part in parts} == {"application/pdf"}
    assert "Idempotency-Key" in headers
    assert not any("Idempotency-Key" in part[2] for part in parts)
    assert b"".join(part[3] for part in parts) == b"ABC" * 1000


async def test_the_server_chooses_the_size_and_where_to_go_on(server, send):
    server.answer = uploads(chunk=1_000, taken=600)
    await send({"uri": server.url, "method": "PUT", "body": "x" * 2_000}, chunking=Chunking(upload=1_500))
    said = [headers["Content-Range"] for _, _, headers, _ in server.seen[1:]]
    assert said == ["bytes=0-999/2000", "bytes=600-1599/2000", "bytes=1200-1999/2000", "bytes=1800-1999/2000"]


async def test_a_body_that_fits_into_one_chunk_is_sent_as_ever(server, send):
    await send({"uri": server.url, "method": "POST", "body": "small"}, chunking=Chunking())
    assert [(method, body) for method, _, _, body in server.seen] == [("POST", b"small")]


async def test_a_part_that_fails_is_the_answer(server, send):
    server.answer = uploads(fail_at=1_000)
    answer = await send(
        {"uri": server.url, "method": "POST", "body": "x" * 2_000}, chunking=Chunking(upload=500)
    )
    assert (answer.failed, answer.code, answer.retryable, answer.retry_after) == (
        True,
        "ServiceUnavailable",
        True,
        7,
    )

    async def gone(_):
        return web.Response(status=404)

    server.answer = gone
    answer = await send({"uri": server.url, "method": "GET"}, chunking=Chunking())
    assert (answer.failed, answer.code) == (True, "NotFound")


async def perform(answers, chunking, **inputs):
    waiting = iter(answers)
    network = ScriptedNetwork(lambda request: next(waiting))
    request = SendRequest.parse({"uri": "https://x.example/a", **inputs})
    return await send_request(context(network=network, chunking=chunking), request), network.requests


def part(body, said, *more):
    return HttpAnswer(206, (("Content-Range", said), *more), body)


@pytest.mark.parametrize(
    "answers,sentence",
    [
        ([part(b"ab", "bytes 1-2/9")], "another part"),
        ([part(b"abc", "bytes 0-1/9")], "another part"),
        ([HttpAnswer(206, (), b"ab")], "without a Content-Range"),
        ([part(b"ab", "bytes 0-1/4", ("ETag", "1")), part(b"cd", "bytes 2-3/4", ("ETag", "2"))], "changed"),
        ([part(b"ab", "bytes 0-1/4"), HttpAnswer(200, (), b"abcd")], "answered 200"),
        ([part(b"ab", "bytes 0-1/999999999999")], "larger than 104,857,600 bytes"),
    ],
)
async def test_servers_that_say_strange_things(answers, sentence):
    with pytest.raises(ConnectorError, match=sentence):
        await perform(answers, Chunking(download=2), method="GET")


async def test_an_upload_needs_a_location_and_an_honest_range():
    with pytest.raises(ConnectorError, match="does not take chunks"):
        await perform([HttpAnswer(200)], Chunking(upload=2), method="POST", body="abcd")
    first = HttpAnswer(200, (("Location", "/p"),))
    with pytest.raises(ConnectorError, match="another part"):
        await perform(
            [first, HttpAnswer(200, (("Range", "bytes=0-9"),))],
            Chunking(upload=2),
            method="POST",
            body="abcd",
        )


async def test_the_number_of_requests_is_bounded(monkeypatch):
    monkeypatch.setattr(chunks, "REQUESTS", 3)
    with pytest.raises(ConnectorError, match="more than 3 requests"):
        await perform([part(b"a", f"bytes {i}-{i}/9") for i in range(9)], Chunking(download=1), method="GET")


async def test_credentials_stay_with_the_first_server():
    answers = [HttpAnswer(200, (("Location", "https://other.example/p"),)), HttpAnswer(200), HttpAnswer(200)]
    authentication = {"type": "Basic", "username": "u", "password": "p"}
    _, requests = await perform(
        answers, Chunking(upload=3), method="POST", body="abcd", authentication=authentication
    )
    assert "Authorization" in dict(requests[0].headers)
    assert "Authorization" not in dict(requests[1].headers)


async def test_keys_in_headers_of_any_name_stay_with_the_first_server():
    answers = [HttpAnswer(200, (("Location", "https://other.example/p"),)), HttpAnswer(200), HttpAnswer(200)]
    _, requests = await perform(
        answers, Chunking(upload=3), method="POST", body="abcd", headers={"X-Api-Key": "k"}
    )
    assert "X-Api-Key" in dict(requests[0].headers)
    assert "X-Api-Key" not in dict(requests[1].headers)
