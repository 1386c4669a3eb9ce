"""Declared parameters and outputs (reference 1.3, 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from runtime.language.definition import Definition, Parameter
from runtime.language.document import Document, Node, pointer_of
from runtime.language.validate.expectations import open_ended
from runtime.language.validate.problems import Problems, below
from runtime.language.values import Json

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "securestring": (str,),
    "int": (int,),
    "integer": (int,),
    "float": (int, float),
    "bool": (bool,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict, list, str, int, float, bool),
    "secureobject": (dict, list, str, int, float, bool),
}


def check_parameters(definition: Definition, supplied: Mapping[str, Json] | None, problems: Problems) -> None:
    values = {name.lower() for name in supplied or {}}
    for parameter in definition.parameters.values():
        given = parameter.name.lower() in values
        _check_parameter(parameter, given, problems)
        if parameter.required and supplied is not None and not given and parameter.name != "$connections":
            problems.warning(
                "WorkflowParameterMissing",
                parameter.pointer,
                f"The parameter '{parameter.name}' has no default and no value was supplied: runs cannot "
                "start without.",
            )


def _check_parameter(parameter: Parameter, given: bool, problems: Problems) -> None:
    kinds = _KINDS.get(parameter.type.lower())
    if kinds is None:
        if not open_ended(parameter.type):
            problems.error(
                "InvalidTemplate",
                below(parameter.pointer, "type"),
                f"The parameter '{parameter.name}' has the type '{parameter.type}': use String, "
                "SecureString, Int, Float, "
                "Bool, Array, Object or SecureObject.",
            )
        return
    if parameter.default is None or open_ended(parameter.default):
        return
    severity = problems.warning if given else problems.error  # a default that is not used does no harm
    if not _fits(parameter.default, kinds):
        severity(
            "InvalidTemplate",
            below(parameter.pointer, "defaultValue"),
            f"The default of the parameter '{parameter.name}' is not of its type {parameter.type}.",
        )
    elif parameter.allowed is not None and parameter.default not in parameter.allowed:
        severity(
            "InvalidTemplate",
            below(parameter.pointer, "defaultValue"),
            f"The default of the parameter '{parameter.name}' is not among its allowed values.",
        )


def _fits(value: Json, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, kinds)


def check_outputs(definition: Definition, problems: Problems) -> None:
    for name, output in definition.outputs.items():
        place = pointer_of("outputs", name)
        if not isinstance(output, dict) or "value" not in output:
            problems.error("InvalidTemplate", place, f"The output '{name}' needs a 'value'.")
        elif str(output.get("type")).lower() not in _KINDS:
            problems.error(
                "InvalidTemplate",
                place,
                f"The output '{name}' needs a type: String, Int, Float, Bool, Array or Object.",
            )


def check_duplicates(document: Document, definition: Node, problems: Problems) -> None:
    """Members written twice in one object: every reader sees only the last."""
    waiting: list[tuple[Node, tuple[str | int, ...]]] = [(definition, ())]
    while waiting:
        node, path = waiting.pop()
        seen: set[str] = set()
        for member in node.members:
            if member.name in seen:
                problems.warning(
                    "DuplicateMember",
                    pointer_of(*path, member.name),
                    f"'{member.name}' is written more than once in the same object: only the last one "
                    "counts.",
                )
            seen.add(member.name)
            waiting.append((member.value, (*path, member.name)))
        waiting.extend((item, (*path, index)) for index, item in enumerate(node.items))
