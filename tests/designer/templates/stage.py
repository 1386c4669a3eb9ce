"""A stage for templates: the real host and the real connectors in memory, a mocked network, a folder
for files and a mail server of its own.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from designer.workflows import templates
from runtime.language.values import Json, loads
from runtime.rehearsal import Mock, Rehearsal, Rehearsed
from runtime.triggers.request import Request

NOW = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)  # a Wednesday


@dataclass
class Mailbox:
    messages: list[Message] = field(default_factory=list)
    port: int = 0
    refusing: bool = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        if self.refusing:
            return "554 No."
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"

    def told(self) -> list[tuple[str | None, str | None, str]]:
        """To, subject and text of each message."""
        return [(one["To"], one["Subject"], text_of(one)) for one in self.messages]

    async def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = socket.socket()
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", self.port))
        return opened


def text_of(message: Message) -> str:
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    payload = parts[-1].get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n").rstrip("\n")


@dataclass
class Stage:
    """What a template is tried on; files and mail stay from one run to the next."""

    folder: Path
    mail: Mailbox

    async def run(
        self,
        template: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        mocks: Sequence[dict[str, Any]] = (),
        now: datetime = NOW,
        callbacks: Mapping[str, Json] | None = None,
        **parameters: Json,
    ) -> Rehearsed:
        """One run. A template with a Request trigger is called with `body`, another one just fires."""
        found = templates.find(template)
        assert found is not None, template
        document = loads(found.text)
        assert isinstance(document, dict)
        called = found.item()["triggerType"] == "Request"
        given = [("Content-Type", "application/json"), *(headers or {}).items()]
        done = await Rehearsal(
            document["definition"],
            parameters=parameters,
            mocks=[Mock.read(mock) for mock in mocks],
            call=Request("POST", "", "", given, json.dumps(body).encode()) if called else None,
            now=now,
            folder=self.folder,
            connections={
                "storage": {},
                "email": {"host": "127.0.0.1", "port": 25, "encryption": "None", "from": "m@x.example"},
            },
            connect=self.mail.connect,
            callbacks=callbacks or {},
        ).perform()
        assert done.refused is None, done.refused
        assert done.state is not None
        return done

    def put(self, path: str, text: str) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def read(self, path: str) -> str:
        return (self.folder / path).read_bytes().decode()

    def files(self) -> list[str]:
        return sorted(str(one.relative_to(self.folder)) for one in self.folder.rglob("*") if one.is_file())


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    mail = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mail, loop=loop), "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield Stage(folder, mail)
    finally:
        server.close()


def answers(
    url: str, body: Json = None, status: int = 200, method: str = "", calls: Sequence[int] = ()
) -> dict[str, Any]:
    """A mock."""
    return {
        "method": method,
        "url": url,
        "respond": {"status": status, **({} if body is None else {"body": body})},
        "onCalls": list(calls),
    }


def answer(done: Rehearsed) -> tuple[int, Json]:
    """Status and body of the Response."""
    assert done.response is not None, statuses(done)
    return done.response.status, done.response.body


def statuses(done: Rehearsed) -> dict[str, str]:
    """Of every action, by name; of one inside a loop, the statuses of its turns."""
    assert done.state is not None
    return {
        name: " ".join(record.status for record in records.values())
        for name, records in done.state.records.items()
    }


def sent_to(done: Rehearsed, url: str) -> list[Json]:
    """Bodies of the requests to an address, in order."""
    return [request.get("body") for request in done.requests if request["url"] == url]
