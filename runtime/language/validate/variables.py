"""Variables: declared once, before they are used, with values that fit, and not raced for (reference
6.15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from runtime.language.definition import Action
from runtime.language.validate.expectations import open_ended
from runtime.language.validate.problems import Problems, below
from runtime.language.validate.references import Use
from runtime.language.validate.structure import Outline, Sibling
from runtime.language.values import Json

_WRITERS: Final = frozenset(
    [
        "SetVariable",
        "AppendToArrayVariable",
        "AppendToStringVariable",
        "IncrementVariable",
        "DecrementVariable",
    ]
)
_WANTED: Final = {
    "IncrementVariable": ("integer", "float"),
    "DecrementVariable": ("integer", "float"),
    "AppendToArrayVariable": ("array",),
    "AppendToStringVariable": ("string",),
}


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type: str
    initialised: Sibling
    pointer: str


def check_variables(outline: Outline, uses: list[Use], problems: Problems) -> None:
    declared = _declared(outline, problems)
    for use in uses:
        if use.reference.function.lower() == "variables":
            _check_read(use, declared, outline, problems)
    for sibling in outline.every():
        if sibling.action.type in _WRITERS:
            _check_write(sibling, declared, outline, problems)
    _check_races(outline, problems)
    _check_self_reference(uses, problems)


def _declared(outline: Outline, problems: Problems) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for sibling in outline.every():
        if sibling.action.type != "InitializeVariable":
            continue
        inputs = sibling.action.inputs
        listed = inputs.get("variables") if isinstance(inputs, dict) else None
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            name = item.get("name") if isinstance(item, dict) else None
            if not isinstance(name, str) or not isinstance(item, dict):
                continue
            place = below(sibling.action.pointer, "inputs", "variables", index)
            first = found.get(name.lower())
            if first is not None:
                problems.error(
                    "InvalidVariableName",
                    below(place, "name"),
                    f"The variable '{name}' is initialised twice: also by '{first.initialised.action.name}'. "
                    "Set it "
                    "the second time, or use another name.",
                )
                continue
            found[name.lower()] = Variable(name, str(item.get("type")).lower(), sibling, place)
    return found


def _check_read(use: Use, declared: dict[str, Variable], outline: Outline, problems: Problems) -> None:
    name, context = use.reference.name, use.context
    variable = declared.get(name.lower())
    if variable is None:
        problems.error(
            "InvalidVariableName",
            use.pointer,
            f"In {context.where}: the variable '{name}' is not initialised anywhere. Add an "
            "InitializeVariable action.",
            use.span,
        )
    elif context.reader is not None and not outline.finished_before(variable.initialised, context.reader):
        problems.error(
            "InvalidVariableName",
            use.pointer,
            f"In {context.where}: the variable '{name}' need not be initialised yet: "
            f"'{variable.initialised.action.name}' does not come before. Let it run after that.",
            use.span,
        )


def _check_write(
    sibling: Sibling, declared: dict[str, Variable], outline: Outline, problems: Problems
) -> None:
    action = sibling.action
    inputs = action.inputs if isinstance(action.inputs, dict) else {}
    name = inputs.get("name")
    if not isinstance(name, str) or open_ended(name):
        return
    place = below(action.pointer, "inputs", "name")
    variable = declared.get(name.lower())
    if variable is None:
        problems.error(
            "InvalidVariableName",
            place,
            f"'{action.name}' writes the variable '{name}', which is not initialised anywhere. Add an "
            "InitializeVariable action at the top level.",
        )
        return
    if not outline.finished_before(variable.initialised, sibling):
        problems.error(
            "InvalidVariableName",
            place,
            f"'{action.name}' writes the variable '{name}' before it need be initialised: "
            f"'{variable.initialised.action.name}' does not come before. Let it run after that.",
        )
    wanted = _WANTED.get(action.type)
    if wanted and variable.type not in wanted and not open_ended(variable.type):
        problems.error(
            "WorkflowRunActionInputsInvalidProperty",
            place,
            f"'{action.name}' of type {action.type} needs a variable of type {' or '.join(wanted)}, but "
            f"'{name}' is of "
            f"type {variable.type}.",
        )
    _check_value(action, variable, inputs.get("value"), problems)


def _check_value(action: Action, variable: Variable, value: Json, problems: Problems) -> None:
    """Literals that cannot fit; null is taken by strings, arrays and objects, integers by floats."""
    if value is None or open_ended(value):
        return
    if action.type == "SetVariable":
        wanted = variable.type
    elif action.type in ("IncrementVariable", "DecrementVariable"):
        wanted = "float"
    else:
        return
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str),
        "integer": numeric and isinstance(value, int),
        "float": numeric,
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }.get(wanted, True)
    if not fits:
        problems.error(
            "WorkflowRunActionInputsInvalidProperty",
            below(action.pointer, "inputs", "value"),
            f"'{action.name}' gives the variable '{variable.name}' of type {variable.type} a value of "
            "another type.",
        )


def _check_self_reference(uses: list[Use], problems: Problems) -> None:
    """SetVariable may not read the variable it sets (reference 6.15)."""
    for use in uses:
        reader = use.context.reader
        if (
            reader is None
            or reader.action.type != "SetVariable"
            or use.reference.function.lower() != "variables"
        ):
            continue
        inputs = reader.action.inputs if isinstance(reader.action.inputs, dict) else {}
        name = inputs.get("name")
        inside_value = use.pointer.startswith(below(reader.action.pointer, "inputs", "value"))
        if inside_value and isinstance(name, str) and name.lower() == use.reference.name.lower():
            problems.error(
                "WorkflowRunActionInputsInvalidProperty",
                use.pointer,
                f"The inputs of workflow run action '{reader.action.name}' of type 'SetVariable' are not "
                "valid. Self "
                f"reference is not supported when updating the value of variable '{name}'. Compose the new "
                "value "
                "first and set it from there.",
                use.span,
            )


def _check_races(outline: Outline, problems: Problems) -> None:
    """Parallel iterations share one variable: what they set, others read or overwrite (reference 6.15)."""
    for sibling in outline.every():
        action = sibling.action
        if action.type != "SetVariable":
            continue
        loops = [outer.action for outer in sibling.enclosing() if outer.action.type == "Foreach"]
        if loops and _parallel(loops[-1]):  # only the outermost Foreach runs in parallel (reference 7.4)
            inputs = action.inputs if isinstance(action.inputs, dict) else {}
            problems.warning(
                "VariableRace",
                action.pointer,
                f"'{action.name}' sets the variable '{inputs.get('name')}' in the loop '{loops[-1].name}', "
                "whose "
                "iterations run in parallel and share it. Run the loop sequentially, or use a Compose action "
                "instead.",
            )


def _parallel(loop: Action) -> bool:
    concurrency = loop.runtime_configuration.get("concurrency")
    repetitions = concurrency.get("repetitions") if isinstance(concurrency, dict) else None
    return "sequential" not in loop.operation_options and str(repetitions) != "1"
