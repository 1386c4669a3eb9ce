"""`millrace eval`: the value of an expression, one from the command line or many from standard input."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import sys
import time
from argparse import ArgumentParser
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from runtime.language.expressions.errors import ExpressionError
from runtime.language.sample import evaluate_sample
from runtime.language.values import Json, dumps, loads

SECONDS = 10.0  # for one request; its process is ended then
MEMORY = 4 * 2**30  # bytes of address space of one process


def _now() -> datetime:
    return datetime.now(UTC)


def answer(line: str) -> str:
    """The answer line of one request line. Never raises."""
    identity: Json = None
    try:
        request = loads(line)
        identity = request.get("id") if type(request) is dict else None
        if type(request) is not dict or type(request.get("expression")) is not str:
            raise ExpressionError(
                "InvalidRequest", "A request is an object with an 'expression' string.", "parse"
            )
        value = evaluate_sample(request["expression"], _context(request), _now, secrets.token_bytes)
        return dumps({"id": identity, "value": value})
    except ExpressionError as error:
        return failure(identity, error.code, error.message, error.phase)
    except ValueError as error:
        return failure(identity, "InvalidRequest", f"The line is not JSON: {error}.", "parse")
    except (RecursionError, MemoryError):
        return failure(identity, "ExpressionEvaluationFailed", "The value is too large to be answered.")


def _context(request: dict[str, Json]) -> dict[str, Json]:
    context = request.get("context") or {}
    if type(context) is not dict:
        raise ExpressionError("InvalidRequest", "The 'context' of a request is an object.", "parse")
    return context


def failure(identity: Json, code: str, message: str, phase: str = "evaluate") -> str:
    """The answer line of a request that failed."""
    return dumps({"id": identity, "error": {"code": code, "message": message, "phase": phase}})


def _serve(connection: Connection) -> None:
    """A worker process: lines in, answer lines out, until the pipe closes."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        pass  # without the limit the parent still ends what runs too long
    while True:
        try:
            line = connection.recv()
        except EOFError:
            return
        connection.send(answer(line))


@dataclass
class _Worker:
    process: Any
    connection: Connection
    line: str | None = None
    deadline: float = 0.0


class Pool:
    """Worker processes that answer lines; one that takes too long or dies is replaced, the others go on."""

    def __init__(self, size: int) -> None:
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        self.context: Any = multiprocessing.get_context(method)
        self.workers = [self.start() for _ in range(size)]

    def start(self) -> _Worker:
        here, there = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(there,), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

    def answers(self, lines: Iterable[str]) -> Iterable[str]:
        """The answers, in the order in which they are ready."""
        waiting = deque(lines)
        while waiting or any(worker.line is not None for worker in self.workers):
            for index, worker in enumerate(self.workers):
                if worker.line is None and waiting:
                    line = waiting.popleft()
                    try:
                        worker.connection.send(line)
                    except OSError:
                        worker = self.workers[index] = self.start()
                        worker.connection.send(line)
                    worker.line, worker.deadline = line, time.monotonic() + SECONDS
            yield from self.collect()

    def collect(self) -> Iterable[str]:
        busy = [worker for worker in self.workers if worker.line is not None]
        first = min(worker.deadline for worker in busy)
        wait([worker.connection for worker in busy], max(0.0, first - time.monotonic()))
        for index, worker in enumerate(self.workers):
            if worker.line is None:
                continue
            try:
                if worker.connection.poll():
                    yield worker.connection.recv()
                    worker.line = None
                    continue
                if time.monotonic() < worker.deadline:
                    continue
                problem = (
                    "EvaluationTimeout",
                    f"The expression was not evaluated within {SECONDS:g} seconds.",
                )
            except (EOFError, OSError):
                problem = ("EvaluationFailed", "The evaluation ended without an answer.")
            worker.process.kill()
            worker.process.join()
            yield failure(_identity(worker.line or ""), *problem)
            self.workers[index] = self.start()

    def close(self) -> None:
        """End the worker processes."""
        for worker in self.workers:
            worker.connection.close()
        for worker in self.workers:
            worker.process.join(1)


def _identity(line: str) -> Json:
    try:
        request = loads(line)
    except ValueError:
        return None
    return request.get("id") if type(request) is dict else None


class Command(BaseCommand):
    help = "Evaluate an expression, or one JSON request per line of standard input with --batch."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("expression", nargs="?", help="a template string such as @add(1, 2)")
        parser.add_argument(
            "--context", type=Path, help="a JSON file: parameters, variables, actions, trigger, item"
        )
        parser.add_argument("--batch", action="store_true", help="answer one JSON request per line")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"]:
            self.batch()
        elif options["expression"] is None:
            raise CommandError("Give an expression, or --batch with requests on standard input.")
        else:
            self.one(options["expression"], options["context"])

    def batch(self) -> None:
        lines = [
            line for line in sys.stdin.buffer.read().decode("utf-8", "replace").split("\n") if line.strip()
        ]
        pool = Pool(min(4, os.cpu_count() or 1, max(1, len(lines))))
        try:
            for line in pool.answers(lines):
                sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
                sys.stdout.buffer.flush()
        finally:
            pool.close()

    def one(self, expression: str, path: Path | None) -> None:
        try:
            context = loads(path.read_text("utf-8-sig")) if path else {}
        except (OSError, ValueError) as error:
            raise CommandError(f"The context file cannot be read: {error}.") from None
        if type(context) is not dict:
            raise CommandError("The context file must hold a JSON object.")
        try:
            value = evaluate_sample(expression, context, _now, secrets.token_bytes)
        except ExpressionError as error:
            raise CommandError(f"{error.code} ({error.phase}): {error.message}") from None
        sys.stdout.buffer.write(dumps(value).encode("utf-8", "replace") + b"\n")
