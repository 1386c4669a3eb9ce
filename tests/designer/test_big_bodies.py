"""100 MB in a call: streamed to the store, never twice in memory. Measured on a server of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.designer.started import Server, end_of, publish, signed_in

SIZE = 100 * 1024 * 1024 - 1000
BLOCK = os.urandom(3 << 18).hex().encode()[: 1 << 20]


def memory(server: Server) -> tuple[float, float]:
    """Megabytes resident now, and at most so far."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    now, most = (int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[index]
    return now, most


def forget_peak(server: Server) -> None:
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")


async def as_json(size: int) -> AsyncIterator[bytes]:
    """`{"n": 7, "text": "…"}` of so many bytes, never whole in this process either."""
    head, tail = b'{"n":7,"text":"', b'"}'
    yield head
    left = size - len(head) - len(tail)
    while left:
        yield BLOCK[: min(left, len(BLOCK))]
        left -= min(left, len(BLOCK))
    yield tail


async def as_bytes(size: int) -> AsyncIterator[bytes]:
    while size:
        yield BLOCK[: min(size, len(BLOCK))]
        size -= min(size, len(BLOCK))


PASS_ON: dict[str, Any] = {"Keep": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}}}


@pytest.mark.parametrize(
    "kind, body", [("application/json", as_json), ("application/octet-stream", as_bytes)]
)
async def test_a_call_of_100_mb(server: Server, kind: str, body: Any, capsys: Any) -> None:
    async with signed_in(server) as browser:
        url = await publish(browser, "Big", {}, PASS_ON)
        async with browser.http.post(url, json={"warm": 1}) as answer:
            assert answer.status == 202
        forget_peak(server)
        before, _ = memory(server)
        async with browser.http.post(url, data=body(SIZE), headers={"Content-Type": kind}) as answer:
            assert answer.status == 202, await answer.text()
            arrival = answer.headers["x-ms-workflow-run-id"]
        assert (await end_of(browser, arrival))["outcome"] == "started"
        run = await browser.until(f"/t/acme/runs/{arrival}", "Succeeded")
        _, most = memory(server)
        with capsys.disabled():
            print(
                f"\n{kind}: {SIZE / 2**20:.0f} MB, the server grew by {most - before:.0f} MB from {before:.0f} MB"
            )
        assert run["status"] == "Succeeded"
        assert most - before < 150
        async with browser.http.post(url, data=body(SIZE + 2000), headers={"Content-Type": kind}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (413, "RequestEntityTooLarge")


async def test_what_is_no_json_is_refused_however_big(server: Server) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for chunk in as_json(5 << 20):
            yield chunk
        yield b"}"

    async with signed_in(server) as browser:
        url = await publish(browser, "Big", {}, PASS_ON)
        headers = {"Content-Type": "application/json"}
        async with browser.http.post(url, data=broken(), headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "InvalidRequestContent")


ECHO = {
    "Answer": {"type": "Response", "kind": "Http", "inputs": {"statusCode": 200, "body": "@triggerBody()"}, "runAfter": {}},
}  # fmt: skip
WORDS = 'Grüße, 世界 🎉 "quoted" \\ and \t a tab. ' * 60_000


@pytest.mark.parametrize(
    "kind,sent,expected",
    [
        ("application/json", json.dumps({"text": WORDS}).encode(), None),
        (
            "application/json",
            b"\xef\xbb\xbf" + json.dumps({"text": WORDS}).encode(),
            json.dumps({"text": WORDS}).encode(),
        ),
        ("text/plain; charset=utf-8", WORDS.encode(), None),
        ("text/plain; charset=utf-8", b"\xff" + WORDS.encode(), ("\ufffd" + WORDS).encode()),
        ("application/octet-stream", bytes(range(256)) * 8_000 + b"x", None),
    ],
    ids=["json", "json with a mark", "text", "broken text", "bytes"],
)
async def test_what_is_streamed_comes_out_as_it_went_in(
    server: Server, kind: str, sent: bytes, expected: bytes | None
) -> None:
    async with signed_in(server) as browser:
        url = await publish(browser, "Echo", {}, ECHO)
        async with browser.http.post(url, data=sent, headers={"Content-Type": kind}) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].split(";")[0] == kind.split(";")[0]
            assert await answer.read() == (sent if expected is None else expected)


