"""What the machine asks of each kind of action. One class per WDL type, one object per action of a plan.

The machine knows shapes, not types: `Immediate` actions are over within the step that starts them, a
`Choice` starts one of its branches, `Items` and `Rounds` repeat theirs, and the others (`Outside`,
`Pause`, `Verdict`, `Answer`, `Child`) ask for something to happen and wait, end the run, or answer the
caller. An action object holds compiled templates and nothing that changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from runtime.engine.events import Error, VariableSet
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action, preview_members
from runtime.language.template import Template
from runtime.language.values import Json

MOST_MESSAGE = 10_000  # characters; a sentence that quotes a value may quote a large one


class Failure(Exception):
    """The action fails with this code and error. `inputs` and `outputs` are what its record shall have."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        error_code: str | None = None,
        inputs: Json = None,
        outputs: Json = None,
        template: str | None = None,
    ) -> None:
        if len(message) > MOST_MESSAGE:
            message = message[:MOST_MESSAGE] + "…"
        super().__init__(message)
        self.code = code
        self.error: Error = {"code": error_code or code, "message": message}
        if template is not None:
            self.error["messageTemplate"] = template
        self.inputs = inputs
        self.outputs = outputs


@dataclass(slots=True)
class Result:
    """How an immediate action ended well."""

    outputs: Json = None
    inputs: Json = None
    code: str = "NotSpecified"
    variables: tuple[VariableSet, ...] = ()


class Compiler(Protocol):
    """What a plan offers while its actions are compiled. Templates that do not parse fail when evaluated."""

    def template(self, value: Json) -> Template: ...
    def condition(self, value: Json) -> Template: ...


class Behaviour:
    """Common part: `templates` are all templates the inputs depend on (for secrets, see `secured`)."""

    shape: ClassVar[str] = ""

    def __init__(self, action: Action, compiler: Compiler) -> None:
        self.action = action
        self.name = action.name
        self.templates: list[Template] = []
        self._compiler = compiler
        self.prepare(action, compiler)
        del self._compiler

    def prepare(self, action: Action, compiler: Compiler) -> None:
        """Compile what is needed."""

    def template(self, value: Json) -> Template:
        """Compile an ordinary template and remember that inputs depend on it."""
        compiled = self._compiler.template(value)
        self.templates.append(compiled)
        return compiled

    def condition(self, value: Json) -> Template:
        """Compile the expression of a condition (reference 7.2)."""
        compiled = self._compiler.condition(value)
        self.templates.append(compiled)
        return compiled


class Immediate(Behaviour):
    """Over at once."""

    shape = "immediate"

    def perform(self, scope: ActionScope) -> Result:
        """Do it. Raises Failure, ExpressionError or Needed; nothing may have happened then."""
        raise NotImplementedError

    def check_inputs(self, scope: ActionScope) -> Json:
        """The evaluated inputs alone, for static results (reference 9.9)."""
        return self.perform(scope).inputs


class Choice(Behaviour):
    """Starts at most one of its branches."""

    shape = "choice"

    def choose(self, scope: ActionScope) -> tuple[Json, str]:
        """Inputs as history shows them, and the key of the branch to take ("" for none)."""
        raise NotImplementedError


class Items(Behaviour):
    """Repeats its actions for each item. `is_nested` is set by the plan: there is such a loop around it."""

    shape = "items"

    is_nested = False

    def parallel(self, scope: ActionScope) -> int:
        """How many turns may be under way together."""
        raise NotImplementedError

    def items(self, scope: ActionScope) -> Json:
        """The array to go through, maybe a Ref. Raises Failure when it is something else."""
        raise NotImplementedError


class Rounds(Behaviour):
    """Repeats its actions until a condition holds."""

    shape = "rounds"

    fail_at_limit: bool

    def limits(self, scope: ActionScope, now: datetime) -> tuple[int, datetime]:
        """Most rounds, and the moment after which no new one starts."""
        raise NotImplementedError

    def is_done(self, scope: ActionScope) -> bool:
        """Whether the round that just ended was the last."""
        raise NotImplementedError


@dataclass(slots=True)
class Request:
    """What an executor shall do."""

    type: str
    inputs: Json
    kind: str = ""


class Outside(Behaviour):
    """Carried out by an executor. `is_webhook` actions then wait to be called back."""

    shape = "outside"

    is_webhook = False
    can_retry = True

    def inputs(self, scope: ActionScope) -> Json:
        """The evaluated inputs as history shows them."""
        raise NotImplementedError

    def request(self, scope: ActionScope, inputs: Json, purpose: str) -> Request:
        """What to execute, given the evaluated inputs; `purpose` as in the command Execute."""
        raise NotImplementedError

    def unsubscribe(self, scope: ActionScope) -> Json:
        """Evaluated inputs of the call that ends a subscription, or None."""
        return None


class Pause(Behaviour):
    """Waits for a moment."""

    shape = "pause"

    def until(self, scope: ActionScope, now: datetime) -> tuple[Json, datetime | None]:
        """Inputs, and the moment; None when it is past."""
        raise NotImplementedError


@dataclass(slots=True)
class Judgement:
    """How a Terminate action ends the run."""

    status: str
    code: str
    error: Error | None
    inputs: Json


class Verdict(Behaviour):
    """Ends the run."""

    shape = "verdict"

    def judge(self, scope: ActionScope) -> Judgement:
        raise NotImplementedError


class Answer(Behaviour):
    """Answers the caller of the workflow."""

    shape = "answer"

    def inputs(self, scope: ActionScope) -> dict[str, Json]:
        """statusCode (an int), headers and body, as far as given."""
        raise NotImplementedError


@dataclass(slots=True)
class Call:
    """Which workflow to start with what."""

    workflow: str
    trigger: str | None
    payload: dict[str, Json]
    wait: bool


class Child(Behaviour):
    """Starts another workflow and waits for its answer."""

    shape = "child"

    def inputs(self, scope: ActionScope) -> Json:
        raise NotImplementedError

    def call(self, inputs: Json) -> Call:
        raise NotImplementedError


class Unsupported(Behaviour):
    """An action of a type that cannot be run here; it fails with a sentence that says so."""

    shape = "unsupported"

    def reason(self) -> str:
        return (
            f"The action '{self.name}' cannot be run: actions of type '{self.action.type}' are not supported "
            "here. Replace it by an operation of the catalogue, or give it a static result to go on without "
            "it."
        )


class OfPreviewSchema(Unsupported):
    """An action that says when or how often it runs in the way of the schemas before 2016."""

    def reason(self) -> str:
        members = " and ".join(f"'{name}'" for name in preview_members(self.action.raw))
        return (
            f"The action '{self.name}' cannot be run: what {members} says in the way of the preview schemas "
            "of 2014 and 2015 is not evaluated here. Put it into a Condition or a For each, or let the "
            "service upgrade the definition (generateUpgradedDefinition)."
        )


BehaviourClass = Callable[[Action, Compiler], Behaviour]
