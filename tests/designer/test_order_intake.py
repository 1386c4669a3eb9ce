"""The template "Order intake" as it is delivered: a call in; a question, a file, an email; an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from tests.designer.started import Browser, Server, signed_in

ORDER = {"id": "4711", "customer": "Ann", "email": "ann@x.example", "total": 20}


class Mailbox:
    """A real SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.refusing = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        if self.refusing:
            return "554 No."
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", 0)
    yield mailbox, server.sockets[0].getsockname()[1]
    server.close()


@dataclass
class Stock:
    asked: list[Any] = field(default_factory=list)
    status: int = 200
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        return web.json_response({"available": True}, status=self.status)


@asynccontextmanager
async def stock_service() -> AsyncIterator[Stock]:
    stock = Stock()
    app = web.Application()
    app.router.add_post("/stock", stock.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    stock.url = f"http://127.0.0.1:{port}/stock"
    try:
        yield stock
    finally:
        await runner.cleanup()


async def published(browser: Browser, stock_url: str, mail_port: int) -> str:
    """Connections, workflow from the template, publish; the callback URL."""
    mail = {"host": "127.0.0.1", "port": mail_port, "encryption": "None", "from": "shop@x.example"}
    for connector, parameters in (("email", mail), ("storage", {})):
        body = {"name": connector, "connector": connector, "parameters": parameters}
        made = await browser.ask("POST", "/t/acme/connections", body, 201)
        tested = await browser.ask("POST", f"/t/acme/connections/{made['id']}/test")
        assert tested["ok"], tested
    body = {"name": "Shop", "template": "order-intake", "parameters": {"stockUrl": stock_url}}
    workflow = await browser.ask("POST", "/t/acme/workflows", body, 201)
    draft = await browser.ask("GET", f"/t/acme/workflows/{workflow['id']}/draft")
    assert draft["problems"] == []
    await browser.ask("POST", f"/t/acme/workflows/{workflow['id']}/publish", {"revision": 1}, 201)
    (address,) = await browser.ask("GET", f"/t/acme/workflows/{workflow['id']}/callbacks")
    url: str = address["url"]
    return url


async def test_orders(server: Server, data: Path, mailbox: tuple[Mailbox, int]):
    box, port = mailbox
    async with signed_in(server) as browser, stock_service() as stock:
        url = await published(browser, stock.url, port)

        async def order(**changes: Any) -> tuple[int, Any]:
            async with browser.http.post(url, json={**ORDER, **changes}) as answer:
                return answer.status, await answer.json()

        # A small order: nobody is asked, the order is filed and confirmed.
        assert await order() == (201, {"accepted": True, "id": "4711", "file": "orders/4711.json"})
        assert stock.asked == []
        (filed,) = data.rglob("orders/4711.json")
        assert json.loads(filed.read_text())["order"] == ORDER
        (message,) = box.messages
        assert message["Subject"] == "Your order 4711"
        assert "Thank you, Ann." in message.get_payload()

        # A large one: the stock service is asked, with the order.
        large = {"id": "4712", "total": 1000.5}
        assert (await order(**large))[0] == 201
        assert stock.asked == [{**ORDER, **large}]

        # Something is missing: 400, and nothing is filed.
        status, refused = await order(id="")
        assert (status, refused["accepted"]) == (400, False)
        assert len(list(data.rglob("orders/*.json"))) == 2

        # The mail server refuses: 502, the order is filed all the same.
        box.refusing = True
        status, trouble = await asyncio.wait_for(order(id="4713"), 60)
        assert (status, trouble["accepted"]) == (502, False)
        assert list(data.rglob("orders/4713.json"))
