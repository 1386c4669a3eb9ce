from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio
from aiohttp import web

from connectors.builtin.http.operations import SendRequest, send_request
from connectors.egress import Egress
from connectors.sdk import Answer
from connectors.sdk.testing import context


@dataclass
class Server:
    """A real server on a free port; `answer` decides, `seen` keeps (method, raw path, headers, body)."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    url: str = ""
    seen: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.raw_path, request.headers.copy(), await request.read()))
        return await self.answer(request)


async def hello(_: web.Request) -> web.StreamResponse:
    return web.json_response({"hello": "world"})


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    state = Server(hello)
    application = web.Application(client_max_size=200_000_000)
    application.router.add_route("*", "/{tail:.*}", state.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield state
    await runner.cleanup()


@pytest_asyncio.fixture
async def egress() -> AsyncIterator[Egress]:
    network = Egress(allow_private=True)
    yield network
    await network.close()


@pytest_asyncio.fixture
async def send(egress: Egress) -> Callable[..., Awaitable[Answer]]:
    async def call(inputs: dict[str, Any], **members: Any) -> Answer:
        answer: Answer = await send_request(context(network=egress, **members), SendRequest.parse(inputs))
        return answer

    return call
