"""One slice of work on a run: emitting events, ending and skipping actions, what every task needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from runtime.engine import events as ev
from runtime.engine.actions.contract import Failure, Judgement, Result
from runtime.engine.agenda import Agenda, GroupRun
from runtime.engine.commands import CancelTimer, Command, StartTimer
from runtime.engine.durations import after, parse_duration
from runtime.engine.events import Error, Event, Repetition, address
from runtime.engine.plan import Plan, PlannedAction
from runtime.engine.scope import ActionScope, World
from runtime.engine.sizes import excess
from runtime.engine.state import POLL, RETRY, TIMER, Record, RunState
from runtime.language.template import ExpressionError, Template
from runtime.language.values import Json, Needed, dumps

# Values of an event in which a growing list may be handed out.
_VALUE_FIELDS = ("inputs", "outputs", "items", "value", "body")

MOST_TRACKED = 8_000  # characters (reference 9.3)

ACTION_FAILED: Error = {
    "code": "ActionFailed",
    "message": "An action failed. No dependent actions succeeded.",
}


class Slice:
    """The state, the agenda, and what this slice has produced so far."""

    __slots__ = ("agenda", "commands", "events", "now", "plan", "state", "world")

    def __init__(self, world: World, agenda: Agenda) -> None:
        self.world = world
        self.plan: Plan = world.plan
        self.state: RunState = world.state
        self.now: datetime = world.now
        self.agenda = agenda
        self.events: list[Event] = []
        self.commands: list[Command] = []

    # -- producing ------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Add a fact to the history and to the state."""
        if self.world.handed_out:
            for name in _VALUE_FIELDS:
                value = getattr(event, name, None)
                if value is not None:
                    self.world.guard(value)
        self.events.append(event)
        self.state.apply(event)

    def push(self, task: str, *arguments: Any) -> None:
        """Queue a task behind the ready ones."""
        self.agenda.ready.append((task, arguments))

    def push_first(self, task: str, *arguments: Any) -> None:
        """Queue a task before all others."""
        self.agenda.ready.appendleft((task, arguments))

    # -- evaluating ------------------------------------------------------

    def scope(self, action: PlannedAction, repetition: Repetition, **more: Any) -> ActionScope:
        return ActionScope(self.world, action, repetition, **more)

    def attempt(self, action: PlannedAction, evaluate: Callable[[], Any], *, part: str = "") -> Any:
        """Evaluate; whatever goes wrong becomes a Failure with the wording of reference 2.13.

        `part` is "inputs" for actions and empty for the conditions of containers.
        """
        try:
            made = evaluate()
            self.weigh(action, made)
            return made
        except Needed:
            raise
        except Failure as failure:
            if self._excess(failure.inputs, failure.outputs):
                failure.inputs = failure.outputs = None  # its sentence is what counts
            if action.secured:
                failure.error = unsaid(action, failure.error["code"])
            raise
        except ExpressionError as error:
            if action.secured:
                failed = Failure("BadRequest", "", error_code=error.code)
                failed.error = unsaid(action, error.code)
                raise failed from None
            place = f"in action '{action.name}' {part}" if part else f"for action '{action.name}'"
            raise Failure(
                "BadRequest",
                f"Unable to process template language expressions {place} at line '0' and column '0': "
                f"'{error.message}'.",
                error_code=error.code,
                template="Unable to process template language expressions {0} at line '{1}' and column "
                "'{2}': '{3}'.",
            ) from error
        except RecursionError:
            message = f"The value that action '{action.name}' works on is nested too deeply."
            raise Failure("BadRequest", message, error_code="InvalidTemplate") from None
        except Exception as error:
            # A fault of ours must not hang the run: raised from here it would be tried again for ever.
            raise fault(f"The action '{action.name}'", error) from error

    def weigh(self, action: PlannedAction, made: Any) -> None:
        """Refuse what an action has evaluated where it is too large or too deep to be kept."""
        kind = type(made)
        if kind is Result:
            reason = self._excess(made.inputs, made.outputs)
            if made.variables and not reason:
                reason = self._excess(*(change.value for change in made.variables))
        elif kind is tuple:
            reason = self._excess(*made)
        elif kind is Judgement:
            reason = self._excess(made.inputs, made.error)
        else:
            reason = self._excess(made)
        if reason:
            message = f"The value that action '{action.name}' works on or makes {reason}."
            raise Failure("BadRequest", message, error_code="ActionValueTooLarge")

    def _excess(self, *values: Any) -> str:
        for value in values:
            kind = type(value)
            if kind is dict or kind is list or kind is str:  # what most values are is settled here
                reason = excess(value, self.world.weighed)
                if reason:
                    return reason
        return ""

    def duration(
        self, action: PlannedAction, template: Template | None, scope: ActionScope
    ) -> datetime | None:
        """The moment after which the action has timed out, where it has a limit (reference 8.3)."""
        if template is None:
            return None
        value = self.attempt(action, lambda: template.evaluate(scope))
        length = parse_duration(value)
        if length is None:
            raise Failure(
                "BadRequest",
                f"The time limit of action '{action.name}' is not valid: 'limit.timeout' must be an ISO 8601 "
                "duration such as 'PT5M'.",
                error_code="InvalidTemplate",
            )
        return after(self.now, length)

    # -- ending ------------------------------------------------------

    def ending(
        self,
        run: GroupRun,
        index: int,
        status: str,
        code: str = "NotSpecified",
        *,
        inputs: Json = None,
        outputs: Json = None,
        error: Error | None = None,
    ) -> ev.ActionEnded:
        """The event that ends an action, its tracked properties evaluated. Emits nothing."""
        action = run.group.actions[index]
        tracked = None
        if action.tracked is not None and status != "Skipped":
            known = self.state.record(action.name, run.repetition)
            begun = known.started if known else self.now
            given = known.inputs if known is not None else inputs
            shown = Record(status, code, begun, self.now, given, outputs, error)
            tracked, trouble = self._tracked(action, run.repetition, shown)
            error = error or trouble
        return ev.ActionEnded(
            self.now, action.name, run.repetition, status, code, inputs, outputs, error, tracked
        )

    def _tracked(
        self, action: PlannedAction, repetition: Repetition, shown: Record
    ) -> tuple[dict[str, Json] | None, Error | None]:
        assert action.tracked is not None
        try:
            value = action.tracked.evaluate(self.scope(action, repetition, current=shown))
            self.weigh(action, value)
            length = len(dumps(value))
        except (ExpressionError, Failure) as error:
            message = error.message if isinstance(error, ExpressionError) else str(error)
            return None, {"code": "TrackedPropertiesEvaluationFailed", "message": message}
        if length > MOST_TRACKED:
            message = (
                f"The tracked properties of action '{action.name}' have {length:,} characters; "
                f"{MOST_TRACKED:,} are the most."
            )
            return None, {"code": "TrackedPropertiesSizeLimitExceeded", "message": message}
        return (value, None) if isinstance(value, dict) else (None, None)

    def finish(self, run: GroupRun, index: int, ended: ev.ActionEnded) -> None:
        """End an action and let its successors and its container take notice."""
        self.record_end(run, index, ended)
        run.statuses[index] = ended.status
        run.left -= 1
        for successor in run.group.actions[index].successors:
            run.waiting[successor] -= 1
            if not run.waiting[successor]:
                self.push("start", run, successor)
        if not run.left:
            self.push_first("complete", run)

    def record_end(self, run: GroupRun, index: int, ended: ev.ActionEnded) -> None:
        """Emit the end of an action and drop its timers."""
        place = (ended.name, ended.repetition)
        if place in self.agenda.live:
            del self.agenda.live[place]
            record = self.state.record(*place)
            effort = record.effort if record else None
            where = address(*place)
            if effort is not None and not effort.fired and effort.wait in (TIMER, RETRY, POLL):
                self.commands.append(CancelTimer(f"{effort.wait}:{where}"))
            if effort is not None and effort.expires is not None and not effort.timed_out:
                self.commands.append(CancelTimer(f"timeout:{where}"))
        run.inner.pop(index, None)
        self.emit(ended)

    def fail(self, run: GroupRun, index: int, failure: Failure) -> None:
        """End an action as Failed; what is inside it never runs."""
        ended = self.ending(
            run, index, "Failed", failure.code,
            inputs=failure.inputs, outputs=failure.outputs, error=failure.error,
        )  # fmt: skip
        self.finish(run, index, ended)
        action = run.group.actions[index]
        if action.branches:
            self.push_first("skip_inner", action, run.repetition)

    def watch(self, run: GroupRun, index: int, expires: datetime | None) -> None:
        """Remember that an execution waits for the outside, and start the timer of its limit."""
        action = run.group.actions[index]
        self.agenda.live[action.name, run.repetition] = (run, index)
        if expires is not None:
            self.commands.append(StartTimer(f"timeout:{address(action.name, run.repetition)}", expires))

    # -- skipping ------------------------------------------------------

    def skip(self, run: GroupRun, index: int, error: Error, code: str = "ActionSkipped") -> None:
        """End an action as Skipped, with all that is inside it."""
        action = run.group.actions[index]
        ended = ev.ActionEnded(self.now, action.name, run.repetition, "Skipped", code, error=error)
        self.finish(run, index, ended)
        if action.branches:
            self.push_first("skip_inner", action, run.repetition)

    def skip_all(self, actions: Iterable[PlannedAction], repetition: Repetition, error: SkipError) -> None:
        """Report actions that no branch will ever count as Skipped."""
        for action in actions:
            if self.state.record(action.name, repetition) is None:
                skipped = error(action)
                self.emit(
                    ev.ActionEnded(
                        self.now, action.name, repetition, "Skipped", "ActionSkipped", error=skipped
                    )
                )
            # Also where it is reported already: a crash may have come before what is inside it was.
            if action.branches:
                self.push_first("skip_inner", action, repetition)


