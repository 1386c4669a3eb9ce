"""Members beside the inputs: which exist, and what they may say (reference 5.1, 6.1, 8.7, 8.8, 9.8)."""

from __future__ import annotations

from typing import Final

from runtime.language.definition import Action, Definition, Trigger, preview_members
from runtime.language.document import pointer_of
from runtime.language.inline_code import actions_named_in
from runtime.language.validate.expectations import Shape, array_or, duration, integer, one_of, text
from runtime.language.validate.problems import Problems, below, listed
from runtime.language.validate.structure import Outline


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DEFINITION: Final = _words(
    """$schema contentVersion parameters staticResults triggers actions outputs description metadata
    definition kind"""
)
_STEP: Final = _words(
    """type kind inputs description metadata runtimeConfiguration operationOptions correlation conditions
    transitions evaluatedRecurrence recurrence splitOn splitOnConfiguration trackedProperties limit"""
)
_ACTION: Final = _STEP | _words("runAfter actions else cases default expression foreach tools until")
_OPTIONS: Final = _words(
    """disableasyncpattern disableautomaticdecompression includeauthorizationheadersinoutputs
    enableschemavalidation singleinstance sequential asynchronous failwhenlimitsreached
    suppressworkflowheaders suppressworkflowheadersonresponse optimizedforhighthroughput none"""
)
_WITHOUT_SECURED_INPUTS: Final = _words(
    """InitializeVariable SetVariable IncrementVariable DecrementVariable AppendToArrayVariable
    AppendToStringVariable Foreach If Recurrence Scope Switch Terminate Until"""
)
_WITHOUT_SECURED_OUTPUTS: Final = _WITHOUT_SECURED_INPUTS | _words("Compose ParseJson Response Wait")


def check_settings(outline: Outline, problems: Problems) -> None:
    definition = outline.definition
    _check_members(definition, problems)
    for trigger in definition.triggers.values():
        _check_step(trigger, _STEP, problems)
    for sibling in outline.every():
        action = sibling.action
        _check_step(action, _ACTION, problems)
        _check_action(action, problems)
        _check_static_result(action, definition, problems)
        if action.type == "JavaScriptCode":
            _check_code(action, outline, problems)
    _check_static_results(definition, problems)


def _check_members(definition: Definition, problems: Problems) -> None:
    for name in sorted(definition.raw.keys() - _DEFINITION):
        problems.warning(
            "PropertyNotAllowed",
            pointer_of(name),
            f"A definition has no member '{name}': it is kept, but means nothing.",
        )


def _shape(step: Trigger | Action, problems: Problems) -> Shape:
    code = (
        "WorkflowTriggerInputsPropertyInvalid"
        if isinstance(step, Trigger)
        else "WorkflowRunActionInputsInvalidProperty"
    )
    return Shape(problems, step.pointer, f"'{step.name}'", dict(step.raw), "PropertyNotSpecified", code)


def _check_step(step: Trigger | Action, members: frozenset[str], problems: Problems) -> None:
    told = {"repeat"} if isinstance(step, Action) else set()  # by _check_action
    for name in sorted(step.raw.keys() - members - told):
        hint = " It belongs into 'inputs'." if name in ("retryPolicy", "authentication") else ""
        problems.warning(
            "PropertyNotAllowed",
            below(step.pointer, name),
            f"'{step.name}' has a member '{name}', which means nothing there.{hint}",
        )
    unknown = sorted(step.operation_options - _OPTIONS)
    if unknown:
        problems.warning(
            "PropertyNotAllowed",
            below(step.pointer, "operationOptions"),
            f"'{step.name}' has operation options that do not exist: {listed(unknown)}.",
        )
    shape = _shape(step, problems)
    shape.allows("operationOptions", text)
    shape.inner("limit").allows("timeout", duration)
    secure = shape.inner("runtimeConfiguration", "secureData")
    secure.allows("properties", array_or(one_of("inputs", "outputs")))
    _check_secured(step, secure, problems)


