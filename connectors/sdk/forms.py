"""Forms: annotated classes that are at once the form, its validator, its documentation and its token list.

    class Message(Form):
        to: str = Field(title="To", important=True)
        priority: Literal["low", "normal", "high"] = Field("normal", title="Priority")

    Message.schema()                     # JSON schema with the designer's x-ms-* hints
    Message.parse({"to": "ana@x.test"})  # a Message, or FormError that names every field
    Message(to="ana@x.test").dump()      # {"to": "ana@x.test", "priority": "normal"}

Members are written in camel case in JSON (`reply_to` → `replyTo`) unless the field gives its own `name`.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, dataclass_transform, get_type_hints

from connectors.sdk.content import Json
from connectors.sdk.errors import Fault, FormError
from connectors.sdk.shapes import Shape, escape, shape_of

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING", "__bool__": lambda self: False})()


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What `Field()` says about one member of a form."""

    default: Any
    title: str
    description: str
    visibility: str | None
    editor: str | None
    editor_options: dict[str, Json] | None
    values: str | None
    values_from: tuple[str, ...]
    tree: str | None
    picks: tuple[str, ...]
    name: str | None
    minimum: float | None
    maximum: float | None
    max_length: int | None
    example: Json
    destination: bool = False


def Field(
    default: Any = MISSING,
    *,
    title: str = "",
    description: str = "",
    important: bool = False,
    advanced: bool = False,
    hidden: bool = False,
    editor: str | None = None,
    editor_options: dict[str, Json] | None = None,
    values: str | None = None,
    values_from: Sequence[str] = (),
    tree: str | None = None,
    picks: Sequence[str] = ("leaf",),
    name: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    max_length: int | None = None,
    example: Json = MISSING,
    destination: bool = False,
) -> Any:
    """Declare a member. Without `default` it is required.

    `important` fields are always shown, `advanced` ones are offered under "Add parameter", `hidden`
    ones never (x-ms-visibility).
    `editor` names one of the designer's editors, `values` an operation that lists the choices, which gets the
    members named in `values_from` as its inputs (x-ms-dynamic-values). `tree` names one declared with
    `@branches` that shows them in folders; `picks` says what may be chosen there: leaf, parent or both
    (x-ms-dynamic-tree).
    `destination` says where, or how well protected, a connection's secrets are sent: who changes it has to
    enter them again. A form with secrets that marks no member means all of them.
    """
    visibility = "important" if important else "advanced" if advanced else "internal" if hidden else None
    return FieldInfo(
        default, title, description, visibility, editor, editor_options, values, tuple(values_from),
        tree, tuple(picks), name, minimum, maximum, max_length, example, destination,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A compiled field: Python attribute, JSON name, shape of its values, and what its declaration says."""

    attribute: str
    name: str
    shape: Shape
    info: FieldInfo

    @property
    def required(self) -> bool:
        return self.info.default is MISSING

    @property
    def title(self) -> str:
        return self.info.title or words(self.attribute)

    def schema(self) -> dict[str, Json]:
        info = self.info
        schema: dict[str, Json] = {**self.shape.schema(), "title": self.title}
        optional = {
            "description": info.description or None,
            "minimum": info.minimum,
            "maximum": info.maximum,
            "maxLength": info.max_length,
            "x-ms-visibility": info.visibility,
            "x-ms-editor": info.editor,
            "x-ms-editor-options": info.editor_options,
        }
        schema.update({key: value for key, value in optional.items() if value is not None})
        if not self.required and info.default is not None and not schema.get("writeOnly"):
            schema["default"] = self.shape.dump(info.default)
        if info.example is not MISSING:
            schema["examples"] = [info.example]
        if info.values:
            parameters = {name: {"parameter": name} for name in info.values_from}
            schema["x-ms-dynamic-values"] = {
                "operationId": info.values,
                "parameters": parameters,
                "value-path": "value",
                "value-title": "title",
            }
        if info.tree:
            opened = {
                "operationId": info.tree,
                "itemValuePath": "value",
                "itemTitlePath": "title",
                "itemIsParent": "isParent",
            }
            schema["x-ms-dynamic-tree"] = {
                "settings": {
                    "canSelectParentNodes": "parent" in info.picks,
                    "canSelectLeafNodes": "leaf" in info.picks,
                },
                "open": opened,
                "browse": {**opened, "parameters": {"folder": {"selectedItemValuePath": "value"}}},
            }
        return schema


@dataclass_transform(kw_only_default=True, field_specifiers=(Field,))
class Form:
    """Base of every form. Subclasses declare annotated members; instances are plain values."""

    _members: ClassVar[tuple[Member, ...] | None] = None

    def __init__(self, **values: Any) -> None:
        for member in type(self).members():
            if member.attribute in values:
                setattr(self, member.attribute, values.pop(member.attribute))
            elif member.required:
                raise TypeError(f"{type(self).__name__} needs {member.attribute!r}.")
            else:
                setattr(self, member.attribute, copy.deepcopy(member.info.default))
        if values:
            raise TypeError(f"{type(self).__name__} has no member {next(iter(values))!r}.")

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        """The declared members, base classes first, in order of declaration."""
        if cls.__dict__.get("_members") is None:
            cls._members = tuple(_compile(cls))
        return cls._members or ()

    @classmethod
    def schema(cls) -> dict[str, Json]:
        """JSON schema of the form's object with the designer's hints."""
        members = cls.members()
        schema: dict[str, Json] = {"type": "object", "properties": {m.name: m.schema() for m in members}}
        required = [m.name for m in members if m.required]
        if required:
            schema["required"] = required
        if cls.__doc__ and cls.__doc__ is not Form.__doc__:
            schema["description"] = cls.__doc__.strip().splitlines()[0]
        return schema

    @classmethod
    def parse(cls, value: Json) -> Self:
        """A form from a JSON object. Unknown members are left aside; FormError lists every fault."""
        faults: list[Fault] = []
        form = cls._read(value, "", faults)
        if faults or form is None:
            raise FormError(faults)
        return form

    @classmethod
    def faults(cls, value: Json) -> list[Fault]:
        """Everything wrong with the value; empty when it parses."""
        faults: list[Fault] = []
        cls._read(value, "", faults)
        return faults

    @classmethod
    def _read(cls, value: Json, pointer: str, faults: list[Fault]) -> Self | None:
        if not isinstance(value, dict):
            faults.append(Fault(pointer, "An object with members was expected here."))
            return None
        values: dict[str, Any] = {}
        before = len(faults)
        lower = {name.lower(): name for name in value}
        for member in cls.members():
            found = lower.get(member.name.lower())
            given = value[found] if found is not None else None
            # A null is what `?` gives for something absent, so it counts as not given.
            if found is None or (given is None and not member.shape.takes_null):
                if member.required:
                    faults.append(Fault(f"{pointer}/{escape(member.name)}", f"{member.title} is required."))
                continue
            place = f"{pointer}/{escape(member.name)}"
            values[member.attribute] = member.shape.parse(given, place, member.title, faults)
            _check_limits(member, values[member.attribute], place, faults)
        return cls(**values) if len(faults) == before else None

    def dump(self) -> dict[str, Json]:
        """The JSON object of this form; members whose value is None are left out."""
        return {
            member.name: member.shape.dump(getattr(self, member.attribute))
            for member in type(self).members()
            if getattr(self, member.attribute) is not None
        }

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{m.attribute}={getattr(self, m.attribute)!r}" for m in type(self).members())
        return f"{type(self).__name__}({shown})"


def _compile(cls: type[Form]) -> list[Member]:
    hints = get_type_hints(cls)
    members: list[Member] = []
    for attribute, annotation in hints.items():
        if attribute.startswith("_") or getattr(annotation, "__origin__", None) is ClassVar:
            continue
        declared = getattr(cls, attribute, MISSING)
        info = declared if isinstance(declared, FieldInfo) else Field(declared)
        members.append(Member(attribute, info.name or camel(attribute), shape_of(annotation, Form), info))
    return members


def _check_limits(member: Member, value: Any, pointer: str, faults: list[Fault]) -> None:
    info = member.info
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if info.minimum is not None and value < info.minimum:
            faults.append(Fault(pointer, f"{member.title} must be at least {info.minimum:g}; it is {value}."))
        if info.maximum is not None and value > info.maximum:
            faults.append(Fault(pointer, f"{member.title} must be at most {info.maximum:g}; it is {value}."))
    if isinstance(value, str):
        if info.max_length is not None and len(value) > info.max_length:
            faults.append(Fault(pointer, f"{member.title} must have at most {info.max_length} characters."))
        if member.required and not value:
            faults.append(Fault(pointer, f"{member.title} is required; it is empty."))


def camel(attribute: str) -> str:
    """`reply_to` → `replyTo`; a trailing underscore (`from_`) is dropped."""
    first, *rest = attribute.strip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)


def words(attribute: str) -> str:
    """`reply_to` → `Reply to`."""
    text = attribute.strip("_").replace("_", " ")
    return text[:1].upper() + text[1:]
