"""How the engine's own operations describe themselves: title, form, outputs, text to insert."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from runtime.language.values import Json


@dataclass(frozen=True, slots=True)
class EngineOperation:
    """One operation of the engine itself.

    `type` and `kind` are WDL's. `inputs` is the JSON schema of the form with Logic Apps' `x-ms-*` hints; its
    properties address members of the action by path (`inputs.from`, `foreach`, `limit.count`) in `x-path`.
    `outputs` is the schema of the outputs object, empty where there is none. `template` is the action to
    insert.
    """

    id: str
    type: str
    title: str
    description: str
    category: Literal["control", "variables", "data", "schedule", "date", "request", "workflows", "http"]
    template: dict[str, Json]
    kind: str = ""
    inputs: dict[str, Json] = field(default_factory=dict)
    outputs: dict[str, Json] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    icon: str = ""
    advanced: bool = False

    @property
    def text(self) -> str:
        """The template as JSON text, ready to be inserted into a definition."""
        return json.dumps(self.template, indent=2, ensure_ascii=False)


def form(required: tuple[str, ...] = (), **properties: Json) -> dict[str, Json]:
    """A JSON schema of an object."""
    schema: dict[str, Json] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return schema


def member(
    title: str,
    path: str,
    *,
    type: str | None = None,
    description: str = "",
    editor: str | None = None,
    options: Json = None,
    visibility: str | None = None,
    default: Json = None,
    choices: tuple[str, ...] = (),
) -> dict[str, Json]:
    """One property of a form. `path` is where its value stands in the action, e.g. `inputs.from`."""
    schema: dict[str, Json] = {"title": title, "x-path": path}
    extra = {
        "type": type,
        "description": description or None,
        "x-ms-editor": editor,
        "x-ms-editor-options": options,
        "x-ms-visibility": visibility,
        "default": default,
        "enum": list(choices) or None,
    }
    schema.update({name: value for name, value in extra.items() if value is not None})
    return schema


ANY: dict[str, Json] = {}
BODY_ARRAY = form(body={"title": "Body", "type": "array"})
BODY_TEXT = form(body={"title": "Body", "type": "string"})
