"""The public addresses that fire triggers: an ASGI application beside Django, not behind its middleware.

Order matters: address, signature, size, and only then the body, which stays bytes until the trigger reads it.
What a caller gets is the table of reference 5.5. `sig` never reaches a log line.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, overload
from urllib.parse import parse_qs, quote, unquote, urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from uuid_utils.compat import uuid4

from designer.api.errors import PROBLEM_TYPE, Row, problem
from designer.middleware import request_id_from
from designer.readers import Readers
from designer.workflows import callbacks, doors, limits, runs, texts
from designer.workflows.doors import CallbackTarget
from runtime import process as processes
from runtime import services as runtime
from runtime.language.definition import Definition, Trigger
from runtime.language.values import dumps
from runtime.triggers.request import Answer, Refused, Request, admit, answer_of, check_address, way_of

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_INVOKE = re.compile(
    r"/workflows/(?P<workflow>[0-9a-fA-F-]{32,36})/triggers/(?P<trigger>[^/]+)/(?:paths/invoke|run)"
    r"(?:/(?P<relative>.*))?"
)
_POLL = re.compile(r"/workflows/(?P<workflow>[0-9a-fA-F-]{32,36})/runs/(?P<run>[0-9a-fA-F-]{32,36})/response")
_RUN_CALLBACK = re.compile(r"/callbacks/(?P<run>[0-9a-fA-F-]{32,36})/(?P<token>[A-Za-z0-9_.~-]{8,200})")
# What a workflow answers is a page of its author's, at the address where people are signed in: without an
# origin of its own it could act as whoever opens it, in any organisation.
_SANDBOX = (
    b"sandbox allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox "
    b"allow-scripts allow-top-navigation-by-user-activation"
)
_ASYNC_LIMIT = timedelta(days=30)
_POLL_AFTER = "5"
# A larger body is put aside in a file while it comes, and streamed from there to the payload store.
SPOOL_FROM = 1 << 20
# Look-ups have threads of their own, so that a burst of calls cannot take those of the pages, nor more
# connections.
_readers = Readers("callbacks", 4)


async def _find(workflow_id: uuid.UUID) -> CallbackTarget | None:
    return await _readers.read(partial(doors.callback_target, workflow_id))


_targets = doors.Targets(_find)


def handles(path: str) -> bool:
    return path.startswith(("/workflows/", "/callbacks/"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One trigger of one published version, as far as calls are concerned."""

    trigger: Trigger
    waits: bool
    asynchronous: bool
    silent: bool
    secured: bool
    slots: runtime.Slots | None
    waiting: int  # callers that may wait for a slot


class BodyTooLarge(Exception):
    def __init__(self, limit: int) -> None:
        whose = "this server" if limit == settings.CALLBACK_BODY_LIMIT else "this organisation"
        super().__init__(f"The body is larger than {limit:,} bytes, the limit of {whose}.")
        self.limit = limit


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    request_id = request_id_from(_header(scope, b"x-request-id"))
    try:
        answer = await _route(scope, receive, request_id)
    except Refused as refused:
        row = Row(refused.status, refused.code, _TITLES.get(refused.status, "Not accepted"))
        answer = _problem(row, str(refused), request_id)
    except BodyTooLarge as error:
        row = Row(413, "RequestEntityTooLarge", "Too large")
        answer = _problem(row, str(error), request_id, {"limit": error.limit})
    except runtime.TooManyWaiting as error:
        row = Row(429, "WorkflowMaximumWaitingRunCountExceeded", "Too many runs wait")
        answer = _problem(row, str(error), request_id)
        answer.headers.append(("Retry-After", _POLL_AFTER))
    except runtime.Overloaded as error:
        answer = _problem(Row(429, "WorkflowRequestsThrottled", "Too many requests"), str(error), request_id)
        answer.headers.append(("Retry-After", _POLL_AFTER))
    except asyncio.CancelledError:
        # The server stops and its grace is over: whoever waits is told, and the task ends here.
        row = Row(503, "ServiceUnavailable", "Stopping")
        text = "The server is stopping before the workflow has answered. What was accepted goes on later."
        answer = _problem(row, text, request_id)
        answer.headers.append(("Retry-After", _POLL_AFTER))
    except processes.NotStarted:
        row = Row(503, "ServiceUnavailable", "Not ready")
        answer = _problem(row, "The server is starting or stopping. Try again in a few seconds.", request_id)
        answer.headers.append(("Retry-After", _POLL_AFTER))
    except Exception:
        log.exception("A callback failed unexpectedly (request %s)", request_id)
        row = Row(500, "InternalServerError", "Something went wrong on the server")
        answer = _problem(row, f"The server's log has the details under {request_id}.", request_id)
    await _send(send, answer, request_id, head=scope["method"] == "HEAD")


