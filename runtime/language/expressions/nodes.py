"""The tree of an expression. Spans are half open and count characters of the expression text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from runtime.language.values import Json, json_string


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, boolean or null. `source` is its spelling."""

    value: Json
    kind: str  # "string", "integer", "float", "boolean", "null"
    source: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """One member or index access behind a call; `safe` when written with `?`."""

    key: Node
    safe: bool
    dotted: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function call and the accesses that follow it: only calls can be dereferenced (reference 2.4)."""

    name: str
    arguments: tuple[Node, ...]
    steps: tuple[Step, ...]
    start: int
    end: int


Node: TypeAlias = Literal | Call


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that an expression reads.

    The literal argument of `function`, with the span between its quotes.
    """

    function: str
    name: str
    start: int
    end: int


# What the first argument of a function names, when it is a literal: a field of template.References.
NAMING = {
    "actions": "actions",
    "outputs": "actions",
    "actionoutputs": "actions",
    "body": "actions",
    "actionbody": "actions",
    "formdatavalue": "actions",
    "formdatamultivalues": "actions",
    "multipartbody": "actions",
    "variables": "variables",
    "parameters": "parameters",
    "items": "loops",
    "iterationindexes": "loops",
    "result": "scopes",
    "appsetting": "app_settings",
}


def print_tree(node: Node) -> str:
    """One line that shows the whole tree; the canvas prints the same line for the same text."""
    if isinstance(node, Literal):
        if node.kind == "string":
            return json_string(node.value)
        return node.source.lower() if node.kind in ("boolean", "null") else f"{node.kind}:{node.source}"
    text = f"{node.name}({', '.join(map(print_tree, node.arguments))})"
    for step in node.steps:
        mark = "?" if step.safe else ""
        key = print_tree(step.key)
        text += f"{mark}.{key}" if step.dotted else f"{mark}[{key}]"
    return text


def references(node: Node) -> list[Reference]:
    """Every literal name the expression reads, in the order of the text."""
    found: list[Reference] = []
    _collect(node, found)
    return found


def _collect(node: Node, found: list[Reference]) -> None:
    if isinstance(node, Literal):
        return
    if node.arguments and node.name.lower() in NAMING:
        name = node.arguments[0]
        if isinstance(name, Literal) and name.kind == "string":
            found.append(Reference(node.name, name.value, name.start + 1, name.end - 1))
    for argument in node.arguments:
        _collect(argument, found)
    for step in node.steps:
        _collect(step.key, found)
