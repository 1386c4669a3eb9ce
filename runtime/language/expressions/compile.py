"""Trees to Python closures. Names, numbers of arguments and places are checked here, kinds when evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.language.expressions import functions as _functions  # fills the table
from runtime.language.expressions.access import select
from runtime.language.expressions.errors import ExpressionError, TemplateError
from runtime.language.expressions.functions.registry import Function, find
from runtime.language.expressions.functions.strings import concat
from runtime.language.expressions.functions.workflow import member
from runtime.language.expressions.nodes import Call, Literal, Node, Step
from runtime.language.values import Json, join_surrogates, stringify

assert _functions  # imported for its effect

Evaluator = Callable[[Any], Json]  # from a template.Scope
PlaceCheck = Callable[[str], bool]  # whether the place knows what a function needs (a name of template.Place)


def compile_tree(node: Node, text: str, allows: PlaceCheck) -> Evaluator:
    """The evaluator of a tree; `text` is quoted in messages. Raises TemplateError."""
    return _Compiler(text, allows).node(node)


class _Compiler:
    def __init__(self, text: str, allows: PlaceCheck) -> None:
        self.text = text
        self.allows = allows

    def node(self, node: Node) -> Evaluator:
        if isinstance(node, Literal):
            return constant(node.value)
        base = self.call(node)
        return self.steps(base, node.steps) if node.steps else base

    def call(self, call: Call) -> Evaluator:
        found = find(call.name)
        if found is None:
            raise TemplateError(
                f"The template function '{call.name}' is not defined or not valid.", call.start
            )
        count = len(call.arguments)
        if count < found.minimum or (found.maximum is not None and count > found.maximum):
            raise TemplateError(found.wrong_count(count), call.start)
        if found.place is not None and not self.allows(found.place):
            raise TemplateError(_misplaced(found), call.start)
        arguments = [self.node(argument) for argument in call.arguments]
        return call_function(found, arguments)

    def steps(self, base: Evaluator, steps: tuple[Step, ...]) -> Evaluator:
        if len(steps) == 1 and isinstance(steps[0].key, Literal) and type(steps[0].key.value) is str:
            return _one_name(base, steps[0].key.value, steps[0].safe, self.text)
        keys = [(self.node(step.key), step.safe) for step in steps]
        if all(isinstance(step.key, Literal) for step in steps):
            fixed = [(step.key.value, step.safe) for step in steps if isinstance(step.key, Literal)]
            return _fixed_path(base, fixed, self.text)
        text = self.text

        def walk(scope: Any) -> Json:
            value = base(scope)
            for key, safe in keys:
                value = select(value, key(scope), safe, text)
            return value

        return walk


def call_function(function: Function, arguments: list[Evaluator]) -> Evaluator:
    """The evaluator of a call whose arguments were counted."""
    special = _SPECIAL.get(function.name)
    if special is not None:
        return special(arguments)
    if function.form == "lazy":
        return _lazy(function.body, arguments)
    return (
        _scoped(function.body, arguments) if function.form == "scoped" else _plain(function.body, arguments)
    )


def _misplaced(function: Function) -> str:
    if function.name == "triggers":  # the engine gives its own reason (reference 4.7)
        return (
            "The template function 'triggers' is not supported by schema version '2016-06-01': the function "
            "is deprecated since version '2016-04-01-preview'."
        )
    return f"The template function '{function.name}' is not expected at this location."


def constant(value: Json) -> Evaluator:
    """An evaluator that gives the same value always."""
    return lambda _scope: value


def _plain(body: Callable[..., Json], arguments: list[Evaluator]) -> Evaluator:
    if len(arguments) == 1:
        first = arguments[0]
        return lambda scope: body(first(scope))
    if len(arguments) == 2:
        first, second = arguments
        return lambda scope: body(first(scope), second(scope))
    return lambda scope: body(*[argument(scope) for argument in arguments])


def _scoped(body: Callable[..., Json], arguments: list[Evaluator]) -> Evaluator:
    if not arguments:
        return body
    if len(arguments) == 1:
        first = arguments[0]
        return lambda scope: body(scope, first(scope))
    return lambda scope: body(scope, *[argument(scope) for argument in arguments])


def _lazy(body: Callable[..., Json], arguments: list[Evaluator]) -> Evaluator:
    return lambda scope: body(scope, *arguments)


def _one_name(base: Evaluator, name: str, safe: bool, text: str) -> Evaluator:
    def read(scope: Any) -> Json:
        value = base(scope)
        if type(value) is dict and name in value:
            return value[name]
        return select(value, name, safe, text)

    return read


def _fixed_path(base: Evaluator, path: list[tuple[Json, bool]], text: str) -> Evaluator:
    def read(scope: Any) -> Json:
        value = base(scope)
        for key, safe in path:
            if type(value) is dict and type(key) is str and key in value:
                value = value[key]
            else:
                value = select(value, key, safe, text)
        return value

    return read


def _trigger_body(_arguments: list[Evaluator]) -> Evaluator:
    def read(scope: Any) -> Json:
        outputs = scope.trigger_outputs()
        if type(outputs) is dict and "body" in outputs:
            return outputs["body"]
        return member(outputs, "body")

    return read


def _concat(arguments: list[Evaluator]) -> Evaluator:
    def glue(scope: Any) -> Json:
        pieces = []
        size = 0
        for argument in arguments:
            piece = argument(scope)
            if type(piece) is not str:
                piece = stringify(piece)
            size += len(piece)
            pieces.append(piece)
        return "".join(pieces) if size < 4096 and all(map(str.isascii, pieces)) else concat(*pieces)

    return glue


# Functions worth their own closures: they stand in nearly every template.
_SPECIAL: dict[str, Callable[[list[Evaluator]], Evaluator]] = {
    "triggerBody": _trigger_body,
    "concat": _concat,
}


def interpolation(parts: list[str | Evaluator]) -> Evaluator:
    """Text with evaluated segments between; the result is always a string (reference 2.3)."""

    def fill(scope: Any) -> str:
        pieces = [part if isinstance(part, str) else _segment(part(scope)) for part in parts]
        text = concat(*pieces)
        return join_surrogates(text)

    return fill


def _segment(value: Json) -> str:
    if type(value) is str:
        return value
    try:
        return stringify(value)
    except ExpressionError:
        raise ExpressionError(
            "InvalidTemplate",
            "Template language expression cannot be evaluated: one of string interpolation segments is not "
            "valid. The "
            "value cannot be converted to string.",
        ) from None
