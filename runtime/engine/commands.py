"""What the outside must do. The machine only says so; whoever hosts it does it and reports back with an
event.

A command is given once. What is still unanswered after a crash comes again from
`runtime.engine.machine.commands_outstanding`, with the same keys.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from runtime.engine.events import Repetition
from runtime.language.values import Json


class _Command(Struct, frozen=True, omit_defaults=True, tag_field="command", tag=True):
    """Common options of all commands."""


class Execute(_Command, frozen=True):
    """Carry out one try of an operation and answer with OperationEnded.

    `attempt` counts every try of this execution, retries and polls alike, from 1; the answer must repeat
    it. `key` is the same for every try. `timeout` is the seconds one try may take. `purpose` is
    operation, poll (a GET of `inputs.uri` by the HTTP operation), or subscribe and unsubscribe of a
    webhook; nobody waits for the answer of unsubscribe. `secured` forbids to show the inputs anywhere.
    `operation_options` are in lower case.
    """

    name: str
    repetition: Repetition
    attempt: int
    type: str
    inputs: Json
    key: str
    kind: str = ""
    timeout: float | None = None
    secured: bool = False
    purpose: str = "operation"
    operation_options: tuple[str, ...] = ()
    runtime_configuration: dict[str, Json] = {}


class StartTimer(_Command, frozen=True):
    """Send TimerFired(key) at `due`, or soon after."""

    key: str
    due: datetime


class CancelTimer(_Command, frozen=True):
    """That timer is no longer of interest; if it fires all the same, nothing happens."""

    key: str


class AwaitCallback(_Command, frozen=True):
    """Let `<callback base>/callbacks/<run>/<token>` lead to CallbackReceived."""

    name: str
    repetition: Repetition
    token: str


class StartChild(_Command, frozen=True):
    """Start another workflow and answer with ChildEnded.

    `workflow` is the id or name as written; `trigger` the name of its trigger or None for its only one;
    `payload` has headers and body; `wait` is False where the first 202 is enough (`DisableAsyncPattern`).
    """

    name: str
    repetition: Repetition
    workflow: str
    trigger: str | None
    payload: dict[str, Json]
    wait: bool
    key: str


class Respond(_Command, frozen=True):
    """Answer the waiting caller. `body` None is an empty body; content rules: reference 6.8 and 8.4."""

    status: int
    headers: dict[str, str]
    body: Json = None


class Abort(_Command, frozen=True):
    """Stop what is being done for this execution; its answer will be ignored."""

    name: str
    repetition: Repetition


Command: TypeAlias = Execute | StartTimer | CancelTimer | AwaitCallback | StartChild | Respond | Abort