_TITLES = {
    400: "The request does not fit",
    404: "Not found",
    405: "Method not allowed",
    401: "Not authorised",
}


async def _route(scope: Scope, receive: Receive, request_id: str) -> Answer:
    raw = scope.get("raw_path")
    path = raw.decode("latin-1").partition("?")[0] if raw else quote(scope["path"])
    if invoke := _INVOKE.fullmatch(path):
        return await _invoke(scope, receive, request_id, invoke)
    if poll := _POLL.fullmatch(path):
        return await _poll(scope, poll)
    if called := _RUN_CALLBACK.fullmatch(path):
        return await _run_callback(scope, receive, request_id, called)
    raise Refused(404, "NotFound", "There is nothing at this address. Copy the callback URL again.")


async def _invoke(scope: Scope, receive: Receive, request_id: str, match: re.Match[str]) -> Answer:
    name, relative = unquote(match["trigger"]), match["relative"] or ""
    target, entry = await _admitted(scope, _uuid(match["workflow"]), name)
    if entry is None:
        raise Refused(
            404,
            "WorkflowTriggerNotFound",
            f"The published version has no trigger '{name}' that can be called. Copy the callback URL again.",
        )
    check_address(entry.trigger, scope["method"], relative)
    body = await read_body(scope, receive, limits.body_limit(target.body_limit), SPOOL_FROM)
    if isinstance(body, runtime.Spool):
        request = await _big_request(scope, relative, target, entry, body)
    else:
        request = _request(scope, relative, body)
    if entry.secured:
        outputs = admit(entry.trigger, request)  # read at once, so that no copy lies around unsealed
    else:
        outputs = admit(entry.trigger, request, partial(runtime.body_value, target.tenant_id))
    if entry.trigger.type != "Request":
        outputs = {"statusCode": 200, **outputs}
    tracking = _tracking_id(request)
    limit = _ASYNC_LIMIT if entry.asynchronous else settings.RESPONSE_LIMIT
    assert target.version_id is not None
    receipt = await runtime.receive(
        runtime.TriggerArrival(
            tenant_id=target.tenant_id,
            workflow_id=target.workflow_id,
            version_id=target.version_id,
            trigger=entry.trigger.name,
            outputs=outputs,
            client_tracking_id=tracking,
            dedupe_key=_idempotency_key(request),
            answer_by=runtime.now() + limit if entry.waits else None,
            request_id=request_id,
            kind="webhook" if entry.trigger.type != "Request" else "callback",
            secured=entry.secured,
            slots=entry.slots,
            waiting=entry.waiting,
        )
    )
    headers = [] if entry.silent else _workflow_headers(target, receipt.run_id, tracking, request_id)
    answer = await _answer(scope, target, entry, receipt, request_id)
    return Answer(answer.status, answer.headers + headers, answer.body)


async def _big_request(
    scope: Scope, relative: str, target: CallbackTarget, entry: Entry, spool: runtime.Spool
) -> Request:
    """A big body goes from its file to the store without being held, where its kind and trigger allow."""
    try:
        request = _request(scope, relative, b"")
        content_type = request.header("content-type")
        way = None if entry.secured else way_of(entry.trigger, content_type)
        value = await runtime.big_value(target.tenant_id, spool, way, content_type) if way else None
        return replace(request, value=value) if value is not None else replace(request, body=spool.read())
    finally:
        spool.close()


