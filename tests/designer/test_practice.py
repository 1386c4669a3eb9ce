"""The practice world prints what reaches it: the tour stands on that."""

from __future__ import annotations

from email.message import EmailMessage

import aiohttp
import aiosmtplib

from designer.practice import PracticeWorld


async def test_the_stock_service_answers_and_tells() -> None:
    said: list[str] = []
    async with PracticeWorld(said.append, 0, 0) as addresses, aiohttp.ClientSession() as client:
        async with client.post(addresses.stock, json={"id": "A-1"}) as answer:
            assert (answer.status, await answer.json()) == (200, {"available": True, "warehouse": "North"})
        async with client.post(addresses.stock, data=b"{") as answer:
            assert answer.status == 400
    assert said == ['stock service: asked about order "A-1", answered available']


async def test_the_mail_server_prints_who_gets_what() -> None:
    said: list[str] = []
    async with PracticeWorld(said.append, 0, 0) as addresses:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            "shop@example.org",
            "ann@example.org",
            "Your order",
        )
        message.set_content("Thank you.")
        await aiosmtplib.send(message, hostname=addresses.mail_host, port=addresses.mail_port)
    assert said == ["mail server: to ann@example.org: Your order\n    Thank you."]
