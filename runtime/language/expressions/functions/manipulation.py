"""Functions that change objects, and xpath (reference 4.9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.collections import find_member
from runtime.language.expressions.functions.registry import failure, family, see, wrong_kind
from runtime.language.expressions.functions.xpath import evaluate_xpath
from runtime.language.expressions.limits import charge_turns
from runtime.language.values import Json, dumps

if TYPE_CHECKING:
    from runtime.language.template import Scope

function = family("manipulation")

_SHOWN = 2000  # characters of an object in a message


def _checked(name: str, target: Json, member: Json) -> None:
    if type(target) is not dict:
        raise wrong_kind(name, "its first parameter to be of type object", target)
    if type(member) is not str:
        raise wrong_kind(name, "its second parameter to be of type string", member)
    bad = [mark for mark in "[]." if mark in member]
    if bad:
        raise ExpressionError(
            "InvalidTemplate",
            f"The provided property name '{member}' has these invalid characters '{', '.join(bad)}'. The "
            "name cannot "
            f"contain any of the following symbols: '[, ], .'. {see(name)}",
        )
    charge_turns(name, len(target))


_MEMBER = "the object as the first parameter, the name of the property to {} as the second parameter"


@function(
    "addProperty(object: object, property: string, value)",
    "object",
    "The object with one more member.",
    f"three parameters: {_MEMBER.format('add')}, and the value as the third parameter",
)
def add_property(target: Json, member: Json, value: Json) -> dict[str, Json]:
    _checked("addProperty", target, member)
    if find_member(target, member) is not None:
        raise failure(
            "addProperty",
            f"expects the property to not exist in the object. Unable to add property '{member}' to "
            f"'{_indented(target)}' as it already exists.",
        )
    return {**target, member: value}


def _indented(target: dict[str, Json]) -> str:
    """The object as the engine shows it, a member a line; cut where it is long."""
    text = dumps(target)
    if len(text) > _SHOWN:
        return f"{text[:_SHOWN]}…"
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


@function(
    "setProperty(object: object, property: string, value)",
    "object",
    "The object with one member set, at the end.",
    f"three parameters: {_MEMBER.format('set')}, and the value as the third parameter",
)
def set_property(target: Json, member: Json, value: Json) -> dict[str, Json]:
    _checked("setProperty", target, member)
    name = find_member(target, member)
    result = dict(target)
    if name is not None:
        del result[name]
    result[member if name is None else name] = value
    return result


@function(
    "removeProperty(object: object, property: string)",
    "object",
    "The object without one member.",
    "two parameters: the object as the first parameter and the name of the property to remove as the second "
    "parameter",
)
def remove_property(target: Json, member: Json) -> dict[str, Json]:
    _checked("removeProperty", target, member)
    name = find_member(target, member)
    return {key: value for key, value in target.items() if key != name} if name is not None else target


@function(
    "mergeObjects(object1: object, object2: object)",
    "object",
    "All members of both; the second's values win.",
    "two parameters: the objects to merge as the first and second parameters",
)
def merge_objects(left: Json, right: Json) -> dict[str, Json]:
    if type(left) is not dict:
        raise wrong_kind("mergeObjects", "its first parameter to be of type object", left)
    if type(right) is not dict:
        raise wrong_kind("mergeObjects", "its second parameter to be of type object", right)
    return {**left, **right}


@function(
    "coalesce(object1, object2, ...)",
    "any",
    "The first argument that is not null.",
    "expects at least one parameter: the value to coalesce. The function was invoked with '{count}' "
    "parameter(s).",
    form="lazy",
    at_least=1,
)
def coalesce(scope: Scope, *arguments: Callable[[Scope], Json]) -> Json:
    for argument in arguments:
        value = argument(scope)
        if value is not None:
            return value
    return None


@function(
    "xpath(xml: object, xpath: string)",
    "any",
    "Evaluate an XPath 1.0 expression on XML content.",
    "two parameters: an XML object and an XPath expression",
)
def xpath(document: Json, path: Json) -> Json:
    return evaluate_xpath(document, path)
