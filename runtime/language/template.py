"""A JSON value with expressions inside: compiled once, evaluated many times."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Protocol

from runtime.language.expressions import limits
from runtime.language.expressions.compile import call_function, compile_tree, constant, interpolation
from runtime.language.expressions.errors import ExpressionError, TemplateError
from runtime.language.expressions.functions.registry import find
from runtime.language.expressions.lexer import utf16_length
from runtime.language.expressions.nodes import NAMING, Call, Literal, Node
from runtime.language.expressions.parser import parse
from runtime.language.expressions.strings import Segment, split_string
from runtime.language.values import Json, Needed, kind_of

__all__ = [
    "ExpressionError",
    "Place",
    "References",
    "Scope",
    "Template",
    "TemplateError",
    "compile_condition",
    "compile_template",
]


class Place(enum.Flag):
    """Where a template stands: the functions that only some places know. Members combine with `|`.

    `INPUTS` is an ordinary place (action inputs outside loops); `ANYWHERE` allows everything.
    """

    INPUTS = 0
    ITEM = enum.auto()  # item(): inside Foreach, Select, Query, Table, trigger conditions
    ACTION = enum.auto()  # action(): unsubscribe, trackedProperties, Until conditions
    CALLBACK = enum.auto()  # listCallbackUrl(): subscribe inputs of webhooks
    TRIGGERS = enum.auto()  # triggers(): trigger conditions
    SETTINGS = enum.auto()  # appsetting(): parameters and connections of Standard projects
    AGENT = enum.auto()  # agentParameters(): agent tools
    ANYWHERE = ITEM | ACTION | CALLBACK | TRIGGERS | SETTINGS | AGENT


@dataclass(frozen=True, slots=True)
class References:
    """What a template reads, as far as literal arguments tell. Names are spelled as written."""

    actions: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()  # of `actions`: those of which more than outputs and status is read
    contents: frozenset[str] = frozenset()  # of `actions`: those whose outputs are read
    variables: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    loops: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    app_settings: frozenset[str] = frozenset()
    trigger: bool = False
    item: bool = False
    current_action: bool = False
    callback_url: bool = False
    workflow: bool = False
    dynamic: bool = False  # some name is computed, so any action, variable or parameter may be read


class Scope(Protocol):
    """What the engine gives to expressions.

    A value may hold Refs; once a needed Ref is loaded the scope answers with the content in its place.
    Unknown names raise KeyError (the message of reference 2.13 is made here), an absent place raises
    ExpressionError.
    """

    def parameter(self, name: str) -> Json: ...
    def variable(self, name: str) -> Json: ...
    def action(self, name: str) -> dict[str, Json]: ...
    def action_outputs(self, name: str) -> Json: ...
    def current_action(self) -> dict[str, Json]: ...
    def trigger(self) -> dict[str, Json]: ...
    def trigger_outputs(self) -> Json: ...
    def item(self) -> Json: ...
    def items(self, loop: str) -> Json: ...
    def iteration_index(self, loop: str) -> int: ...
    def result(self, name: str) -> list[Json]: ...
    def workflow(self) -> dict[str, Json]: ...
    def callback_url(self) -> str: ...
    def app_setting(self, name: str) -> Json: ...
    def now(self) -> datetime: ...
    def random_bytes(self, n: int) -> bytes: ...
    def with_item(self, item: Json) -> Scope: ...


Evaluator = Callable[[Any], Json]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: `literal` when nothing inside is evaluated, `value` its source.

    Results share structure with the source and with the scope; nobody changes values in place.
    """

    value: Json
    literal: bool
    references: References
    evaluator: Evaluator

    def evaluate(self, scope: Scope) -> Json:
        """The value in this scope.

        Raises ExpressionError, or Needed when stored content must be loaded first.
        """
        limits.start()
        try:
            return self.evaluator(scope)
        except RecursionError:
            raise ExpressionError("ExpressionEvaluationFailed", _TOO_DEEP) from None
        except (MemoryError, OverflowError) as error:
            raise ExpressionError("ExpressionEvaluationFailed", f"{_TOO_LARGE} {error}".strip()) from None
        except (ExpressionError, Needed):
            raise
        except Exception as error:  # a fault of ours must fail one action, never the run host
            raise ExpressionError("InternalError", f"{_FAULT} {type(error).__name__}: {error}") from error


_TOO_DEEP = (
    "The template language expression cannot be evaluated: a value is nested too deeply. Flatten the value."
)
_FAULT = "The template language expression cannot be evaluated: this server has a fault. Please report it."
_TOO_LARGE = "The template language expression cannot be evaluated: a value is too large."