async def _answer(
    scope: Scope, target: CallbackTarget, entry: Entry, receipt: runtime.Receipt, request_id: str
) -> Answer:
    """What the caller gets, by the table of reference 5.5."""
    if not entry.waits:
        return Answer(202, [], b"")
    if entry.asynchronous:
        location = _origin(scope) + _poll_path(target, receipt.run_id)
        return Answer(202, [("Location", location), ("Retry-After", _POLL_AFTER)], b"")
    answer = await runtime.wait_for_response(receipt, settings.RESPONSE_LIMIT.total_seconds())
    if isinstance(answer, runtime.Answered):
        return _answered(answer)
    if isinstance(answer, runtime.Expired):
        seconds = round(settings.RESPONSE_LIMIT.total_seconds())
        text = f"The workflow has not answered within {seconds} s. The run goes on."
        return _problem(Row(504, "GatewayTimeout", "No answer in time"), text, request_id)
    if answer.status in _NO_RUN:
        return _without_run(answer, request_id)
    text = "The server did not receive a response from an upstream server."
    text += f" The run ended as {answer.status} without reaching its Response action."
    return _problem(Row(502, "NoResponse", "The workflow gave no response"), text, request_id)


def _answered(answer: runtime.Answered) -> Answer:
    if answer.text is None:
        return answer_of(answer.status, answer.headers, answer.body)
    # JSON that was passed on untouched is sent as it came, without ever having been read.
    empty = answer_of(answer.status, answer.headers, None)
    if not any(name.lower() == "content-type" for name, _ in empty.headers):
        empty.headers.append(("Content-Type", "application/json; charset=utf-8"))
    return Answer(empty.status, empty.headers, answer.text)


_NO_RUN = {"deduplicated", "filtered", "skipped", "split", "rejected", "quarantined", "cancelled"}


def _without_run(answer: runtime.EndedWithout, request_id: str) -> Answer:
    if answer.status in {"rejected", "quarantined"}:
        row = Row(400, answer.code or "TriggerRejected", "The run could not start")
        return _problem(row, answer.message or "The run could not start.", request_id)
    return Answer(202, [], b"")


_NO_ANSWER = (
    "There is no answer at this address any more: it stays as long as its run is kept, and there is no "
    "such run."
)


async def _poll(scope: Scope, match: re.Match[str]) -> Answer:
    """The status address of an asynchronous Response: 202 until it has run, then its answer."""
    run_id = _uuid(match["run"])
    permission = f"/runs/{run_id}/read"
    target = await _signed(scope, _uuid(match["workflow"]), permission)
    try:
        snapshot = await _readers.read(lambda: runtime.run_snapshot(target.tenant_id, run_id))
    except runtime.RunNotFound:
        raise Refused(404, "WorkflowRunNotFound", _NO_ANSWER) from None
    response = snapshot.get("response")
    if response:
        body = await _readers.read(partial(runs.loaded, target.tenant_id, run_id, response.get("body")))
        return answer_of(response["status"], response.get("headers") or {}, body)
    if snapshot["run"].ended_at:
        raise Refused(502, "NoResponse", "The run ended without reaching its Response action.")
    location = _origin(scope) + _poll_path(target, run_id)
    return Answer(202, [("Location", location), ("Retry-After", _POLL_AFTER)], b"")


async def _run_callback(scope: Scope, receive: Receive, request_id: str, match: re.Match[str]) -> Answer:
    """A one-shot address that a run of an HttpWebhook action waits on (reference 6.3)."""
    run, token = _uuid(match["run"]), match["token"]
    # Anybody may call: whoever does not know an address that is waited at sends no body either.
    limit = await _readers.read(partial(doors.run_callback_limit, run, token))
    if limit is None:
        raise _no_callback()
    body = await read_body(scope, receive, limit)
    anything = Trigger("callback", "Request", "Http", "", {}, {}, (), None, frozenset(), {}, {}, {})
    outputs = {"statusCode": 200, **admit(anything, _request(scope, "", body))}
    if not await runtime.callback(run, token, outputs, request_id=request_id):
        raise _no_callback()
    return Answer(200, [], b"")


def _no_callback() -> Refused:
    return Refused(404, "CallbackNotFound", "This callback address is unknown, or has been used already.")


