"""Triggers: known types, required members, recurrences (reference 5)."""

from __future__ import annotations

from typing import Final

from runtime.language.definition import TRIGGER_TYPES, Definition, Trigger
from runtime.language.document import pointer_of
from runtime.language.expressions.errors import TemplateError
from runtime.language.expressions.functions.zones import find_zone
from runtime.language.template import compile_template
from runtime.language.validate.expectations import (
    OFFSET,
    Shape,
    an_array,
    an_object,
    array_or,
    duration,
    integer,
    non_empty_text,
    one_of,
    open_ended,
    text,
    timestamp,
)
from runtime.language.validate.inputs import check_retry
from runtime.language.validate.problems import Problems, below, listed
from runtime.language.values import Json

_POLLING: Final = frozenset({"Http", "Recurrence", "SlidingWindow"})
_FOREIGN: Final = frozenset({"none", "binding", "apiapp", "eventgrid"})
_INTERVALS: Final = {
    "second": 9_999_999,
    "minute": 72_000,
    "hour": 12_000,
    "day": 500,
    "week": 71,
    "month": 16,
    "year": 100,
}
_DAYS: Final = one_of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def check_triggers(definition: Definition, problems: Problems) -> None:
    written = definition.raw.get("triggers")
    for name, item in written.items() if isinstance(written, dict) else ():
        if not isinstance(item, dict):
            problems.error(
                "InvalidTemplate", pointer_of("triggers", name), f"The trigger '{name}' must be an object."
            )
    if not definition.triggers and definition.actions:
        problems.info(
            "WorkflowWithoutTrigger",
            "/triggers",
            "There is no trigger: only people and tests can start this.",
        )
    for trigger in definition.triggers.values():
        _check_type(trigger, problems)
        _check_inputs(trigger, problems)
        _check_recurrence(trigger, problems)
        _check_settings(trigger, problems)


def _check_type(trigger: Trigger, problems: Problems) -> None:
    kind = trigger.raw.get("type")
    if not isinstance(kind, str) or not kind:
        problems.error(
            "WorkflowTriggerTypeUnsupported", trigger.pointer, f"The trigger '{trigger.name}' has no type."
        )
    elif trigger.type not in TRIGGER_TYPES:
        place = below(trigger.pointer, "type")
        if kind.lower() in _FOREIGN:
            problems.warning(
                "WorkflowTriggerTypeUnsupported",
                place,
                f"Nothing here fires triggers of type '{kind}': it is kept.",
            )
        else:
            problems.error("WorkflowTriggerTypeUnsupported", place, f"There is no trigger type '{kind}'.")


def _shape(trigger: Trigger, problems: Problems, *path: str) -> Shape:
    whole = Shape(
        problems,
        trigger.pointer,
        f"the trigger '{trigger.name}'",
        dict(trigger.raw),
        "WorkflowTriggerInputsPropertyMissing",
        "WorkflowTriggerInputsPropertyInvalid",
    )
    return whole.inner(*path) if path else whole


def _check_inputs(trigger: Trigger, problems: Problems) -> None:
    shape = _shape(trigger, problems)
    inputs = _shape(trigger, problems, "inputs")
    shape.allows("inputs", an_object)
    if trigger.type == "Request":
        inputs.allows("method", text)
        inputs.allows("relativePath", text)
        inputs.allows("schema", _schema)
        _check_path(trigger, problems)
    elif trigger.type == "Http":
        shape.requires("inputs", an_object)
        inputs.requires("method", text)
        inputs.requires("uri", non_empty_text)
        check_retry(inputs)
    elif trigger.type == "HttpWebhook":
        shape.requires("inputs", an_object)
        inputs.requires("subscribe", an_object)
        check_retry(inputs.inner("subscribe"))
        check_retry(inputs.inner("unsubscribe"))
    elif trigger.type.startswith(("ApiConnection", "OpenApiConnection")):
        shape.requires("inputs", an_object)
        inputs.requires("host", an_object)
        check_retry(inputs)
    elif trigger.type == "SlidingWindow":
        inputs.allows("delay", duration)
        shape.inner("recurrence").advises("schedule", _no_schedule)
    elif trigger.type == "Batch":
        _check_batch(inputs)


