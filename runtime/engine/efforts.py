"""Tasks of actions that need the outside: operations (retries, polls, callbacks), pauses, child runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urljoin

from runtime.engine import events as ev
from runtime.engine.actions.contract import Child, Failure, Outside, Pause, Unsupported
from runtime.engine.agenda import GroupRun
from runtime.engine.codes import name_of
from runtime.engine.commands import (
    Abort,
    AwaitCallback,
    CancelTimer,
    Command,
    Execute,
    StartChild,
    StartTimer,
)
from runtime.engine.durations import parse_duration
from runtime.engine.events import Error, Outcome, Repetition, address
from runtime.engine.origins import same_origin
from runtime.engine.plan import PlannedAction
from runtime.engine.retry import asked_for, is_retryable, policy_of
from runtime.engine.scope import ActionScope, execution_key
from runtime.engine.slice import Slice
from runtime.engine.state import CALLBACK, CHILD, OPERATION, POLL, RETRY, TIMER, Effort, Record
from runtime.language.template import ExpressionError
from runtime.language.values import Json

DEFAULT_POLL = timedelta(seconds=20)  # reference 8.2
_SECRET_BYTES = 24
NO_RESPONSE: Error = {
    "code": "NoResponse",
    "message": "The server did not receive a response from an upstream server. "
    "The child workflow ended without running a Response action.",
}


def start_outside(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Outside)
    token = work.world.entropy.random_bytes(_SECRET_BYTES).hex() if behaviour.is_webhook else None
    scope = work.scope(action, run.repetition, token=token)
    inputs = _given(work, action, run.repetition, lambda: behaviour.inputs(scope))
    expires = work.duration(action, action.timeout, scope)
    if (template := action.configuration) is not None:
        work.attempt(action, lambda: template.evaluate(scope), part="runtimeConfiguration")
    # Making the request may need content: before anything is said.
    command = _execute(action, run.repetition, scope, inputs, 1, "subscribe" if token else "operation")
    work.emit(
        ev.ActionStarted(
            work.now,
            action.name,
            run.repetition,
            inputs,
            OPERATION,
            expires=expires,
            token=token,
            attempt=1,
        )
    )
    work.watch(run, index, expires)
    if token is not None:
        work.commands.append(AwaitCallback(action.name, run.repetition, token))
    work.commands.append(command)


def start_pause(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Pause)
    scope = work.scope(action, run.repetition)
    inputs, due = work.attempt(action, lambda: behaviour.until(scope, work.now), part="inputs")
    if due is None:
        work.finish(run, index, work.ending(run, index, "Succeeded", "OK", inputs=inputs))
        return
    expires = work.duration(action, action.timeout, scope)
    work.emit(
        ev.ActionStarted(work.now, action.name, run.repetition, inputs, TIMER, due=due, expires=expires)
    )
    work.watch(run, index, expires)
    work.commands.append(StartTimer(f"{TIMER}:{address(action.name, run.repetition)}", due))


def start_child(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Child)
    scope = work.scope(action, run.repetition)
    inputs = _given(work, action, run.repetition, lambda: behaviour.inputs(scope))
    command = _start_child(action, behaviour, scope, inputs, run.repetition)
    if not command.workflow:
        raise Failure(
            "BadRequest",
            f"The action '{action.name}' does not say which workflow to start: 'host.workflow.id' is empty.",
            error_code="NestedWorkflowNotFound",
            inputs=inputs,
        )
    expires = work.duration(action, action.timeout, scope)
    work.emit(ev.ActionStarted(work.now, action.name, run.repetition, inputs, CHILD, expires=expires))
    work.watch(run, index, expires)
    work.commands.append(command)


def _given(work: Slice, action: PlannedAction, repetition: Repetition, evaluate: Callable[[], Json]) -> Json:
    """The evaluated inputs, or those somebody gave who ran the workflow again from here."""
    rerun = work.state.run.rerun if work.state.run is not None else None
    if rerun is not None and "inputs" in rerun and rerun.get("action") == action.name:
        place = rerun.get("repetition")
        if (tuple(place) if isinstance(place, list) else ()) == repetition:
            return rerun["inputs"]
    return work.attempt(action, evaluate, part="inputs")


def start_unsupported(work: Slice, run: GroupRun, index: int) -> None:
    behaviour = run.group.actions[index].behaviour
    assert isinstance(behaviour, Unsupported)
    raise Failure("ValueNotSupported", behaviour.reason(), error_code="WorkflowRunActionTypeUnsupported")


# -- what came back ------------------------------------------------------------


def proceed(work: Slice, run: GroupRun, index: int) -> None:
    """Something this execution waits for has arrived."""
    action = run.group.actions[index]
    record = work.state.record(action.name, run.repetition)
    if run.is_dead or record is None or record.ended is not None or record.effort is None:
        return
    effort = record.effort
    if effort.outcome is not None:
        if effort.wait == CHILD:
            _child_answered(work, run, index, effort.outcome)
        else:
            _answered(work, run, index, record, effort, effort.outcome)
    elif effort.wait == CALLBACK and effort.called_back:
        _called_back(work, run, index, effort)
    elif effort.fired and effort.wait == TIMER:
        work.finish(run, index, work.ending(run, index, "Succeeded", "OK"))
    elif effort.fired and effort.wait in (RETRY, POLL):
        _try_again(work, run, action, record, effort)


def _answered(
    work: Slice, run: GroupRun, index: int, record: Record, effort: Effort, outcome: Outcome
) -> None:
    action = run.group.actions[index]
    scope = work.scope(action, run.repetition)
    where = address(action.name, run.repetition)
    succeeded = outcome.status == "Succeeded"
    if not succeeded and is_retryable(outcome):
        policy = policy_of(_policy_source(scope.content(record.inputs), effort.purpose))
        if effort.retries < policy.count:
            due = work.now + policy.wait(effort.retries + 1, outcome, work.world.entropy)
            work.emit(ev.RetryScheduled(work.now, action.name, run.repetition, due))
            work.commands.append(StartTimer(f"{RETRY}:{where}", due))
            return
    if not succeeded:
        _conclude(work, run, index, outcome)
    elif effort.purpose == "subscribe":
        if effort.called_back:
            _called_back(work, run, index, effort)
            return
        work.emit(ev.CallbackAwaited(work.now, action.name, run.repetition, outcome.outputs))
    elif (location := _location(action, effort, scope, record, outcome)) is not None:
        due = work.now + (DEFAULT_POLL if outcome.retry_after is None else asked_for(outcome))
        work.emit(ev.PollScheduled(work.now, action.name, run.repetition, due, location))
        work.commands.append(StartTimer(f"{POLL}:{where}", due))
    else:
        _conclude(work, run, index, outcome)


def _policy_source(inputs: Json, purpose: str) -> Json:
    """Where the retry policy stands: beside the inputs, or in the subscription of a webhook."""
    if purpose == "subscribe" and isinstance(inputs, dict) and isinstance(inputs.get("subscribe"), dict):
        return inputs["subscribe"]
    return inputs


def _conclude(work: Slice, run: GroupRun, index: int, outcome: Outcome) -> None:
    ended = work.ending(
        run, index, outcome.status, outcome.code, outputs=outcome.outputs, error=outcome.error
    )
    work.finish(run, index, ended)


def _called_back(work: Slice, run: GroupRun, index: int, effort: Effort) -> None:
    """The subscription of a webhook is over."""
    ended = work.ending(run, index, "Succeeded", "OK", outputs=effort.callback)
    release = unsubscription(work, run, index, effort)
    work.finish(run, index, ended)
    work.commands.extend(release)


def _child_answered(work: Slice, run: GroupRun, index: int, outcome: Outcome) -> None:
    outputs = outcome.outputs
    if outputs is None:
        error = outcome.error or NO_RESPONSE
        code = "BadGateway" if error.get("code") == "NoResponse" else str(error.get("code", "BadGateway"))
        _conclude(work, run, index, Outcome("Failed", code, error=error))
        return
    status = outputs.get("statusCode") if isinstance(outputs, dict) else None
    if isinstance(status, int) and status >= 400:
        _conclude(work, run, index, Outcome("Failed", name_of(status), outputs, outcome.error))
    else:
        _conclude(work, run, index, Outcome("Succeeded", "Accepted", outputs))


def _location(
    action: PlannedAction, effort: Effort, scope: ActionScope, record: Record, outcome: Outcome
) -> str | None:
    """Where to ask again for the answer of a 202 (reference 8.2); None when this is the answer."""
    outputs = scope.content(outcome.outputs)
    if not isinstance(outputs, dict) or outputs.get("statusCode") != 202 or not action.waits_for_polls:
        return None
    if action.type not in _POLLED:
        return None
    headers = outputs.get("headers")
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if name.lower() == "location" and isinstance(value, str):
            inputs = scope.content(record.inputs)
            base = effort.location or (inputs.get("uri") if isinstance(inputs, dict) else None)
            try:
                return urljoin(base, value) if isinstance(base, str) else value
            except ValueError:
                raise Failure(
                    "BadGateway",
                    f"The server answered action '{action.name}' with 202 and asks to poll "
                    f"'{value[:200]}', which is no address. The result of the operation cannot be known.",
                    error_code="InvalidPollingLocation",
                    outputs=outcome.outputs,
                ) from None
    return effort.location


_POLLED = frozenset(
    {"Http", "ApiConnection", "OpenApiConnection", "Function", "ApiManagement", "ServiceProvider"}
)


def _try_again(work: Slice, run: GroupRun, action: PlannedAction, record: Record, effort: Effort) -> None:
    purpose = POLL if effort.wait == POLL or effort.purpose == POLL else effort.purpose
    attempt = effort.attempt + 1
    scope = work.scope(action, run.repetition, token=effort.token)
    command = _next_try(action, run.repetition, scope, record, effort, attempt, purpose)
    work.emit(ev.AttemptStarted(work.now, action.name, run.repetition, attempt, purpose))
    work.commands.append(command)


# -- commands, made again after a crash ------------------------------------------------------------


def _execute(
    action: PlannedAction,
    repetition: Repetition,
    scope: ActionScope,
    inputs: Json,
    attempt: int,
    purpose: str,
) -> Execute:
    behaviour = action.behaviour
    assert isinstance(behaviour, Outside)
    request = behaviour.request(scope, inputs, purpose)
    configuration = _configuration(action, scope)
    options = configuration.get("requestOptions")
    timeout = parse_duration(options.get("timeout")) if isinstance(options, dict) else None
    return Execute(
        name=action.name,
        repetition=repetition,
        attempt=attempt,
        type=request.type,
        kind=request.kind,
        inputs=request.inputs,
        key=execution_key(scope.state.run_id, action.name, repetition),
        timeout=timeout.total_seconds() if timeout is not None else None,
        secured=action.secured_inputs,
        purpose=purpose,
        operation_options=tuple(sorted(action.action.operation_options)),
        runtime_configuration=configuration,
    )


def _configuration(action: PlannedAction, scope: ActionScope) -> dict[str, Json]:
    """The settings of the call, numbers given as expressions evaluated (reference 2.1)."""
    if action.configuration is not None:
        # It could be evaluated when the action started; what it reads may be gone for a later try.
        with contextlib.suppress(ExpressionError):
            value = action.configuration.evaluate(scope)
            if isinstance(value, dict):
                return value
    return dict(action.action.runtime_configuration)


def _next_try(
    action: PlannedAction,
    repetition: Repetition,
    scope: ActionScope,
    record: Record,
    effort: Effort,
    attempt: int,
    purpose: str,
) -> Execute:
    command = _execute(action, repetition, scope, record.inputs, attempt, purpose)
    if purpose != POLL:
        return command
    given = scope.content(record.inputs)
    inputs: dict[str, Json] = {"method": "GET", "uri": effort.location}
    if (
        isinstance(given, dict)
        and "authentication" in given
        and same_origin(given.get("uri"), effort.location)
    ):
        inputs["authentication"] = given["authentication"]
    return Execute(
        name=command.name,
        repetition=repetition,
        attempt=attempt,
        type="Http",
        inputs=inputs,
        key=command.key,
        timeout=command.timeout,
        secured=command.secured,
        purpose=POLL,
        operation_options=command.operation_options,
    )


def _start_child(
    action: PlannedAction, behaviour: Child, scope: ActionScope, inputs: Json, repetition: Repetition
) -> StartChild:
    call = behaviour.call(scope.content(inputs))
    return StartChild(
        name=action.name,
        repetition=repetition,
        workflow=call.workflow,
        trigger=call.trigger,
        payload=call.payload,
        wait=call.wait,
        key=execution_key(scope.state.run_id, action.name, repetition),
    )


def unsubscription(work: Slice, run: GroupRun, index: int, effort: Effort) -> list[Command]:
    """The call that ends the subscription of a webhook, if there is one to be made. Emits nothing."""
    action = run.group.actions[index]
    behaviour = action.behaviour
    if not isinstance(behaviour, Outside) or effort.token is None:  # only webhooks have a token
        return []
    record = work.state.record(action.name, run.repetition)
    shown = Record("Running", "NotSpecified", work.now, outputs=effort.subscription)
    if record is not None:
        shown.started, shown.inputs = record.started, record.inputs
    scope = work.scope(action, run.repetition, current=shown, token=effort.token)
    try:
        inputs = work.attempt(action, lambda: behaviour.unsubscribe(scope), part="unsubscribe")
    except Failure:
        return []  # the run must not hang on a farewell that cannot be worded
    if inputs is None:
        return []
    return [_execute(action, run.repetition, scope, inputs, effort.attempt + 1, "unsubscribe")]


def outstanding(work: Slice) -> Iterator[Command]:
    """Every command whose answer is still to come."""
    for (name, repetition), (run, index) in work.agenda.live.items():
        record = work.state.record(name, repetition)
        if record is None or record.ended is not None or record.effort is None:
            continue
        action, effort = run.group.actions[index], record.effort
        where = address(name, repetition)
        if effort.expires is not None and not effort.timed_out:
            yield StartTimer(f"timeout:{where}", effort.expires)
        if effort.token is not None and not effort.called_back:
            yield AwaitCallback(name, repetition, effort.token)
        if effort.outcome is not None or effort.fired:
            continue
        scope = work.scope(action, repetition, token=effort.token)
        if effort.wait == OPERATION:
            yield _next_try(action, repetition, scope, record, effort, effort.attempt, effort.purpose)
        elif effort.wait in (RETRY, POLL, TIMER) and effort.due is not None:
            yield StartTimer(f"{effort.wait}:{where}", effort.due)
        elif effort.wait == CHILD and isinstance(action.behaviour, Child):
            yield _start_child(action, action.behaviour, scope, record.inputs, repetition)


def withdraw(work: Slice, run: GroupRun, index: int) -> list[Command]:
    """What to tell the outside when an execution is given up. Emits nothing."""
    action = run.group.actions[index]
    record = work.state.record(action.name, run.repetition)
    effort = record.effort if record is not None else None
    if effort is None or (action.name, run.repetition) not in work.agenda.live:
        return []
    commands: list[Command] = []
    if effort.wait in (OPERATION, CHILD) and effort.outcome is None:
        commands.append(Abort(action.name, run.repetition))
    commands.extend(unsubscription(work, run, index, effort))
    return commands


__all__ = [
    "CancelTimer",
    "outstanding",
    "proceed",
    "start_child",
    "start_outside",
    "start_pause",
    "start_unsupported",
    "unsubscription",
    "withdraw",
]