async def _admitted(
    scope: Scope, workflow_id: uuid.UUID, trigger: str
) -> tuple[CallbackTarget, Entry | None]:
    target = await _signed(scope, workflow_id, callbacks.permission_of(trigger))
    if target.version_id is None or not target.enabled:
        raise Refused(
            404,
            "WorkflowTriggerIsNotEnabled",
            "The workflow is switched off or has not been published. Enable it and call again.",
        )
    if target.version_id not in _entries:
        text, stored = await _readers.read(lambda: doors.published_text(target))
        _keep(target.version_id, _entries_of(target, texts.definition_of(text), stored))
    found = _entries[target.version_id]
    return target, found.get(trigger.lower())


async def _signed(scope: Scope, workflow_id: uuid.UUID, permission: str) -> CallbackTarget:
    target = await _targets.get(workflow_id)
    # An unknown workflow is checked against a key as well, so that the time taken tells nothing.
    generations = (target.primary_key_generation, target.secondary_key_generation) if target else (0, 0)
    asked: bytes = scope["query_string"]
    read = _grant if len(asked) <= _SHORT_QUERY else _grant.__wrapped__
    grant = read(workflow_id, generations, asked)
    if target is None or grant is None or grant.permission != permission or _expired(grant.expires):
        raise Refused(
            401,
            "DirectApiAuthorizationRequired",
            "The signature of the callback URL is missing, wrong or expired. Copy the URL again.",
        )
    return target


