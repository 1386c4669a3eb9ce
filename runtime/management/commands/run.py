"""`millrace run`: run a definition in memory, without a server or a database."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.core.management.base import BaseCommand, CommandError

from runtime.engine.durations import format_duration
from runtime.engine.events import Repetition
from runtime.engine.plan import PlannedAction, ResponseMode
from runtime.engine.state import Record, RunState
from runtime.language.document import DocumentError, decode
from runtime.language.values import Json, dumps, loads
from runtime.rehearsal import CannotRun, Mock, Rehearsal, Rehearsed
from runtime.targets import without_secrets
from runtime.triggers.request import Request, answer_of

SECONDS = 120.0  # of real time for one run of a batch
_WORST_FIRST = ("Running", "Waiting", "Failed", "TimedOut", "Cancelled", "Succeeded")


class Command(BaseCommand):
    help = "Run a workflow definition in memory. HTTP calls are answered by mocks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", help="a definition: bare, or {definition, kind, parameters}")
        parser.add_argument("--input", metavar="FILE", help="JSON body of the HTTP call that starts the run")
        parser.add_argument("--mocks", metavar="FILE", help="JSON list of {method, url, respond}")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument("--fast-forward", action="store_true", help="skip waits")
        parser.add_argument(
            "--batch", action="store_true", help="one JSON request per line of standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"]:
            asyncio.run(_batch())
            return
        if not options["path"]:
            raise CommandError("Give the path of a definition, or --batch.")
        request = _file_request(options)
        answer = asyncio.run(_answer(request))
        if options["json"]:
            print(json.dumps(loads(dumps(answer)), indent=2, ensure_ascii=False))
        else:
            _print(answer)
        if answer.get("failure"):
            raise CommandError(str(answer["failure"]))
        if answer.get("status") not in ("Succeeded", None):
            sys.exit(1)


def _load(path: str) -> Json:
    try:
        return loads(decode(Path(path).read_bytes()))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, DocumentError) as error:
        raise CommandError(f"{path} is not JSON: {error}.") from None


def _file_request(options: dict[str, Any]) -> dict[str, Json]:
    document = _load(options["path"])
    request: dict[str, Json] = {"id": options["path"], "fastForward": options["fast_forward"]}
    if isinstance(document, dict) and isinstance(document.get("properties"), dict):
        document = document["properties"]  # an ARM resource
    if isinstance(document, dict) and isinstance(document.get("definition"), dict):
        request |= {name: document.get(name) for name in ("definition", "kind", "parameters")}
    else:
        request["definition"] = document
    if options["mocks"]:
        request["httpMocks"] = _load(options["mocks"])
    if options["input"]:
        request["trigger"] = {"body": _load(options["input"])}
    return request


def _print(answer: dict[str, Json]) -> None:
    """The run as a person reads it."""
    if answer.get("failure"):
        return
    print(answer["status"] or "No run", answer.get("code") or "")
    for name, action in answer["actions"].items():
        count = len(action["repetitions"])
        times = f"  {count} times" if action["repetitions"] else ""
        print(f"  {action['status']:<10} {name}{times}")
        error = action.get("error")
        if error and action["status"] != "Skipped":
            print(f"             {error.get('message', error.get('code'))}")
    if answer.get("response"):
        response = answer["response"]
        print(f"Response {response['status']}: {dumps(response.get('body', response.get('bodyText', '')))}")


async def _batch() -> None:
    """Answer requests in the order they come, one line each."""
    loop = asyncio.get_running_loop()
    output = sys.stdout.buffer
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        if not line.strip():
            continue
        identity: Json = None
        try:
            request = loads(line)
            if not isinstance(request, dict):
                raise ValueError("a request is an object")
            identity = request.get("id")
            answer = await asyncio.wait_for(_answer(request), SECONDS)
        except TimeoutError:
            answer = {"id": identity, "failure": f"The run did not end within {SECONDS:g} seconds."}
        except ValueError as error:
            answer = {"id": identity, "failure": f"The request cannot be read: {error}."}
        output.write(dumps(answer).encode("utf-8", "replace") + b"\n")
        output.flush()


async def _answer(request: dict[str, Json]) -> dict[str, Json]:
    identity = request.get("id")
    if not isinstance(request.get("definition"), dict):
        return {
            "id": identity,
            "failure": "The request has no definition to run: 'definition' must be an object.",
        }
    try:
        done = await _rehearsal(request).perform()
    except CannotRun as reason:
        return {"id": identity, "failure": str(reason)}
    except Exception as error:
        sentence = f"The definition cannot be run here: {type(error).__name__}: {error}"
        return {"id": identity, "failure": sentence}
    return {"id": identity, **described(done)}


def _rehearsal(request: dict[str, Json]) -> Rehearsal:
    trigger = request.get("trigger")
    trigger = trigger if isinstance(trigger, dict) else {}
    definition = request["definition"]
    given = trigger.get("type")
    kinds = [
        str(item.get("type", "")).lower()
        for item in (definition.get("triggers") or {}).values()
        if isinstance(item, dict)
    ]
    called = not isinstance(given, str) and any(kind in ("request", "manual") for kind in kinds)
    now = request.get("now")
    return Rehearsal(
        definition=definition,
        kind=str(request.get("kind") or "Stateful"),
        parameters=_values(request.get("parameters")),
        settings=request.get("settings") or {},
        mocks=[Mock.read(mock) for mock in request.get("httpMocks") or []],
        trigger_type=given if isinstance(given, str) and given.lower() not in ("request", "manual") else None,
        trigger_name=trigger.get("name"),
        call=_call(trigger) if called or str(given).lower() in ("request", "manual") else None,
        outputs=_outputs(trigger),
        fast=bool(request.get("fastForward", False)),
        now=datetime.fromisoformat(now) if isinstance(now, str) else None,
    )


def _values(parameters: Json) -> dict[str, Json]:
    """Parameter values, with or without the `{"value": …}` around them (reference 1.1)."""
    values: dict[str, Json] = {}
    for name, item in (parameters or {}).items():
        if isinstance(item, dict) and set(item) <= {"value", "type", "metadata", "reference"}:
            if "value" in item:
                values[name] = item["value"]
        else:
            values[name] = item
    return values


def _outputs(trigger: dict[str, Json]) -> Json:
    if "outputs" in trigger:
        return trigger["outputs"]
    found = {name: trigger[name] for name in ("headers", "body") if name in trigger}
    return found or None


def _call(trigger: dict[str, Json]) -> Request:
    headers = [(str(name), str(value)) for name, value in (trigger.get("headers") or {}).items()]
    named = {name.lower() for name, _ in headers}
    body = b""
    if "bodyText" in trigger:
        body = str(trigger["bodyText"]).encode()
    elif "body" in trigger:
        body = dumps(trigger["body"]).encode()
        if "content-type" not in named:
            headers.append(("Content-Type", "application/json"))
    path, _, inline = str(trigger.get("path") or "").partition("?")
    query = trigger.get("query") or ""
    if isinstance(query, dict):
        query = urlencode(
            {name: value if isinstance(value, str) else dumps(value) for name, value in query.items()}
        )
    query = "&".join(part for part in (inline, str(query).lstrip("?")) if part)
    return Request(str(trigger.get("method") or "POST").upper(), path.strip("/"), query, headers, body)


# -- the answer ------------------------------------------------------------


def described(done: Rehearsed) -> dict[str, Json]:
    """A rehearsal as the answer of the command: status, response, actions, variables, requests, waits."""
    state = done.state
    answer: dict[str, Json] = {
        "status": (state.status or None) if state is not None else None,
        "code": state.code if state is not None else None,
        "error": state.error if state is not None else None,
        "response": _response(done),
        "accepted": None,
        "actions": {},
        "variables": {},
        "outputs": {},
        "requests": done.requests,
        "waits": {name: format_duration(wait) for name, wait in done.waits.items()},
    }
    if done.detail:
        answer["detail"] = done.detail
    if done.runs > 1:
        answer["runs"] = done.runs
    if state is None:
        return answer
    if done.planned.plan.response is ResponseMode.ASYNC and done.trigger.type == "Request":
        location = f"https://localhost/runs/{state.run_id}/response"
        answer["accepted"] = {"status": 202, "headers": {"Location": location, "Retry-After": "20"}}
    answer["actions"] = {name: _action(planned, state) for name, planned in done.planned.plan.by_name.items()}
    answer["variables"] = {name: item.read(lambda ref: ref) for name, item in state.variables.items()}
    answer["outputs"] = {name: item["value"] for name, item in (state.outputs or {}).items()}
    return answer


def _response(done: Rehearsed) -> Json:
    if done.refused is not None:
        error = {"code": done.refused.code, "message": str(done.refused)}
        return {"status": done.refused.status, "headers": {}, "body": {"error": error}}
    if done.trigger.type != "Request":
        return None
    if done.response is not None:
        return _bytes(done.response.status, done.response.headers, done.response.body)
    state, mode = done.state, done.planned.plan.response
    if state is not None and mode is ResponseMode.SYNC and state.ended is not None and done.runs <= 1:
        message = "The server did not receive a response from an upstream server."
        error = {"code": "NoResponse", "message": message}
        return {"status": 502, "headers": {}, "body": {"error": error}}
    if state is not None and mode is ResponseMode.SYNC and done.runs <= 1:
        return None
    run = {"x-ms-workflow-run-id": state.run_id} if state is not None else {}
    return {"status": 202, "headers": run, "bodyText": ""}


def _bytes(status: int, headers: dict[str, str], body: Json) -> Json:
    """The answer as the caller gets it: JSON as a value, everything else as text."""
    sent = answer_of(status, headers, body)
    shown: dict[str, Json] = {"status": sent.status, "headers": dict(sent.headers)}
    kind = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    text = sent.body.decode("utf-8", "replace")
    if "json" in kind.lower() and text:
        try:
            shown["body"] = loads(text)
            return shown
        except ValueError:
            pass
    shown["bodyText"] = text
    return shown


def _action(planned: PlannedAction, state: RunState) -> dict[str, Json]:
    records = state.records.get(planned.name, {})
    ordered = sorted(records.items())
    own = records.get(())
    shown = (
        _record(own, planned) if own is not None else _together([record for _, record in ordered], planned)
    )
    shown["repetitions"] = _repetitions(planned, ordered)
    return shown


def _record(record: Record, planned: PlannedAction) -> dict[str, Json]:
    shown: dict[str, Json] = {"status": record.status, "code": record.code}
    shown["inputs"] = without_secrets(planned.type, record.inputs)
    shown["outputs"] = record.outputs
    shown["error"], shown["trackedProperties"] = record.error, record.tracked
    return shown


def _together(records: list[Record], planned: PlannedAction) -> dict[str, Json]:
    """An action inside loops: the state of all its executions."""
    statuses = {record.status for record in records}
    status = next((status for status in _WORST_FIRST if status in statuses), "Skipped" if records else None)
    last = next((record for record in reversed(records) if record.status == status), None)
    return _record(last, planned) if last is not None else {"status": status, "code": None}


def _repetitions(planned: PlannedAction, records: list[tuple[Repetition, Record]]) -> list[Json]:
    """Turns of a loop; executions inside loops that were not skipped."""
    if planned.type in ("Foreach", "Until"):
        return [
            {"status": turn.status, "code": turn.code, "outputs": None, "error": None}
            for _, record in records
            if record.loop is not None
            for _, turn in sorted(record.loop.turns.items())
        ]
    return [
        {"repetition": "-".join(map(str, repetition)), **_record(record, planned)}
        for repetition, record in records
        if repetition and record.status != "Skipped"
    ]
