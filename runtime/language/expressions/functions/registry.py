"""The table of all functions: name, family, signature, arity and summary beside the code that does the work.

The table answers `GET /functions`, and the checks before evaluation (unknown name, number of arguments,
place).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from runtime.language.expressions.errors import ExpressionError
from runtime.language.values import Json, kind_of

Form = Literal["plain", "scoped", "lazy"]
Body = TypeVar("Body", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `plain` bodies get values, `scoped` ones the scope first, `lazy` ones evaluators too.

    `usage` finishes the sentence "The template language function 'x' expects …" for a wrong number of
    arguments; `place` names the member of template.Place without which the function is refused.
    """

    name: str
    category: str
    signature: str
    returns: str
    summary: str
    usage: str
    minimum: int
    maximum: int | None
    form: Form
    place: str | None
    body: Callable[..., Json]

    def wrong_count(self, count: int) -> str:
        """The message for a call with `count` arguments (reference 2.13)."""
        text = f"The template language function '{self.name}' {self.usage.format(count=count)}"
        return f"{text} {see(self.name)}"


_functions: dict[str, Function] = {}


def family(category: str) -> Callable[..., Callable[[Body], Body]]:
    """The decorator with which one module enters its functions into the table."""

    def function(
        signature: str,
        returns: str,
        summary: str,
        usage: str,
        form: Form = "plain",
        place: str | None = None,
        at_least: int | None = None,
    ) -> Callable[[Body], Body]:
        def enter(body: Body) -> Body:
            name = signature.partition("(")[0]
            minimum, maximum = _arity(body, 0 if form == "plain" else 1)
            minimum = minimum if at_least is None else at_least
            _functions[name.lower()] = Function(
                name,
                category,
                signature,
                returns,
                summary,
                _usage(usage),
                minimum,
                maximum,
                form,
                place,
                body,
            )
            return body

        return enter

    return function


def _usage(usage: str) -> str:
    if usage.endswith("."):
        return usage
    plural = "parameters" if usage.startswith(("one ", "at least ")) else "parameter(s)"
    return f"expects {usage}. The function was invoked with '{{count}}' {plural}."


def _arity(body: Callable[..., Any], hidden: int) -> tuple[int, int | None]:
    parameters = list(inspect.signature(body).parameters.values())[hidden:]
    fixed = [p for p in parameters if p.kind is not inspect.Parameter.VAR_POSITIONAL]
    required = sum(p.default is inspect.Parameter.empty for p in fixed)
    return required, len(fixed) if len(fixed) == len(parameters) else None


def find(name: str) -> Function | None:
    """The function of that name in any letter case."""
    return _functions.get(name.lower())


def every_function() -> Iterator[Function]:
    """The whole table, by family in the order of the modules."""
    return iter(_functions.values())


def see(name: str) -> str:
    """The sentence that ends most messages of a function."""
    return f"Please see https://aka.ms/logicexpressions#{name} for usage details."


def failure(name: str, message: str) -> ExpressionError:
    """An error of a function with the usual beginning and end: "The template language function 'x' …"."""
    return ExpressionError(
        "InvalidTemplate", f"The template language function '{name}' {message} {see(name)}"
    )


def wrong_kind(name: str, expected: str, value: Json) -> ExpressionError:
    """The error for an argument of the wrong kind; `expected` continues "expects". A Ref raises Needed."""
    return failure(name, f"expects {expected}. The provided value is of type '{kind_of(value)}'.")


def unconvertible(name: str) -> ExpressionError:
    """The error for a value that a conversion does not take (reference 2.13)."""
    return failure(
        name,
        "was invoked with a parameter that is not valid. The value cannot be converted to the target type.",
    )


def invalid_parameters(name: str) -> ExpressionError:
    """The error of the few functions that do not say what they expect."""
    message = f"The provided parameters for template language function '{name}' are not valid."
    return ExpressionError("InvalidTemplate", message)


def overflow(name: str) -> ExpressionError:
    """The error for a result, or a number to compare, that its kind cannot hold (reference 2.10)."""
    return ExpressionError(
        "InvalidTemplate",
        f"The provided parameters for template language function '{name}' caused arithmetic overflow. "
        f"{see(name)}",
    )