_keys = lru_cache(maxsize=1024)(callbacks.keys_of)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a query string is signed for; `expires` is as written."""

    permission: str
    expires: str | None


# Callers use one address again and again. Long query strings are read each time, so that nobody fills memory.
_SHORT_QUERY = 400


@lru_cache(maxsize=2048)
def _grant(workflow_id: uuid.UUID, generations: tuple[int, int], query_string: bytes) -> Grant | None:
    """None where the signature does not fit."""
    asked = parse_qs(query_string.decode("latin-1"), keep_blank_values=True)
    query = {name: values[0] for name, values in asked.items()}
    if not callbacks.signature_fits(_keys(workflow_id, *generations), workflow_id, query):
        return None
    return Grant(query.get("sp", ""), query.get("se"))


_entries: dict[uuid.UUID, dict[str, Entry]] = {}


def _keep(version_id: uuid.UUID, entries: dict[str, Entry]) -> None:
    if len(_entries) >= 512:
        _entries.pop(next(iter(_entries)))
    _entries[version_id] = entries


def _entries_of(target: CallbackTarget, definition: Definition, stored: str) -> dict[str, Entry]:
    parameters = runtime.parameters_of(target.tenant_id, definition, stored)
    responses = [action for action in definition.every_action() if action.type == "Response"]
    asynchronous = any("asynchronous" in action.operation_options for action in responses)
    found: dict[str, Entry] = {}
    for trigger in definition.triggers.values():
        if trigger.type in callbacks.CALLABLE:
            options = trigger.operation_options.union(*(action.operation_options for action in responses))
            slots = runtime.slots_of(trigger, target.workflow_id, parameters)
            found[trigger.name.lower()] = Entry(
                trigger=trigger,
                # splitOn starts several runs, so nobody can wait for one Response.
                waits=bool(responses) and trigger.type == "Request" and not trigger.split_on,
                asynchronous=asynchronous,
                silent=any("suppressworkflowheadersonresponse" in option for option in options),
                secured=runtime.is_secured(trigger),
                slots=slots if slots is not None and not slots.alone else None,
                waiting=runtime.waiting_limit(trigger, slots, parameters) if slots is not None else 0,
            )
    return found


def _expired(text: str | None) -> bool:
    if not text:
        return False
    moment = parse_datetime(text)
    return moment is None or moment.tzinfo is None or moment <= timezone.now()


def _poll_path(target: CallbackTarget, run_id: uuid.UUID) -> str:
    permission = f"/runs/{run_id}/read"
    key, _ = _keys(target.workflow_id, target.primary_key_generation, target.secondary_key_generation)
    version = callbacks.SIGNATURE_VERSION
    query = {
        "api-version": callbacks.API_VERSION,
        "sp": permission,
        "sv": version,
        "sig": callbacks.sign(key, target.workflow_id, permission, version),
    }
    return f"/workflows/{target.workflow_id}/runs/{run_id}/response?{urlencode(query)}"


def _workflow_headers(
    target: CallbackTarget, run_id: uuid.UUID, tracking: str | None, request_id: str
) -> list[tuple[str, str]]:
    compact = target.workflow_id.hex
    return [
        ("x-ms-workflow-run-id", str(run_id)),
        ("x-ms-correlation-id", str(run_id)),
        ("x-ms-client-tracking-id", tracking or str(run_id)),
        ("x-ms-trigger-history-name", str(run_id)),
        ("x-ms-workflow-system-id", f"/scaleunits/millrace/workflows/{compact}"),
        ("x-ms-workflow-id", compact),
        ("x-ms-workflow-version", str(target.version_number)),
        ("x-ms-workflow-name", quote(target.name, safe=" ")),
        ("x-ms-tracking-id", str(uuid4())),
        ("x-ms-request-id", request_id),
        ("x-ms-execution-location", "millrace"),
    ]


def _tracking_id(request: Request) -> str | None:
    given = request.header("x-ms-client-tracking-id")
    if given is None:
        return None
    if len(given) > 128:
        raise Refused(
            400,
            "ClientTrackingIdLengthLimitExceeded",
            "x-ms-client-tracking-id has more than 128 characters.",
        )
    if not given.isprintable() or not given.strip():
        raise Refused(400, "InvalidClientTrackingId", "x-ms-client-tracking-id must be printable text.")
    return given


def _idempotency_key(request: Request) -> str | None:
    """A caller that may send the same event twice names it; seven days long it starts nothing again."""
    given = request.header("idempotency-key")
    if given is None or not given.strip():
        return None
    if len(given) > 200 or not given.isprintable():
        text = "Idempotency-Key must be printable text of at most 200 characters."
        raise Refused(400, "InvalidIdempotencyKey", text)
    return given.strip()


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused(404, "WorkflowNotFound", "There is no workflow at this address.") from None


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for known, value in scope["headers"] if known == name), None)


def _origin(scope: Scope) -> str:
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    return f"{scope.get('scheme', 'http')}://{_header(scope, b'host') or 'localhost'}"


def _request(scope: Scope, relative: str, body: bytes) -> Request:
    """Header names in the usual capitals: HTTP servers lower them, and look-up ignores case
    (reference 2.6).
    """
    headers = [
        ("-".join(part.capitalize() for part in name.decode("latin-1").split("-")), value.decode("latin-1"))
        for name, value in scope["headers"]
    ]
    return Request(scope["method"], relative, scope["query_string"].decode("latin-1"), headers, body)


@overload
async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes: ...
@overload
async def read_body(scope: Scope, receive: Receive, limit: int, spool_from: int) -> bytes | runtime.Spool: ...
async def read_body(
    scope: Scope, receive: Receive, limit: int, spool_from: int | None = None
) -> bytes | runtime.Spool:
    """The whole body, refused by its announced length first and by what really comes second; put aside in a
    file once it is larger than `spool_from`.
    """
    announced = _header(scope, b"content-length")
    if announced and announced.isdecimal() and int(announced) > limit:
        raise BodyTooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    spool: runtime.Spool | None = None
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                text = "The caller closed the connection before the body was read."
                raise Refused(400, "ClientClosedRequest", text)
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > limit:
                raise BodyTooLarge(limit)
            if spool_from is not None and size > spool_from:
                spool = spool or runtime.Spool()
                spool.write(b"".join(chunks))
                chunks.clear()
            if not message.get("more_body"):
                return b"".join(chunks) if spool is None else spool
    except BaseException:
        if spool is not None:
            spool.close()
        raise


def _problem(row: Row, detail: str, request_id: str, more: dict[str, Any] | None = None) -> Answer:
    """A problem document, with the `error` member that clients of Logic Apps look for."""
    error = {"code": row.code, "message": detail}
    document = problem(row, detail, request_id, {"error": error, **(more or {})})
    return Answer(row.status, [("Content-Type", PROBLEM_TYPE)], dumps(document).encode())


async def _send(send: Send, answer: Answer, request_id: str, *, head: bool) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    headers.append((b"x-request-id", request_id.encode()))
    headers.append((b"x-content-type-options", b"nosniff"))
    if not any(name == b"content-type" and value.startswith(b"application/pdf") for name, value in headers):
        headers.append((b"content-security-policy", _SANDBOX))  # browsers show no PDF in a sandbox
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
