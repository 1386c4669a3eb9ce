"""The world outside, for learning: a stock service and a mail server that print what reaches them.

The tour of the README needs somebody to call and somewhere to send mail to. Both listen on loopback only,
keep nothing and answer everything.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from aiohttp import web
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import Envelope

LOOPBACK = "127.0.0.1"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Addresses:
    stock: str
    mail_host: str
    mail_port: int


class PracticeWorld:
    """`async with PracticeWorld(say, stock_port, mail_port) as addresses`.

    Port 0 takes any free one. OSError where a port is taken.
    """

    def __init__(self, say: Say, stock_port: int = 9000, mail_port: int = 2525) -> None:
        self._say = say
        self._stock_port = stock_port
        self._mail_port = mail_port

    async def __aenter__(self) -> Addresses:
        application = web.Application()
        application.router.add_post("/stock", self._answer_stock)
        self._http = web.AppRunner(application, access_log=None)
        await self._http.setup()
        site = web.TCPSite(self._http, LOOPBACK, self._stock_port)
        await site.start()
        loop = asyncio.get_running_loop()
        mailbox = _Mailbox(self._say)
        self._mail = UnthreadedController(mailbox, hostname=LOOPBACK, port=self._mail_port, loop=loop)
        self._server = await loop.create_server(self._mail.factory, host=LOOPBACK, port=self._mail_port)
        stock_port = self._http.addresses[0][1]
        mail_port = self._server.sockets[0].getsockname()[1]
        return Addresses(f"http://{LOOPBACK}:{stock_port}/stock", LOOPBACK, mail_port)

    async def __aexit__(self, *unused: object) -> None:
        self._server.close()
        await self._http.cleanup()

    async def _answer_stock(self, request: web.Request) -> web.Response:
        try:
            order = await request.json()
        except ValueError:
            return web.json_response({"error": "The body is not JSON."}, status=400)
        name = order.get("id") if isinstance(order, dict) else None
        self._say(
            f"stock service: asked about order {json.dumps(name, ensure_ascii=False)}, answered available"
        )
        return web.json_response({"available": True, "warehouse": "North"})


class _Mailbox:
    """Receives every mail and prints whom it is for and what it says."""

    def __init__(self, say: Say) -> None:
        self._say = say

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        body = message.get_body(("plain", "html"))
        text = body.get_content().strip() if body else ""
        self._say(f"mail server: to {', '.join(envelope.rcpt_tos)}: {message['subject']}\n    {text}")
        return "250 Message accepted for delivery"
