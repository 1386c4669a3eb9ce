"""JSON Schema draft 4 as ParseJson and Request triggers apply it (reference 6.10).

Messages and the shape of an error follow Newtonsoft's validator, which Logic Apps uses. `pattern` and
`patternProperties` are refused there, so `unsupported` finds them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Hashable, Iterator
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from runtime.language.values import Json, dumps

Problem = dict[str, Json]
MOST_WORK = 1_000_000
_CHARACTERS = 100  # of a message that count as one step

_TYPE_NAMES = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "object": "Object",
    "array": "Array",
    "null": "Null",
}


def unsupported(schema: Json) -> str | None:
    """The first keyword in the schema that the service refuses, or None."""
    pending = [schema]
    while pending:
        current = pending.pop()
        if isinstance(current, list):
            pending.extend(current)
        elif isinstance(current, dict):
            for keyword in ("pattern", "patternProperties"):
                if keyword in current and isinstance(current[keyword], str if keyword == "pattern" else dict):
                    return keyword
            for name, value in current.items():
                if name in ("properties", "definitions", "dependencies") and isinstance(value, dict):
                    pending.extend(value.values())
                elif name not in ("enum", "const", "default", "example", "examples"):
                    pending.append(value)
    return None


class TooMuchWork(ValueError):
    """The value cannot be held against the schema in reasonable time; the message says so, for people."""


def validate(value: Json, schema: Json) -> list[Problem]:
    """Every problem of `value`; an empty list when it fits. Raises TooMuchWork."""
    try:
        return list(_Validator(schema).check(value, schema, "", "#"))
    except RecursionError:
        raise TooMuchWork(
            "The schema refers to itself without end, or value and schema are nested too deeply."
        ) from None


def _type_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _is_type(value: Json, wanted: str) -> bool:
    found = _type_of(value)
    if found == wanted or (wanted == "number" and found == "integer"):
        return True
    return wanted == "integer" and found == "number" and isfinite(value) and value == int(value)


def _number(value: Json) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_multiple(value: Json, step: Json) -> bool:
    """Exact, as decimals; what is too big for that counts as fitting."""
    try:
        return not Decimal(str(value)) % Decimal(str(step))
    except ArithmeticError:
        return True


def _names(value: Json) -> list[str]:
    """A name or a list of names; whatever else is in it is passed over."""
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]


def _label(value: Json) -> str:
    return f"{'Integer' if isinstance(value, int) else 'Float'} {dumps(value)}"


class _Validator:
    def __init__(self, root: Json) -> None:
        self.root = root
        self.work = 0
        self._choices: dict[int, frozenset[Hashable]] = {}  # by identity of the list in the schema

    def charge(self, work: int) -> None:
        """Count what is done: schemas that refer to each other can ask for more than anybody can wait for."""
        self.work += work
        if self.work > MOST_WORK:
            raise TooMuchWork(
                f"Checking the value against the schema takes more than {MOST_WORK:,} steps. Make the schema "
                "simpler (fewer alternatives inside alternatives), or check a smaller value."
            )

    def identity(self, value: Json) -> Hashable:
        """What equal values have in common: numbers are equal by value, nothing else across types."""
        self.charge(1)
        if isinstance(value, bool) or value is None:
            return ("fixed", value)
        if isinstance(value, list):
            return ("array", tuple(map(self.identity, value)))
        if isinstance(value, dict):
            return ("object", frozenset((name, self.identity(item)) for name, item in value.items()))
        return value  # type: ignore[no-any-return]  # a text or a number

    def problem(
        self,
        message: str,
        path: str,
        place: str,
        kind: str,
        value: Json,
        children: list[Problem] | None = None,
    ) -> Problem:
        self.charge(1 + len(message) // _CHARACTERS)
        return _problem(message, path, place, kind, value, children)

    def check(self, value: Json, schema: Json, path: str, place: str) -> Iterator[Problem]:
        """Problems of `value` at `path` against `schema`, which stands at `place` (`#/properties/x`)."""
        self.charge(1)
        schema, place = self._resolved(schema, place)
        if schema is False:
            yield self.problem("Schema always fails validation.", path, place, "valid", value)
        if not isinstance(schema, dict):
            return
        wanted = schema.get("type")
        if wanted is not None and not self._fits(value, wanted):
            expected = ", ".join(_TYPE_NAMES.get(name, name) for name in _names(wanted))
            got = _TYPE_NAMES[_type_of(value)]
            yield self.problem(
                f"Invalid type. Expected {expected} but got {got}.", path, place, "type", value
            )
            return
        yield from self._values(value, schema, path, place)
        if _number(value):
            yield from self._numbers(value, schema, path, place)
        elif isinstance(value, str):
            yield from self._strings(value, schema, path, place)
        elif isinstance(value, list):
            yield from self._arrays(value, schema, path, place)
        elif isinstance(value, dict):
            yield from self._objects(value, schema, path, place)
        yield from self._combined(value, schema, path, place)

    def _resolved(self, schema: Json, place: str) -> tuple[Json, str]:
        for _ in range(50):
            reference = schema.get("$ref") if isinstance(schema, dict) else None
            if not isinstance(reference, str) or not reference.startswith("#"):
                return schema, place
            self.charge(1 + len(reference) // 8)
            target = self.root
            for step in reference[1:].strip("/").split("/") if len(reference) > 1 else []:
                step = step.replace("~1", "/").replace("~0", "~")
                target = target.get(step) if isinstance(target, dict) else None
            schema, place = target, reference
        return schema, place

    @staticmethod
    def _fits(value: Json, wanted: Json) -> bool:
        names = _names(wanted)
        return any(_is_type(value, name) for name in names if name in _TYPE_NAMES) or "any" in names

    def _values(self, value: Json, schema: dict[str, Json], path: str, place: str) -> Iterator[Problem]:
        choices = schema.get("enum")
        if isinstance(choices, list) and self.identity(value) not in self._known(choices):
            yield self.problem(f"Value {dumps(value)} is not defined in enum.", path, place, "enum", value)
        if "const" in schema and self.identity(value) != self.identity(schema["const"]):
            yield self.problem(f"Value {dumps(value)} does not match const.", path, place, "const", value)

    def _known(self, choices: list[Json]) -> frozenset[Hashable]:
        found = self._choices.get(id(choices))
        if found is None:
            found = self._choices[id(choices)] = frozenset(map(self.identity, choices))
        return found

    def _numbers(self, value: Json, schema: dict[str, Json], path: str, place: str) -> Iterator[Problem]:
        for word in ("minimum", "maximum"):
            bound, strict = schema.get(word), schema.get(f"exclusive{word.title()}")
            if _number(strict):  # the later drafts' numeric form
                bound, strict = strict, True
            if not _number(bound):
                continue
            label, limit = _label(value), dumps(bound)
            if value == bound and strict is True:
                text = f"{label} equals {word} value of {limit} and exclusive {word} is true."
            elif word == "minimum" and value < bound:
                text = f"{label} is less than minimum value of {limit}."
            elif word == "maximum" and value > bound:
                text = f"{label} exceeds maximum value of {limit}."
            else:
                continue
            yield self.problem(text, path, place, word, value)
        step = schema.get("multipleOf", schema.get("divisibleBy"))
        if _number(step) and step and not _is_multiple(value, step):
            text = f"{_label(value)} is not a multiple of {dumps(step)}."
            yield self.problem(text, path, place, "multipleOf", value)

    def _strings(self, value: str, schema: dict[str, Json], path: str, place: str) -> Iterator[Problem]:
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2
        longest, shortest = schema.get("maxLength"), schema.get("minLength")
        if isinstance(longest, int) and length > longest:
            text = f"String '{value}' exceeds maximum length of {longest}."
            yield self.problem(text, path, place, "maximumLength", value)
        if isinstance(shortest, int) and length < shortest:
            text = f"String '{value}' is less than minimum length of {shortest}."
            yield self.problem(text, path, place, "minimumLength", value)
        form = schema.get("format")
        check = _FORMATS.get(form) if isinstance(form, str) else None
        if check is not None and not check(value):
            text = f"String '{value}' does not validate against format '{form}'."
            yield self.problem(text, path, place, "format", value)

    def _arrays(self, value: list[Json], schema: dict[str, Json], path: str, place: str) -> Iterator[Problem]:
        most, least, count = schema.get("maxItems"), schema.get("minItems"), len(value)
        if isinstance(most, int) and count > most:
            text = f"Array item count {count} exceeds maximum count of {most}."
            yield self.problem(text, path, place, "maximumItems", value)
        if isinstance(least, int) and count < least:
            text = f"Array item count {count} is less than minimum count of {least}."
            yield self.problem(text, path, place, "minimumItems", value)
        if schema.get("uniqueItems") is True:
            seen: set[Hashable] = set()
            for index, item in enumerate(value):
                if (identity := self.identity(item)) in seen:
                    text = f"Non-unique array item at index {index}."
                    yield self.problem(text, path, place, "uniqueItems", item)
                seen.add(identity)
        items = schema.get("items")
        for index, item in enumerate(value):
            inner = f"{path}[{index}]"
            if isinstance(items, list):
                if index < len(items):
                    yield from self.check(item, items[index], inner, f"{place}/items/{index}")
                    continue
                rest = schema.get("additionalItems")
                if rest is False:
                    text = (
                        f"Index {index} has not been defined and the schema does not allow additional items."
                    )
                    yield self.problem(text, inner, place, "additionalItems", item)
                elif isinstance(rest, dict):
                    yield from self.check(item, rest, inner, f"{place}/additionalItems")
            elif items is not None:
                yield from self.check(item, items, inner, f"{place}/items")

    def _objects(
        self, value: dict[str, Json], schema: dict[str, Json], path: str, place: str
    ) -> Iterator[Problem]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        required = schema.get("required")
        required = _names(required) if isinstance(required, list) else []
        missing: list[Json] = [name for name in required if name not in value]
        if missing:
            text = f"Required properties are missing from object: {', '.join(map(str, missing))}."
            yield self.problem(text, path, place, "required", missing)
        rest = schema.get("additionalProperties")
        for name, item in value.items():
            inner = _member_path(path, name)
            if name in properties:
                yield from self.check(item, properties[name], inner, f"{place}/properties/{name}")
            elif rest is False:
                text = (
                    f"Property '{name}' has not been defined and the schema does not allow additional "
                    "properties."
                )
                yield self.problem(text, inner, place, "additionalProperties", item)
            elif isinstance(rest, dict):
                yield from self.check(item, rest, inner, f"{place}/additionalProperties")
        yield from self._object_sizes(value, schema, path, place)

    def _object_sizes(
        self, value: dict[str, Json], schema: dict[str, Json], path: str, place: str
    ) -> Iterator[Problem]:
        most, least, count = schema.get("maxProperties"), schema.get("minProperties"), len(value)
        if isinstance(most, int) and count > most:
            text = f"Object property count {count} exceeds maximum count of {most}."
            yield self.problem(text, path, place, "maximumProperties", value)
        if isinstance(least, int) and count < least:
            text = f"Object property count {count} is less than minimum count of {least}."
            yield self.problem(text, path, place, "minimumProperties", value)
        dependencies = schema.get("dependencies")
        for name, needed in dependencies.items() if isinstance(dependencies, dict) else ():
            if name not in value:
                continue
            if isinstance(needed, dict):
                yield from self.check(value, needed, path, f"{place}/dependencies/{name}")
                continue
            absent = [key for key in _names(needed) if key not in value]
            if absent:
                text = (
                    f"Dependencies for property '{name}' failed. Missing required keys: {', '.join(absent)}."
                )
                yield self.problem(text, path, place, "dependencies", value)

    def _combined(self, value: Json, schema: dict[str, Json], path: str, place: str) -> Iterator[Problem]:
        for keyword in ("allOf", "anyOf", "oneOf"):
            parts = schema.get(keyword)
            if not isinstance(parts, list):
                continue
            results = [
                list(self.check(value, part, path, f"{place}/{keyword}/{index}"))
                for index, part in enumerate(parts)
            ]
            good = [str(index) for index, problems in enumerate(results) if not problems]
            children = [problem for problems in results for problem in problems]
            self.charge(len(children))
            if keyword == "allOf" and len(good) < len(parts):
                bad = ", ".join(str(index) for index, problems in enumerate(results) if problems)
                text = f"JSON does not match all schemas from 'allOf'. Invalid schema indexes: {bad}."
                yield self.problem(text, path, place, keyword, value, children)
            elif keyword == "anyOf" and not good:
                text = "JSON does not match any schemas from 'anyOf'."
                yield self.problem(text, path, place, keyword, value, children)
            elif keyword == "oneOf" and len(good) != 1:
                text = (
                    "JSON is valid against more than one schema from 'oneOf'. "
                    f"Valid schema indexes: {', '.join(good)}."
                    if good
                    else "JSON is valid against no schemas from 'oneOf'."
                )
                yield self.problem(text, path, place, keyword, value, [] if good else children)
        refused = schema.get("not")
        if refused is not None and not any(True for _ in self.check(value, refused, path, f"{place}/not")):
            yield self.problem("JSON is valid against schema from 'not'.", path, place, "not", value)


def _problem(
    message: str, path: str, place: str, kind: str, value: Json, children: list[Problem] | None = None
) -> Problem:
    found: Problem = {"message": message, "lineNumber": 0, "linePosition": 0, "path": path}
    if not isinstance(value, list | dict) or kind == "required":
        found["value"] = value
    found["schemaId"] = place
    found["errorType"] = kind
    found["childErrors"] = children or []
    return found


_PLAIN_NAME = re.compile(r"[A-Za-z_$][\w$]*")


def _member_path(path: str, name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        return f"{path}['{name}']"
    return f"{path}.{name}" if path else name


def _parses(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _is_date_time(text: str) -> bool:
    return bool(_DATE_TIME.fullmatch(text)) and _parses(lambda value: datetime.fromisoformat(value[:19]))(
        text
    )


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) and not re.search(r"\s", text)


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _parses(date.fromisoformat),
    "time": lambda text: bool(_TIME.fullmatch(text)),
    "date-time": _is_date_time,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "hostname": lambda text: bool(_HOST.fullmatch(text)),
    "host-name": lambda text: bool(_HOST.fullmatch(text)),
    "email": lambda text: bool(_MAIL.fullmatch(text)),
    "uri": _is_uri,
}
