"""What happened: the facts a run is made of, stored for ever.

Arriving events come from outside (a trigger fired, an operation ended, a timer fired); derived events are
what the machine concluded from them. A run's history is the list of both in order, and its state is
nothing but that list folded (`runtime.engine.state.fold`). Event types are only added: a changed meaning
is a new type.

Every event carries `at`, the moment of the slice that produced it; arriving events may leave it out, the
machine stamps them. An execution of an action is addressed by its `name` and its `repetition`: one
zero-based index per enclosing loop, outermost first. An action inside a loop that never ran has the
repetition of that loop.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from runtime.language.values import Json

Repetition: TypeAlias = tuple[int, ...]
Error: TypeAlias = dict[str, Json]  # code, message, and messageTemplate where the reference gives one


def address(name: str, repetition: Repetition = ()) -> str:
    """`Name`, or `Name@3-0` inside loops."""
    return f"{name}@{'-'.join(map(str, repetition))}" if repetition else name


class Outcome(Struct, frozen=True, omit_defaults=True, gc=False):
    """What came of one try of an operation.

    `status` is Succeeded, Failed, TimedOut or Skipped; `code` as reference 6.1 words it (`OK`,
    `NotFound`, `429`). `outputs` None means there are none. `retryable` None lets the engine decide from
    `outputs.statusCode` (reference 8.1); an executor sets it to True where no answer came at all and to
    False where trying again is useless. `retry_after` are the seconds the other side asked for.
    """

    status: str
    code: str = "OK"
    outputs: Json = None
    error: Error | None = None
    retryable: bool | None = None
    retry_after: float | None = None


class _Event(Struct, frozen=True, omit_defaults=True, tag_field="event", tag=True, gc=False):
    """Common options of all events."""


# -- arriving
# ---------------------------------------------------------------------------------------------------


class RunStarted(_Event, frozen=True):
    """A trigger fired.

    `workflow` has id, name, version and what `workflow()` shall answer besides; `record` is the trigger
    record of reference 4.7.1 (outputs, startTime, …); `waiting` says that a caller waits for a Response
    action; `origin` names the run this one repeats; `callback_base` is the public address callback URLs
    start with. `rerun` is given where the origin is repeated from one action on: `{action, inputs?}`, the
    inputs in the place of those the definition would give.
    """

    run_id: str
    workflow: dict[str, Json]
    trigger: str
    record: dict[str, Json]
    client_tracking_id: str = ""
    waiting: bool = False
    origin: str | None = None
    callback_base: str = ""
    at: datetime | None = None
    rerun: dict[str, Json] | None = None


class OperationEnded(_Event, frozen=True):
    """The try `attempt` of an action came back; `interrupted` when a crash fell into it."""

    name: str
    repetition: Repetition
    attempt: int
    outcome: Outcome
    started: datetime | None = None
    ended: datetime | None = None
    interrupted: bool = False
    at: datetime | None = None


class TimerFired(_Event, frozen=True):
    """The timer started with this key is due."""

    key: str
    at: datetime | None = None


class CallbackReceived(_Event, frozen=True):
    """Somebody called the callback URL of a waiting webhook action; `outputs` describe the request."""

    name: str
    repetition: Repetition
    token: str
    outputs: Json = None
    at: datetime | None = None


class ChildEnded(_Event, frozen=True):
    """The child run answered (its Response) or ended without an answer.

    `outputs` are statusCode, headers and body of the answer; None with an `error` when there was none.
    """

    name: str
    repetition: Repetition
    run_id: str
    status: str = "Succeeded"
    outputs: Json = None
    error: Error | None = None
    at: datetime | None = None


class CancelRequested(_Event, frozen=True):
    """Somebody asked for the end of this run."""

    by: str = ""
    at: datetime | None = None


class ResponseExpired(_Event, frozen=True):
    """The caller no longer waits for a Response: gone, or the time limit passed."""

    at: datetime | None = None


class Continue(_Event, frozen=True):
    """Go on with what is left. Never stored, changes nothing by itself."""


# -- derived
# ----------------------------------------------------------------------------------------------------


class ActionStarted(_Event, frozen=True):
    """An action that does not end at once has begun.

    `branch` is the branch a condition or switch took ("" when none matched); `due` the end of a Wait;
    `expires` the end of `limit.timeout`; `token` identifies the callback of a webhook; `attempt` is 1
    when a try was announced.
    """

    at: datetime
    name: str
    repetition: Repetition = ()
    inputs: Json = None
    wait: str = ""
    branch: str | None = None
    due: datetime | None = None
    expires: datetime | None = None
    token: str | None = None
    attempt: int = 0


class AttemptStarted(_Event, frozen=True):
    """Another try is announced: `purpose` is operation (a retry) or poll (reference 8.2)."""

    at: datetime
    name: str
    repetition: Repetition
    attempt: int
    purpose: str = "operation"


class RetryScheduled(_Event, frozen=True):
    """The last try failed and will be repeated at `due`."""

    at: datetime
    name: str
    repetition: Repetition
    due: datetime


class PollScheduled(_Event, frozen=True):
    """The operation answered 202; its `location` is asked again at `due`."""

    at: datetime
    name: str
    repetition: Repetition
    due: datetime
    location: str


class CallbackAwaited(_Event, frozen=True):
    """The subscription was accepted; `subscription` is its answer, for `@action().outputs` in unsubscribe."""

    at: datetime
    name: str
    repetition: Repetition
    subscription: Json = None


class LoopStarted(_Event, frozen=True):
    """A loop has begun: `count` items for Foreach, None for Until; `expires` is the timeout of an Until."""

    at: datetime
    name: str
    repetition: Repetition = ()
    items: Json = None
    count: int | None = None
    expires: datetime | None = None


class RepetitionEnded(_Event, frozen=True):
    """One turn of a loop is over; the last index of `repetition` is the turn. `again`: an Until goes on."""

    at: datetime
    name: str
    repetition: Repetition
    status: str
    code: str = "NotSpecified"
    again: bool = False
    started: datetime | None = None


class VariableSet(_Event, frozen=True):
    """A variable has a new value; `append` adds `value` at the end. `type` is given on initialisation."""

    name: str
    value: Json = None
    append: bool = False
    type: str | None = None


class ActionEnded(_Event, frozen=True):
    """An action is over. Without an ActionStarted before it, it took no time and `inputs` are given here."""

    at: datetime
    name: str
    repetition: Repetition
    status: str
    code: str = "NotSpecified"
    inputs: Json = None
    outputs: Json = None
    error: Error | None = None
    tracked: dict[str, Json] | None = None


class ResponseGiven(_Event, frozen=True):
    """The caller has its answer."""

    at: datetime
    status: int
    headers: dict[str, str]
    body: Json = None


class RunEnded(_Event, frozen=True):
    """The run is over; nothing follows. `outputs` are the definition's outputs by name.

    A failed run carries code and error of the action it failed for, named in `error.action` (`Name@3-0`).
    """

    at: datetime
    status: str
    code: str = "NotSpecified"
    error: Error | None = None
    outputs: dict[str, Json] | None = None


Arriving: TypeAlias = (
    RunStarted
    | OperationEnded
    | TimerFired
    | CallbackReceived
    | ChildEnded
    | CancelRequested
    | ResponseExpired
    | Continue
)

Derived: TypeAlias = (
    ActionStarted
    | AttemptStarted
    | RetryScheduled
    | PollScheduled
    | CallbackAwaited
    | LoopStarted
    | RepetitionEnded
    | VariableSet
    | ActionEnded
    | ResponseGiven
    | RunEnded
)

Event: TypeAlias = Arriving | Derived
