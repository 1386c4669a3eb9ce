"""Limits of the service (reference 13). The runtime here has room for more, so going beyond them is a
warning.
"""

from __future__ import annotations

from typing import Final

from runtime.language.definition import TRIGGER_TYPES, Action, Definition, Trigger
from runtime.language.document import pointer_of
from runtime.language.validate.expectations import Check, Shape, lasting
from runtime.language.validate.problems import Problems, below
from runtime.language.validate.structure import Outline
from runtime.language.values import Json, dumps

ACTIONS: Final = 500
DEPTH: Final = 8
TRIGGERS: Final = 10
NAME: Final = 80
OUTPUTS: Final = 10
PARAMETERS: Final = {"consumption": 50}
PARAMETERS_OF_STANDARD: Final = 500
DESCRIPTION: Final = 256
CASES: Final = 25
VARIABLES: Final = 250
TRACKED: Final = 8_000
ADDRESS: Final = 16_384
SCRIPT: Final = {"consumption": 1_024}
SCRIPT_OF_STANDARD: Final = 100_000
CHUNK: Final = 52_428_800
ROUNDS_OF_STATELESS: Final = 100

_PUSHED: Final = frozenset(
    {
        "Request",
        "HttpWebhook",
        "ApiConnectionWebhook",
        "ApiConnectionNotification",
        "OpenApiConnectionWebhook",
        "OpenApiConnectionNotification",
        "ServiceProvider",
        "Agent",
    }
)


def check_limits(outline: Outline, kind: str, problems: Problems) -> None:
    """`kind` in lower case, "" where nothing says it."""
    definition = outline.definition
    count = sum(1 for _ in outline.every())
    _exceeded(problems, "/actions", count, ACTIONS, "actions")
    _exceeded(problems, "/triggers", len(definition.triggers), TRIGGERS, "triggers")
    _exceeded(problems, "/outputs", len(definition.outputs), OUTPUTS, "outputs")
    most = PARAMETERS.get(kind, PARAMETERS_OF_STANDARD)
    _exceeded(problems, "/parameters", len(definition.parameters), most, "parameters")
    variables = sum(1 for sibling in outline.every() if sibling.action.type == "InitializeVariable")
    _exceeded(problems, "/actions", variables, VARIABLES, "variables")
    _check_descriptions(definition, problems)
    for trigger in definition.triggers.values():
        _check_trigger(trigger, kind, problems)
    for siblings in outline.lists:
        if siblings.depth == DEPTH + 2 and siblings.members:
            problems.warning(
                "WorkflowNestingTooDeep",
                siblings.pointer,
                f"Containers nest deeper than {DEPTH} levels here: Logic Apps would refuse it.",
            )
    for sibling in outline.every():
        action = sibling.action
        if len(action.name) > NAME:
            _long_name(problems, action.pointer, action.name)
        _check_action(action, kind, problems)
        if action.type == "Switch":
            cases = action.raw.get("cases")
            _exceeded(
                problems,
                below(action.pointer, "cases"),
                len(cases) if isinstance(cases, dict) else 0,
                CASES,
                "cases",
            )
        if action.tracked_properties is not None and len(dumps(action.tracked_properties)) > TRACKED:
            problems.warning(
                "TrackedPropertiesSizeLimitExceeded",
                below(action.pointer, "trackedProperties"),
                f"The tracked properties have more than {TRACKED:,} characters.",
            )


def _check_trigger(trigger: Trigger, kind: str, problems: Problems) -> None:
    if kind == "stateless" and trigger.type not in _PUSHED and trigger.type in TRIGGER_TYPES:
        problems.warning(
            "WorkflowTriggerTypeUnsupported",
            below(trigger.pointer, "type"),
            f"The trigger '{trigger.name}' of type {trigger.type} is none that is called from outside; Logic "
            "Apps takes no other for a stateless workflow.",
        )


def _check_action(action: Action, kind: str, problems: Problems) -> None:
    shape = _shape(action, problems)
    transfer = shape.inner("runtimeConfiguration", "contentTransfer")
    transfer.advises("uploadChunkSize", _at_most(CHUNK))
    transfer.advises("downloadChunkSize", _at_most(CHUNK))
    if action.type == "Until":
        _check_until(shape.inner("limit"), kind)
    if action.type == "Http":
        shape.inner("inputs").advises("uri", _no_longer_than(ADDRESS))
    if action.type == "JavaScriptCode":
        most = SCRIPT.get(kind, SCRIPT_OF_STANDARD)
        shape.inner("inputs").advises("code", _no_longer_than(most))


def _check_until(limit: Shape, kind: str) -> None:
    """A stateless workflow turns less often, and no longer than it may run (reference 9.6)."""
    if kind != "stateless":
        limit.advises("timeout", lasting("PT0S", "P90D"), " No run lasts longer.")
        return
    limit.advises("count", _at_most(ROUNDS_OF_STATELESS), " A stateless workflow turns no more often.")
    limit.advises("timeout", lasting("PT0S", "PT5M"), " A stateless run lasts no longer.")


def _shape(step: Trigger | Action, problems: Problems) -> Shape:
    code = "WorkflowLimitExceeded"
    return Shape(problems, step.pointer, f"'{step.name}'", dict(step.raw), code, code)


def _at_most(most: int) -> Check:
    def check(value: Json) -> str | None:
        number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
        exceeds = isinstance(number, int | float) and number > most
        return f"is {number:,}; Logic Apps takes at most {most:,}" if exceeds else None

    return check


def _no_longer_than(most: int) -> Check:
    def check(value: Json) -> str | None:
        if not isinstance(value, str) or len(value) <= most:
            return None
        return f"has {len(value):,} characters; Logic Apps takes at most {most:,}"

    return check


def _exceeded(problems: Problems, pointer: str, count: int, limit: int, what: str) -> None:
    if count > limit:
        problems.warning(
            "WorkflowLimitExceeded",
            pointer,
            f"There are {count:,} {what}; Logic Apps takes at most {limit:,}.",
        )


def _long_name(problems: Problems, pointer: str, name: str) -> None:
    problems.warning(
        "InvalidWorkflowRunActionName",
        pointer,
        f"The name '{name[:40]}…' has {len(name)} characters; Logic Apps takes at most {NAME}.",
    )


def _check_descriptions(definition: Definition, problems: Problems) -> None:
    _description(problems, "", definition.raw.get("description"), "WorkflowDescriptionTooLong")
    for trigger in definition.triggers.values():
        _description(problems, trigger.pointer, trigger.raw.get("description"), "TriggerDescriptionTooLong")
        if len(trigger.name) > NAME:
            _long_name(problems, trigger.pointer, trigger.name)
    for action in definition.every_action():
        _description(problems, action.pointer, action.raw.get("description"), "ActionDescriptionTooLong")


def _description(problems: Problems, pointer: str, value: Json, code: str) -> None:
    if isinstance(value, str) and len(value) > DESCRIPTION:
        problems.info(
            code,
            pointer + pointer_of("description"),
            f"The description has {len(value)} characters; Logic Apps keeps at most {DESCRIPTION}.",
        )