def _check_path(trigger: Trigger, problems: Problems) -> None:
    """A relative path needs a method (reference 5.5)."""
    inputs = trigger.inputs if isinstance(trigger.inputs, dict) else {}
    if inputs.get("relativePath") and not inputs.get("method"):
        problems.error(
            "WorkflowTriggerInputsPropertyMissing",
            below(trigger.pointer, "inputs"),
            f"The trigger '{trigger.name}' has a relative path, so it needs a 'method' as well.",
        )


def _check_batch(inputs: Shape) -> None:
    inputs.requires("mode", one_of("Inline", "IntegrationAccount"))
    configurations = inputs.value.get("configurations") if isinstance(inputs.value, dict) else None
    for name in configurations if isinstance(configurations, dict) else ():
        criteria = inputs.inner("configurations", name, "releaseCriteria")
        if not criteria.value:
            inputs.problems.warning(
                "WorkflowTriggerInputsPropertyMissing",
                below(inputs.pointer, "configurations", name),
                f"The batch '{name}' is never released: give it a 'messageCount', a 'batchSize' or a "
                "'recurrence' under 'releaseCriteria'.",
            )
        criteria.allows("messageCount", integer(1, 8_000))
        criteria.allows("batchSize", integer(1, 83_886_080))


def _check_recurrence(trigger: Trigger, problems: Problems) -> None:
    written = trigger.raw.get("recurrence")
    if written is None:
        if trigger.type in _POLLING:
            problems.error(
                "InvalidWorkflowTriggerRecurrence",
                trigger.pointer,
                f"The trigger '{trigger.name}' of type {trigger.type} needs a 'recurrence' that says how "
                "often.",
            )
        return
    if open_ended(written):
        return
    place = below(trigger.pointer, "recurrence")
    what = f"the recurrence of '{trigger.name}'"
    code = "InvalidWorkflowTriggerRecurrence"
    if not isinstance(written, dict):
        problems.error(code, place, f"{what[0].upper()}{what[1:]} must be an object.")
        return
    shape = Shape(problems, place, what, written, code, code)
    shape.requires("frequency", one_of("Second", "Minute", "Hour", "Day", "Week", "Month", "Year"))
    frequency = str(written.get("frequency")).lower()
    shape.requires("interval", integer(1, _INTERVALS.get(frequency, 9_999_999)))
    shape.allows("startTime", timestamp)
    shape.allows("endTime", timestamp)
    shape.allows("timeZone", _time_zone)
    start = written.get("startTime")
    if isinstance(start, str) and OFFSET.search(start):
        problems.warning(
            code,
            below(place, "startTime"),
            f"The start of {what} has an offset: use Z, or 'timeZone' beside it.",
        )
    if written.get("schedule") is not None:
        _check_schedule(shape, frequency)


def _time_zone(value: Json) -> str | None:
    if isinstance(value, str) and find_zone(value) is not None:
        return None
    return f"must be the name of a Windows time zone such as 'W. Europe Standard Time', not '{value}'"


def _day_of_month(value: Json) -> str | None:
    wrong = integer(-31, 31)(value)
    return wrong or ("must lie between 1 and 31, or count from the end" if str(value) == "0" else None)


def _no_schedule(value: Json) -> str | None:
    return "means nothing: windows follow each other without gaps" if value else None


def _schema(value: Json) -> str | None:
    """Newer schemas may be true or false."""
    return None if isinstance(value, dict | bool) else "must be an object, a JSON schema"