def compile_template(value: Json, place: Place = Place.ANYWHERE) -> Template:
    """Compile every string inside the value, property names included. Raises TemplateError."""
    return _guarded(value, place, condition=False)


def compile_condition(value: Json, place: Place = Place.ANYWHERE) -> Template:
    """Compile the `expression` of If and Until: a string, or objects (reference 7.2). Raises TemplateError.

    Whether the result is a boolean is for the caller to see.
    """
    return _guarded(value, place, condition=True)


def _guarded(value: Json, place: Place, *, condition: bool) -> Template:
    compiler = _TemplateCompiler(place)
    try:
        evaluator = compiler.condition(value) if condition else compiler.value(value)
    except RecursionError:
        raise TemplateError(_TOO_DEEP) from None
    if evaluator is None:
        return Template(value, True, References(), constant(value))
    if isinstance(evaluator, _Fixed):
        return Template(value, True, References(), constant(evaluator.value))
    return Template(value, False, compiler.found(), evaluator)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A value without expressions that differs from its source: `@@` was unescaped inside."""

    value: Json


Compiled = Evaluator | _Fixed | None  # None: the source is the value


@dataclass(frozen=True, slots=True)
class _Expression:
    """One expression compiled. It holds nothing of where it stands, so equal texts share it."""

    evaluator: Evaluator
    names: tuple[tuple[str, str], ...]  # group of References, and the name as spelled
    flags: frozenset[str]


# Definitions say the same things again and again: half of the expressions of real ones are repetitions.
_OFTEN_SEEN = 500  # characters; longer ones are seldom repeated and would only fill memory


@lru_cache(maxsize=4096)
def _compiled(text: str, place: Place) -> _Expression:
    """Raises TemplateError, its position counting characters of `text`."""
    tree = parse(text)
    evaluator = compile_tree(tree, text, partial(_allows, place))
    return _Expression(evaluator, *_read_by(tree))


def _allows(place: Place, need: str) -> bool:
    return bool(place & Place[need])


def _read_by(tree: Node) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """What the expression reads: names by group, and flags."""
    names: list[tuple[str, str]] = []
    flags: set[str] = set()
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, Literal):
            continue
        name = node.name.lower()
        pending.extend(node.arguments)
        pending.extend(step.key for step in node.steps)
        if name in _FLAGS:
            flags.add(_FLAGS[name])
        group = NAMING.get(name)
        if group is None or not node.arguments:
            continue
        argument = node.arguments[0]
        if isinstance(argument, Literal) and type(argument.value) is str:
            names.append((group, argument.value))
            part = _part_of_action(node) if group == "actions" else ""
            if part:
                names.append((part, argument.value))
        else:
            flags.add("dynamic")
    return tuple(names), frozenset(flags)


# Members of an action's record that hold nothing the action was given or made.
_ABOUT = frozenset(
    ("name", "status", "code", "starttime", "endtime", "trackingid", "clienttrackingid", "repetitioncount")
)


def _part_of_action(node: Call) -> str:
    """Which group of References a call that names an action belongs to besides `actions`, if any."""
    if node.name.lower() != "actions":
        return "contents"
    key = node.steps[0].key if node.steps else None
    member = key.value.lower() if isinstance(key, Literal) and type(key.value) is str else ""
    if member in _ABOUT:
        return ""
    return "contents" if member == "outputs" or member.startswith("outputs/") else "records"


class _TemplateCompiler:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.names: dict[str, set[str]] = {}
        self.flags: set[str] = set()

    def value(self, value: Json) -> Compiled:
        kind = type(value)
        if kind is str:
            return self.string(value) if "@" in value else None
        if kind is dict:
            return self.object(value)
        if kind is list:
            return self.array(value)
        return None

    def string(self, text: str) -> Compiled:
        """Of a text with an `@` in it."""
        try:
            parts = split_string(text)
        except TemplateError as error:
            raise _located(error, text, 0) from None
        if parts.kind == "literal":
            literal = parts.pieces[0]
            return None if literal == text else _Fixed(literal)
        pieces: list[str | Evaluator] = [
            piece if isinstance(piece, str) else self.segment(piece, text) for piece in parts.pieces
        ]
        if parts.kind == "expression" and not isinstance(pieces[0], str):
            return pieces[0]
        return interpolation(pieces)

    def segment(self, segment: Segment, text: str) -> Evaluator:
        compile_it = _compiled if len(segment.text) <= _OFTEN_SEEN else _compiled.__wrapped__
        try:
            found = compile_it(segment.text, self.place)
        except TemplateError as error:
            raise _located(error, text, segment.start) from None
        for group, name in found.names:
            self.names.setdefault(group, set()).add(name)
        self.flags.update(found.flags)
        return found.evaluator

    def object(self, value: dict[str, Json]) -> Compiled:
        members = []
        changed = dynamic = False
        for name, item in value.items():
            try:
                key = self.string(name) if "@" in name else None
                compiled = self.value(item)
            except TemplateError as error:
                raise _below(error, name) from None
            members.append((name, key, item, compiled))
            if key is not None or compiled is not None:
                changed = True
                dynamic = dynamic or callable(key) or callable(compiled)
        if not changed:
            return None
        if not dynamic:
            return _Fixed(
                {
                    (key.value if isinstance(key, _Fixed) else name): (
                        compiled.value if isinstance(compiled, _Fixed) else item
                    )
                    for name, key, item, compiled in members
                }
            )
        return _object_evaluator(
            [(_or_constant(key, name), _or_constant(compiled, item)) for name, key, item, compiled in members]
        )

    def array(self, value: list[Json]) -> Compiled:
        compiled: list[Compiled] = []
        for index, item in enumerate(value):
            try:
                compiled.append(self.value(item))
            except TemplateError as error:
                raise _below(error, str(index)) from None
        if all(item is None for item in compiled):
            return None
        if not any(callable(item) for item in compiled):
            return _Fixed(
                [
                    item.value if isinstance(item, _Fixed) else source
                    for item, source in zip(compiled, value, strict=True)
                ]
            )
        evaluators = [_or_constant(item, source) for item, source in zip(compiled, value, strict=True)]
        return lambda scope: [evaluator(scope) for evaluator in evaluators]

    def condition(self, value: Json) -> Compiled:
        """Objects of one member are calls; all else is a template."""
        if type(value) is not dict:
            return self.value(value)
        if len(value) != 1:
            raise TemplateError(
                "The condition is not valid: an object must have one member, the name of a function, and has "
                f"'{len(value)}'."
            )
        name, operands = next(iter(value.items()))
        found = find(name)
        if found is None:
            raise TemplateError(
                f"The template function '{name}' is not defined or not valid.", 0, _step(name)
            )
        if type(operands) is not list:
            operands = [operands]
        if len(operands) < found.minimum or (found.maximum is not None and len(operands) > found.maximum):
            raise TemplateError(found.wrong_count(len(operands)), 0, _step(name))
        if found.place is not None and not _allows(self.place, found.place):
            raise TemplateError(
                f"The template function '{found.name}' is not expected at this location.", 0, _step(name)
            )
        arguments = []
        for index, operand in enumerate(operands):
            try:
                arguments.append(_or_constant(self.condition(operand), operand))
            except TemplateError as error:
                raise _below(_below(error, str(index)), name) from None
        return call_function(found, arguments)

    def found(self) -> References:
        groups = {group: frozenset(names) for group, names in self.names.items()}
        return References(**groups, **dict.fromkeys(self.flags, True))  # type: ignore[arg-type]


# What functions without a name read.
_FLAGS = {
    "trigger": "trigger",
    "triggers": "trigger",
    "triggeroutputs": "trigger",
    "triggerbody": "trigger",
    "triggerformdatavalue": "trigger",
    "triggerformdatamultivalues": "trigger",
    "triggermultipartbody": "trigger",
    "item": "item",
    "action": "current_action",
    "listcallbackurl": "callback_url",
    "workflow": "workflow",
}


def _or_constant(compiled: Compiled, source: Json) -> Evaluator:
    if compiled is None:
        return constant(source)
    return constant(compiled.value) if isinstance(compiled, _Fixed) else compiled


def _object_evaluator(members: list[tuple[Evaluator, Evaluator]]) -> Evaluator:
    def build(scope: Any) -> Json:
        result = {}
        for name, value in members:
            key = name(scope)
            if type(key) is not str:
                raise ExpressionError(
                    "InvalidTemplate",
                    "The template language expression cannot be evaluated: the name of a property must be "
                    "a string "
                    f"and is of type '{kind_of(key)}'.",
                )
            result[key] = value(scope)
        return result

    return build


def _located(error: TemplateError, text: str, offset: int) -> TemplateError:
    """The error with its position counted in UTF-16 units from the start of the string."""
    return TemplateError(error.message, utf16_length(text[: offset + error.position]), "", error.code)


def _below(error: TemplateError, name: str) -> TemplateError:
    """The error as seen from the value that has it under `name`: only who fails pays for pointers."""
    return TemplateError(error.message, error.position, _step(name) + error.pointer, error.code)


def _step(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
