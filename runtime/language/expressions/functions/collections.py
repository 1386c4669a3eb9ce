"""Collection functions (reference 4.2)."""

from __future__ import annotations

import functools
from decimal import Decimal

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions import utf16
from runtime.language.expressions.functions.equality import compare_numbers, same_token, token_key
from runtime.language.expressions.functions.ordering import ordinal_key
from runtime.language.expressions.functions.registry import failure, family, see, wrong_kind
from runtime.language.expressions.limits import charge, charge_turns
from runtime.language.values import Json, join_surrogates, kind_of, stringify

function = family("collection")


def find_member(members: dict[str, Json], name: str) -> str | None:
    """The member's own spelling: exact first, else the first that matches ignoring case (reference 2.6)."""
    if name in members:
        return name
    folded = utf16.simple_upper(name)
    for candidate in members:
        if len(candidate) == len(name) and utf16.simple_upper(candidate) == folded:
            return candidate
    return None


@function(
    "contains(collection: string|array|object, value)",
    "boolean",
    "Whether a string holds a text, an array an item, or an object a member of that name.",
    "two parameters : the collection of items to search within and the object to find within the collection",
)
def contains(collection: Json, value: Json) -> bool:
    if type(collection) is str and type(value) is str:
        return value in collection
    if type(collection) is list:
        charge_turns("contains", len(collection))
        return any(same_token(item, value) for item in collection)
    if type(collection) is dict and type(value) is str:
        return find_member(collection, value) is not None
    if type(collection) is str or type(collection) is dict:
        kinds = f"'{kind_of(collection)}' and '{kind_of(value)}'"
        raise failure(
            "contains",
            "expects parameters of matching types: a dictionary and a key (string), an array and a value "
            "(object), "
            f"or a string and a substring. The provided types {kinds} are incompatible.",
        )
    raise wrong_kind(
        "contains",
        "its first argument 'collection' to be a dictionary (object), an array or a string",
        collection,
    )


@function(
    "empty(collection: string|array|object)",
    "boolean",
    "Whether there is nothing inside; null counts as empty.",
    "expects one parameter: the object, array or string to test for emptiness. The function was "
    "invoked with '{count}' parameter(s).",
)
def empty(collection: Json) -> bool:
    if collection is None:
        return True
    if type(collection) in (str, list, dict):
        return not collection
    raise wrong_kind("empty", "its parameter to be an object, an array or a string", collection)


@function(
    "first(collection: string|array)",
    "any",
    "The first character or item.",
    "expects one parameter: the array or string of which the first element will be returned. The "
    "function was invoked with '{count}' parameter(s).",
)
def first(collection: Json) -> Json:
    if type(collection) is list:
        return collection[0] if collection else None
    if type(collection) is str:
        return utf16.cut(collection[:1], 0, 1)
    raise wrong_kind("first", "its parameter be an array or a string", collection)


@function(
    "last(collection: string|array)",
    "any",
    "The last character or item.",
    "expects one parameter: the array or string of which the last element will be returned. The "
    "function was invoked with '{count}' parameter(s).",
)
def last(collection: Json) -> Json:
    if type(collection) is list:
        return collection[-1] if collection else None
    if type(collection) is str:
        return utf16.units(collection[-1:])[-1:]
    raise wrong_kind("last", "its parameter be an array or a string", collection)


def _one_kind(name: str, collections: tuple[Json, ...]) -> type:
    """The Python type all arguments share: list or dict, else the usual errors."""
    kinds = list(dict.fromkeys(map(kind_of, collections)))
    if len(kinds) > 1:
        raise ExpressionError(
            "InvalidTemplate",
            f"Template language function '{name}' expects parameters of same type, but found "
            f"'{','.join(kinds)}' "
            f"distinct types. {see(name)}",
        )
    if kinds[0] not in ("Array", "Object"):
        raise failure(
            name,
            "expects either a comma separated list of arrays or a comma separated list of objects as its "
            "parameters. "
            f"The function was invoked with parameters of type '{kinds[0]}'.",
        )
    charge_turns(name, sum(map(len, collections)))
    return type(collections[0])


_LISTS = "either a comma separated list of arrays or a comma separated list of objects as its parameters"


@function(
    "intersection(collection1, collection2, ...)",
    "array|object",
    "The items, or the members of equal name and value, that all arguments have.",
    _LISTS,
    at_least=2,
)
def intersection(*collections: Json) -> Json:
    kind = _one_kind("intersection", collections)
    if kind is dict:
        return {
            name: value
            for name, value in collections[0].items()
            if all(name in other and same_token(value, other[name]) for other in collections[1:])
        }
    others = [set(map(token_key, other)) for other in collections[1:]]
    found: dict[object, Json] = {}
    for item in collections[0]:
        key = token_key(item)
        if all(key in other for other in others):
            found.setdefault(key, item)
    return list(found.values())


@function(
    "union(collection1, collection2, ...)",
    "array|object",
    "All different items, or all members with later values winning.",
    _LISTS,
    at_least=2,
)
def union(*collections: Json) -> Json:
    if _one_kind("union", collections) is dict:
        merged: dict[str, Json] = {}
        for collection in collections:
            merged.update(collection)
        return merged
    found: dict[object, Json] = {}
    for collection in collections:
        for item in collection:
            found.setdefault(token_key(item), item)
    return list(found.values())