def unsaid(action: PlannedAction, code: str) -> Error:
    """Sentences quote what was evaluated, and the history shows them to everybody who may see the run."""
    return {
        "code": code,
        "message": f"'{action.name}' works on secured values, so the reason is not shown: it could quote "
        "them. Try the expression with values that are no secret.",
    }


def fault(what: str, error: Exception) -> Failure:
    """What Millrace did wrong, as the failure of the action that met it."""
    return Failure(
        "InternalServerError",
        f"{what} could not be evaluated because of a fault in Millrace "
        f"({type(error).__name__}: {error}). Please report it together with the definition.",
    )


SkipError = Callable[[PlannedAction], Error]


def worded(code: str, template: str, *parts: str) -> Error:
    """An error with its message and the template the message was made from (reference 10.2)."""
    return {"code": code, "message": template.format(*parts), "messageTemplate": template}


def not_taken(action: PlannedAction) -> Error:
    return worded(
        "ActionBranchingConditionNotSatisfied",
        "The execution of template action '{0}' skipped: the branching condition for this action is not "
        "satisfied.",
        action.name,
    )


def no_items(action: PlannedAction) -> Error:
    return worded(
        "ActionConditionFailed",
        "The execution of template action '{0}' is skipped: there are no items to repeat.",
        action.name,
    )


def depends_on(container: PlannedAction, status: str, code: str) -> SkipError:
    def error(action: PlannedAction) -> Error:
        return worded(
            "ActionDependencyFailed",
            "The execution of template action '{0}' is skipped: dependant action '{1}' completed with status "
            "'{2}' and code '{3}'.",
            action.name,
            container.name,
            status,
            code,
        )

    return error


def not_after(
    action: PlannedAction, predecessor: PlannedAction, wanted: tuple[str, ...], actual: str
) -> Error:
    return worded(
        "ActionConditionFailed",
        "The execution of template action '{0}' is skipped: the 'runAfter' condition for action '{1}' is not "
        "satisfied. Expected status values '{2}' and actual value '{3}'.",
        action.name,
        predecessor.name,
        ", ".join(wanted),
        actual,
    )