async def test_100_mb_out_again(server: Server, capsys: Any) -> None:
    async with signed_in(server) as browser:
        url = await publish(browser, "Echo", {}, ECHO)
        async with browser.http.post(url, json={"warm": 1}) as answer:
            assert answer.status == 200
        forget_peak(server)
        before, _ = memory(server)
        headers = {"Content-Type": "application/json"}
        async with browser.http.post(url, data=as_json(SIZE), headers=headers) as answer:
            assert answer.status == 200
            size = 0
            async for chunk in answer.content.iter_chunked(1 << 20):
                size += len(chunk)
        assert size == SIZE
        _, most = memory(server)
        with capsys.disabled():
            print(f"\n100 MB in and out: the server grew by {most - before:.0f} MB from {before:.0f} MB")
        assert most - before < 250


async def serving(kind: str, size: int) -> tuple[web.AppRunner, str]:
    """A server that answers with so many bytes, and its address."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        async for chunk in (as_json if "json" in kind else as_bytes)(size):
            await response.write(chunk)
        return response

    app = web.Application()
    app.router.add_get("/big", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/big"


async def test_expressions_read_what_was_kept_apart(server: Server) -> None:
    size = 2_000_000
    json_server, json_address = await serving("application/json", size)
    bytes_server, bytes_address = await serving("application/octet-stream", size)
    actions = {
        "Json": {"type": "Http", "inputs": {"method": "GET", "uri": json_address}, "runAfter": {}},
        "Bytes": {"type": "Http", "inputs": {"method": "GET", "uri": bytes_address}, "runAfter": {"Json": ["Succeeded"]}},
        "Answer": {
            "type": "Response", "kind": "Http", "runAfter": {"Bytes": ["Succeeded"]},
            "inputs": {"statusCode": 200, "body": {
                "n": "@body('Json')['n']", "text": "@length(body('Json')['text'])",
                "type": "@body('Bytes')['$content-type']", "bytes": "@length(base64ToString(body('Bytes')['$content']))",
            }},
        },
    }  # fmt: skip
    try:
        async with signed_in(server) as browser:
            url = await publish(browser, "Get", {}, actions)
            async with browser.http.post(url, json={}) as answer:
                assert await answer.json() == {
                    "n": 7, "text": size - len('{"n":7,"text":""}'), "type": "application/octet-stream", "bytes": size,
                }  # fmt: skip
    finally:
        await json_server.cleanup()
        await bytes_server.cleanup()


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream"])
async def test_an_answer_of_100_mb(server: Server, kind: str, capsys: Any) -> None:
    """An HTTP action receives it: in memory once, as it came, and then in the store."""
    runner, address = await serving(kind, SIZE)
    get = {"Get": {"type": "Http", "inputs": {"method": "GET", "uri": address}, "runAfter": {}}}
    after = {
        "Then": {
            "type": "Compose",
            "inputs": "@outputs('Get')?['statusCode']",
            "runAfter": {"Get": ["Succeeded"]},
        }
    }
    try:
        async with signed_in(server) as browser:
            url = await publish(browser, "Get", {}, {**get, **after})
            forget_peak(server)
            before, _ = memory(server)
            async with browser.http.post(url, json={}) as accepted:
                arrival = accepted.headers["x-ms-workflow-run-id"]
            await end_of(browser, arrival)
            for _ in range(20):
                run = await browser.ask("GET", f"/t/acme/runs/{arrival}")
                if run["status"] != "Running":
                    break
                await asyncio.sleep(0.5)
            assert run["status"] == "Succeeded", run
            _, most = memory(server)
            with capsys.disabled():
                print(
                    f"\nan answer of 100 MB, {kind}: the server grew by {most - before:.0f} MB from {before:.0f} MB"
                )
            assert most - before < 250
    finally:
        await runner.cleanup()