@function(
    "join(collection: array, delimiter: string)",
    "string",
    "The items as text with a delimiter between them.",
    "two parameters: the array of elements to join as the first parameter, and the element separator"
    " as the second parameter",
)
def join(collection: Json, delimiter: Json) -> str:
    if type(collection) is not list:
        raise wrong_kind("join", "its first parameter to be an array", collection)
    if type(delimiter) is not str:
        raise wrong_kind("join", "its second parameter to be of type string", delimiter)
    charge_turns("join", len(collection))
    pieces = [item if type(item) is str else stringify(item) for item in collection]
    charge("join", sum(map(len, pieces)) + len(delimiter) * len(pieces))
    return join_surrogates(delimiter.join(pieces))


@function(
    "reverse(collection: array)",
    "array",
    "The items in reverse order.",
    "an array as the first parameter",
)
def reverse(collection: Json) -> list[Json]:
    if type(collection) is not list:
        raise wrong_kind("reverse", "its first parameter to be of type array", collection)
    charge("reverse", len(collection))
    return collection[::-1]


def _part(name: str, collection: Json, count: Json) -> int:
    """Checks of skip and take; the number of items or units."""
    if type(collection) is not list and type(collection) is not str:
        raise wrong_kind(name, "its first parameter 'collection' to be an array or a string", collection)
    if type(count) is not int:
        raise wrong_kind(name, "its second parameter 'count' to be an integer", count)
    if count < 0:
        raise failure(
            name,
            "parameters are out of range: 'count' must be a positive integer. The provided "
            f"{'valus' if name == 'take' else 'value'} is '{count}'.",  # sic
        )
    charge(name, len(collection))
    return utf16.length(collection) if type(collection) is str else len(collection)


_PART = (
    "two parameters: the collection to {0} the objects from as the first parameter and the count of objects "
    "to {0} as the second parameter"
)


@function(
    "skip(collection: string|array, count: int)",
    "array|string",
    "All but the first items or characters.",
    _PART.format("skip"),
)
def skip(collection: Json, count: Json) -> Json:
    size = _part("skip", collection, count)
    return collection[count:] if type(collection) is list else utf16.cut(collection, count, size)


@function(
    "take(collection: string|array, count: int)",
    "array|string",
    "The first items or characters.",
    _PART.format("take"),
)
def take(collection: Json, count: Json) -> Json:
    _part("take", collection, count)
    return collection[:count] if type(collection) is list else utf16.cut(collection, 0, count)


_NUMBERS = (int, float, Decimal)


def _sort_family(value: Json) -> str:
    if value is None:
        return "Null"
    kind = kind_of(value)
    return "Number" if type(value) in _NUMBERS else kind


def _sorted(items: list[Json], keys: list[Json]) -> list[Json]:
    """The items in the order of their keys: null first, one family of scalars for the rest."""
    families = {_sort_family(key) for key in keys}
    if len(families - {"Null"}) > 1 or (len(items) > 1 and families & {"Array", "Object"}):
        raise ExpressionError(
            "InvalidTemplate", f"Failed to compare two elements in the array. {see('sort')}"
        )
    charge_turns("sort", len(items))

    def compare(left: tuple[Json, int], right: tuple[Json, int]) -> int:
        first, second = left[0], right[0]
        if first is None or second is None:
            return (first is not None) - (second is not None)
        return compare_numbers(first, second) or 0

    pairs = [(key, index) for index, key in enumerate(keys)]
    if "String" in families:
        pairs.sort(key=lambda pair: b"" if pair[0] is None else b"1" + ordinal_key(pair[0]))
    elif "Boolean" in families:
        pairs.sort(key=lambda pair: -1 if pair[0] is None else int(pair[0]))
    else:
        pairs.sort(key=functools.cmp_to_key(compare))
    return [items[index] for _, index in pairs]


_ITEMS_THEMSELVES: Json = object()  # no member to sort by was named


@function(
    "sort(collection: array, sortBy?: string)",
    "array",
    "The items in ascending order, objects by a member.",
    "an array as the first parameter and an optional object key as the second parameter",
)
def sort(collection: Json, sort_by: Json = _ITEMS_THEMSELVES) -> list[Json]:
    if type(collection) is not list:
        raise wrong_kind("sort", "its first parameter to be of type array", collection)
    if sort_by is _ITEMS_THEMSELVES:
        return _sorted(collection, collection)
    if type(sort_by) is not str:
        raise wrong_kind("sort", "its second parameter to be of type string", sort_by)
    keys = []
    for item in collection:
        name = find_member(item, sort_by) if type(item) is dict else None
        if name is None:
            kind_of(item)
            raise failure(
                "sort", f"did not find the named sortField '{sort_by}' on one or more objects in the array."
            )
        keys.append(item[name])
    if len({_sort_family(key) for key in keys if key is not None}) > 1:
        raise failure(
            "sort",
            "expects the sortBy parameter of an object array to reference a parameter that is the same "
            "type for each "
            "object in the array.",
        )
    return _sorted(collection, keys)