def _check_secured(step: Trigger | Action, secure: Shape, problems: Problems) -> None:
    """What cannot be hidden in the history, and tracked properties that would show it."""
    wanted = secure.value.get("properties") if isinstance(secure.value, dict) else None
    hidden = {str(one).lower() for one in wanted} if isinstance(wanted, list) else set()
    without = {"inputs": _WITHOUT_SECURED_INPUTS, "outputs": _WITHOUT_SECURED_OUTPUTS}
    for what, types in without.items():
        if what in hidden and step.type in types:
            problems.warning(
                "PropertyNotAllowed",
                below(secure.pointer, "properties"),
                f"The {what} of '{step.name}' cannot be secured, as its type is {step.type}.",
            )
    if hidden and isinstance(step, Action) and step.tracked_properties is not None:
        problems.warning(
            "PropertyNotAllowed",
            below(step.pointer, "trackedProperties"),
            f"'{step.name}' is secured, so it cannot have tracked properties: they show what is hidden.",
        )


def _check_action(action: Action, problems: Problems) -> None:
    shape = _shape(action, problems)
    for name in preview_members(action.raw):
        problems.warning(
            "PropertyNotAllowed",
            below(action.pointer, name),
            f"'{action.name}' fails here: '{name}' of the preview schemas of 2014 and 2015 is not evaluated. "
            "Put it into a Condition or a For each, or let the service upgrade the definition.",
        )
    shape.inner("limit").allows("count", integer(1, 5_000))
    configuration = shape.inner("runtimeConfiguration")
    configuration.inner("concurrency").allows("repetitions", integer(1, 50))
    configuration.inner("paginationPolicy").allows("minimumItemCount", integer(1, 100_000))
    configuration.inner("contentTransfer").allows("transferMode", one_of("Chunked"))
    configuration.inner("requestOptions").allows("timeout", duration)


def _check_code(action: Action, outline: Outline, problems: Problems) -> None:
    """Names in a script are no expressions, so a rename elsewhere may have left them behind."""
    for name, where in actions_named_in(action.inputs).items():
        if outline.find(name) is None:
            problems.warning(
                "InvalidTemplate",
                f"{below(action.pointer, 'inputs')}{where}",
                f"The script of '{action.name}' reads the action '{name}', which is not defined. Check its "
                "spelling, or whether it was renamed or removed.",
            )


_STATIC_STATUSES: Final = ("Succeeded", "Failed", "Skipped", "TimedOut", "Cancelled")
_STATIC_NEEDS: Final = {"succeeded": "outputs", "failed": "error"}


def _check_static_results(definition: Definition, problems: Problems) -> None:
    """What stands under `staticResults` (reference 9.9)."""
    for name, given in definition.static_results.items():
        status = given.get("status") if isinstance(given, dict) else None
        known = isinstance(status, str) and status.lower() in map(str.lower, _STATIC_STATUSES)
        needed = _STATIC_NEEDS.get(status.lower()) if isinstance(status, str) else None
        if not known:
            sentence = f"needs a 'status': one of {listed(list(_STATIC_STATUSES))}."
        elif needed is not None and isinstance(given, dict) and needed not in given:
            sentence = f"has the status {status}, so it needs '{needed}'."
        else:
            continue
        problems.warning(
            "PropertyNotSpecified",
            pointer_of("staticResults", name),
            f"The static result '{name}' {sentence}",
        )


def _check_static_result(action: Action, definition: Definition, problems: Problems) -> None:
    mock = _shape(action, problems).inner("runtimeConfiguration", "staticResult")
    name = mock.value.get("name") if isinstance(mock.value, dict) else None
    enabled = isinstance(mock.value, dict) and str(mock.value.get("staticResultOptions")).lower() == "enabled"
    options = mock.value.get("staticResultOptions") if isinstance(mock.value, dict) else None
    if options is not None and str(options).lower() not in ("enabled", "disabled"):
        problems.warning(
            "PropertyNotAllowed",
            below(mock.pointer, "staticResultOptions"),
            f"The static result of '{action.name}' must be Enabled or Disabled, not '{options}': it is off.",
        )
    if enabled and isinstance(name, str) and name not in definition.static_results:
        problems.error(
            "InvalidStaticResultName",
            below(mock.pointer, "name"),
            f"'{action.name}' is set to answer with the static result '{name}', "
            "which 'staticResults' does not have.",
        )
