"""The world outside: an HTTP server that counts what it is asked, and answers as told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Asked:
    method: str
    path: str
    body: Any
    at: float
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Outsider:
    """`answers[path]` is a list used up call by call (its last one stays), or a function of the call."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, list[Reply] | Callable[[Asked], Reply]] = {}
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    body = json.loads(text) if text else None
                except ValueError:
                    body = text.decode()
                reply = outer.reply_to(
                    Asked(self.command, self.path, body, time.monotonic(), dict(self.headers))
                )
                data = json.dumps(reply.body).encode() if reply.body is not None else b""
                with contextlib.suppress(OSError):
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    if data:
                        self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            do_GET = do_POST = do_DELETE = do_PUT = _answer

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reply_to(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            answers = self.answers.get(asked.path.partition("?")[0], [Reply(202)])
            if not callable(answers):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return answers(asked)

    def count(self, path: str) -> int:
        return len(self.calls(path))

    def calls(self, path: str) -> list[Asked]:
        with self._lock:
            return [asked for asked in self.asked if asked.path.partition("?")[0] == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
