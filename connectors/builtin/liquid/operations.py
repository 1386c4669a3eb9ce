"""Liquid templates from the tenant's folder (reference 6.21), rendered in an isolated process."""

from __future__ import annotations

from functools import cache
from typing import Any

from connectors.sdk import (
    ConnectorError,
    Content,
    Context,
    Field,
    Form,
    Json,
    MediaType,
    action,
    choices,
    is_envelope,
)
from connectors.sdk.artifacts import Artifacts
from connectors.sdk.content import decode_text
from connectors.sdk.isolation import Isolated

SECONDS = 30
CONTENT_LIMIT = 104_857_600
ENDINGS = (".liquid", ".json", ".txt")


class Transformation(Form):
    """What to transform with which template."""

    content: Any = Field(
        title="Content", important=True, description="In the template it is called 'content'."
    )
    map_: str = Field(title="Map", important=True, values="listTemplates", example="OrderToInvoice.liquid")


class Transformed(Form):
    """The outcome."""

    body: Any = Field(None, title="Transformed content")


@cache
def inside() -> Isolated:
    return Isolated("connectors.builtin.liquid.inside", seconds=SECONDS)


def templates(context: Context[None]) -> Artifacts:
    return Artifacts(context.folder, "Maps", ENDINGS)


@action(
    "Transform JSON to JSON",
    inputs=Transformation,
    outputs=Transformed,
    effect="read",
    whole_outputs=True,
    category="Liquid",
    keywords=("liquid", "template", "map", "json"),
    needs_connection=False,
)
def transform_json_to_json(context: Context[None], request: Transformation) -> dict[str, Json]:
    """Makes JSON of JSON with a Liquid template from your folder Artifacts/Maps."""
    return {"body": context.loads(_render(context, request, "json", "json"))}


@action(
    "Transform JSON to text",
    inputs=Transformation,
    outputs=Transformed,
    effect="read",
    whole_outputs=True,
    category="Liquid",
    keywords=("liquid", "template", "map", "html", "csv"),
    needs_connection=False,
)
def transform_json_to_text(context: Context[None], request: Transformation) -> dict[str, Json]:
    """Makes text of JSON with a Liquid template from your folder Artifacts/Maps."""
    return {"body": _render(context, request, "json", "text")}


@action(
    "Transform XML to JSON",
    inputs=Transformation,
    outputs=Transformed,
    effect="read",
    whole_outputs=True,
    category="Liquid",
    keywords=("liquid", "template", "map", "xml"),
    needs_connection=False,
)
def transform_xml_to_json(context: Context[None], request: Transformation) -> dict[str, Json]:
    """Makes JSON of XML with a Liquid template from your folder Artifacts/Maps."""
    return {"body": context.loads(_render(context, request, "xml", "json"))}


@action(
    "Transform XML to text",
    inputs=Transformation,
    outputs=Transformed,
    effect="read",
    whole_outputs=True,
    category="Liquid",
    keywords=("liquid", "template", "map", "xml", "html", "csv"),
    needs_connection=False,
)
def transform_xml_to_text(context: Context[None], request: Transformation) -> dict[str, Json]:
    """Makes text of XML with a Liquid template from your folder Artifacts/Maps."""
    return {"body": _render(context, request, "xml", "text")}


@choices("Templates")
def list_templates(context: Context[None], _: object) -> list[tuple[str, str]]:
    """The templates in the tenant's folder, for the field that asks for one."""
    return [(name, name) for name in templates(context).names() if name.lower().endswith(ENDINGS)]


def _render(context: Context[None], request: Transformation, source: str, target: str) -> str:
    content = _bytes(context, request.content, source)
    if len(content) > CONTENT_LIMIT:
        raise ConnectorError(f"The content is larger than {CONTENT_LIMIT:,} bytes.", code="LimitExceeded")
    found = templates(context).read(request.map_)
    arguments = {"from": source, "to": target, "name": found.name}
    blobs = {"content": content, "map": found.data}
    _, data = inside().call(
        "transform", arguments, blobs, seconds=context.remaining(SECONDS), what=f"The template '{found.name}'"
    )
    return data.decode("utf-8", "surrogatepass")


def _bytes(context: Context[None], value: Json, source: str) -> bytes:
    """JSON may come as a value, as text or with its type; XML as text or with its type."""
    if isinstance(value, str) or is_envelope(value):
        try:
            content = Content.of(value)
        except ValueError as error:
            raise ConnectorError(f"The content cannot be read: {error}.", code="InvalidContent") from None
        charset = MediaType.parse(content.content_type).charset
        if source == "xml" and content.data.lstrip()[:5] == b"<?xml":
            return content.data
        return decode_text(content.data, charset).encode("utf-8", "surrogatepass")
    if source == "xml":
        raise ConnectorError("The content must be XML, as text or with its type.", code="InvalidContent")
    return context.dumps(value).encode("utf-8", "surrogatepass")
