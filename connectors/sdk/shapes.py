"""The shapes of values a form's members can have: schema, reading with clear sentences, writing."""

from __future__ import annotations

import types
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol, Union, get_args, get_origin

from connectors.sdk.content import Content, Json, is_envelope, text_of
from connectors.sdk.errors import Fault


class Secret(str):
    """Text that is never shown: not in a schema's default, a log line, a dump for people or an error."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


def escape(name: str) -> str:
    """A name as one part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def kind(value: Json) -> str:
    """What people call the value in a sentence."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (int, float, Decimal)):
        return "a number"
    return "a list" if isinstance(value, (list, tuple)) else "an object"


class Shape(Protocol):
    @property
    def takes_null(self) -> bool: ...
    def schema(self) -> dict[str, Json]: ...
    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any: ...
    def dump(self, value: Any) -> Json: ...


def _wrong(pointer: str, title: str, wanted: str, value: Json, faults: list[Fault]) -> None:
    faults.append(Fault(pointer, f"{title} must be {wanted}; {kind(value)} was given."))


@dataclass(frozen=True)
class Text:
    secret: bool = False
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return (
            {"type": "string", "format": "password", "writeOnly": True} if self.secret else {"type": "string"}
        )

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        # Expressions often give numbers where a field wants text; they are written as WDL writes them.
        if isinstance(value, (bool, int, float, Decimal)):
            value = text_of(value)
        if not isinstance(value, str):
            _wrong(pointer, title, "text", value, faults)
            return None
        return Secret(value) if self.secret else value

    def dump(self, value: Any) -> Json:
        return str(value)


@dataclass(frozen=True)
class Whole:
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"type": "integer"}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        if isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) < 40:
            return int(value)
        if isinstance(value, (float, Decimal)) and value == value and value % 1 == 0:
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        _wrong(pointer, title, "a whole number", value, faults)
        return None

    def dump(self, value: Any) -> Json:
        return value


@dataclass(frozen=True)
class Number:
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"type": "number"}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            return value
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                pass
        _wrong(pointer, title, "a number", value, faults)
        return None

    def dump(self, value: Any) -> Json:
        return value


@dataclass(frozen=True)
class Flag:
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"type": "boolean"}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        _wrong(pointer, title, "true or false", value, faults)
        return None

    def dump(self, value: Any) -> Json:
        return value


@dataclass(frozen=True)
class AnyJson:
    takes_null: bool = True

    def schema(self) -> dict[str, Json]:
        return {}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        return value

    def dump(self, value: Any) -> Json:
        return value


@dataclass(frozen=True)
class Binary:
    """A `Content`: text, an envelope or any JSON comes in; text or an envelope goes out."""

    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"format": "binary"}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        try:
            return Content.of(value)
        except ValueError as error:
            faults.append(Fault(pointer, f"{title} cannot be read: {error}."))
            return None

    def dump(self, value: Any) -> Json:
        return value.value() if isinstance(value, Content) else value


@dataclass(frozen=True)
class OneOf:
    choices: tuple[str, ...]
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "enum": list(self.choices)}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        for choice in self.choices:
            if isinstance(value, str) and value.lower() == choice.lower():
                return choice
        listed = ", ".join(self.choices)
        shown = f"'{value}'" if isinstance(value, str) and len(value) < 60 else kind(value)
        faults.append(Fault(pointer, f"{title} must be one of {listed}; {shown} was given."))
        return None

    def dump(self, value: Any) -> Json:
        return value


@dataclass(frozen=True)
class ListOf:
    item: Shape
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": self.item.schema()}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        if not isinstance(value, list):
            _wrong(pointer, title, "a list", value, faults)
            return None
        return [
            self.item.parse(item, f"{pointer}/{index}", f"{title} {index + 1}", faults)
            for index, item in enumerate(value)
        ]

    def dump(self, value: Any) -> Json:
        return [self.item.dump(item) for item in value]


@dataclass(frozen=True)
class MapOf:
    item: Shape
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        return {"type": "object", "additionalProperties": self.item.schema() or True}

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        if not isinstance(value, dict) or is_envelope(value):
            _wrong(pointer, title, "an object with names and values", value, faults)
            return None
        return {
            name: self.item.parse(item, f"{pointer}/{escape(name)}", f"{title} '{name}'", faults)
            for name, item in value.items()
        }

    def dump(self, value: Any) -> Json:
        return {name: self.item.dump(item) for name, item in value.items()}


@dataclass(frozen=True)
class Nested:
    form: Any
    takes_null: bool = False

    def schema(self) -> dict[str, Json]:
        schema: dict[str, Json] = self.form.schema()
        return schema

    def parse(self, value: Json, pointer: str, title: str, faults: list[Fault]) -> Any:
        if not isinstance(value, dict):
            _wrong(pointer, title, "an object", value, faults)
            return None
        return self.form._read(value, pointer, faults)

    def dump(self, value: Any) -> Json:
        return value.dump()


_PLAIN: dict[Any, Shape] = {
    str: Text(), Secret: Text(secret=True), int: Whole(), float: Number(), bool: Flag(), Any: AnyJson(),
    object: AnyJson(), Content: Binary(),
}  # fmt: skip


def shape_of(annotation: Any, form: type) -> Shape:
    """The shape of an annotation; TypeError where a form cannot hold such a type."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        rest = [argument for argument in arguments if argument is not types.NoneType]
        if len(rest) == 1:
            return shape_of(rest[0], form)
    if origin is Literal and all(isinstance(argument, str) for argument in arguments):
        return OneOf(arguments)
    if origin is list:
        return ListOf(shape_of(arguments[0], form))
    if origin is dict and arguments[0] is str:
        return MapOf(shape_of(arguments[1], form))
    if isinstance(annotation, type) and issubclass(annotation, form):
        return Nested(annotation)
    raise TypeError(f"A form cannot hold values of type {annotation!r}.")