def _check_schedule(recurrence: Shape, frequency: str) -> None:
    recurrence.allows("schedule", an_object)
    schedule = recurrence.inner("schedule")
    schedule.wrong_code = "InvalidWorkflowTriggerRecurrenceSchedule"
    schedule.allows("hours", array_or(integer(0, 23)))
    schedule.allows("minutes", array_or(integer(0, 59)))
    schedule.allows("weekDays", array_or(_DAYS))
    schedule.allows("monthDays", array_or(_day_of_month))
    schedule.allows("monthlyOccurrences", an_array)
    _check_frequency(schedule, frequency)
    if isinstance(schedule.value, dict) and schedule.value and frequency in ("second", "minute", "hour"):
        schedule.problems.warning(
            schedule.wrong_code,
            schedule.pointer,
            f"A schedule has no meaning with the frequency {frequency.capitalize()}: use Day, Week or Month.",
        )


def _check_frequency(schedule: Shape, frequency: str) -> None:
    """Which members of a schedule go with which frequency (reference 5.2)."""
    if not isinstance(schedule.value, dict):
        return
    wanted = {"weekDays": ("week", "month"), "monthDays": ("month",), "monthlyOccurrences": ("month",)}
    for name, frequencies in wanted.items():
        if (
            schedule.value.get(name)
            and frequency in ("day", "week", "month")
            and frequency not in frequencies
        ):
            schedule.problems.warning(
                schedule.wrong_code,
                below(schedule.pointer, name),
                f"'{name}' has no meaning with the frequency {frequency.capitalize()}.",
            )


def _check_extension(shape: Shape, trigger: Trigger, problems: Problems) -> None:
    """What only this product knows of a trigger (`runtime.triggers.authored`)."""
    extension = shape.inner("metadata", "millrace")
    if extension.value is None:
        return
    catch_up, same = extension.inner("catchUp"), extension.inner("deduplicate")
    catch_up.allows("policy", one_of("Skip", "Once", "All"))
    catch_up.allows("most", integer(1, 1_000))
    same.requires("key", non_empty_text)
    same.allows("window", duration)
    for name, found, types in (
        ("catchUp", catch_up, ["Recurrence"]),
        ("deduplicate", same, ["Request", "HttpWebhook", "Http"]),
    ):
        if found.value is not None and trigger.type not in types:
            problems.warning(
                "PropertyNotAllowed",
                found.pointer,
                f"'{name}' means nothing for a trigger of type {trigger.type}: it is for {listed(types)}.",
            )
    key = same.value.get("key") if isinstance(same.value, dict) else None
    if not isinstance(key, str) or not key.strip():
        return
    try:
        literal = compile_template(key).literal
    except TemplateError as error:
        problems.error("InvalidTemplate", below(same.pointer, "key"), str(error))
        return
    if literal:
        problems.warning(
            "WorkflowTriggerInputsPropertyInvalid",
            below(same.pointer, "key"),
            f"The key of 'deduplicate' of the trigger '{trigger.name}' is always the same text, so only the "
            "first arrival of a window starts a run. Use an expression such as @triggerBody()?['id'].",
        )


def _check_conditions(trigger: Trigger, problems: Problems) -> None:
    """Text that is no expression is never true, so nothing would ever start (reference 5.11)."""
    for number, condition in enumerate(trigger.conditions):
        if isinstance(condition, str) and not condition.startswith("@"):
            problems.warning(
                "WorkflowTriggerInputsPropertyInvalid",
                below(trigger.pointer, "conditions", str(number)),
                f"Condition {number + 1} of the trigger '{trigger.name}' is plain text and never true, so "
                "no run would start. Put an @ before the expression.",
            )


def _check_settings(trigger: Trigger, problems: Problems) -> None:
    shape = _shape(trigger, problems)
    _check_extension(shape, trigger, problems)
    shape.allows("conditions", an_array)
    _check_conditions(trigger, problems)
    shape.allows("splitOn", text)
    concurrency = shape.inner("runtimeConfiguration", "concurrency")
    concurrency.allows("runs", integer(1, 100))
    concurrency.allows("maximumWaitingRuns", integer(1, 200))
    if "singleinstance" in trigger.operation_options and isinstance(concurrency.value, dict):
        problems.warning(
            "PropertyNotAllowed",
            concurrency.pointer,
            f"The trigger '{trigger.name}' has both SingleInstance and a concurrency limit: choose one.",
        )
