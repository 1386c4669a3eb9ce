"""Artifacts by name (reference 6.21): what Logic Apps looks up in an integration account."""

from __future__ import annotations

from typing import Any, Literal

from connectors.sdk import ConnectorError, Context, Field, Form, Json, action
from connectors.sdk.artifacts import Artifact, Artifacts, Kind
from connectors.sdk.content import decode_text

_PLACES: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "Map": ("Maps", (".xslt", ".xsl", ".liquid", ".json", ".txt")),
    "Schema": ("Schemas", (".xsd", ".json")),
    "Partner": ("Partners", (".json",)),
    "Agreement": ("Agreements", (".json",)),
}
_TYPES = {
    "xslt": "application/xml",
    "xsl": "application/xml",
    "xsd": "application/xml",
    "json": "application/json",
}


class Lookup(Form):
    """Which artifact."""

    artifact_type: Literal["Schema", "Map", "Partner", "Agreement"] = Field(title="Kind", important=True)
    artifact_name: str = Field(title="Name", important=True, example="Order.xsd")


class Found(Form):
    """The artifact."""

    name: str = Field(title="Name")
    type: str = Field(title="Kind")
    properties: Any = Field(
        None, title="Properties", description="A map or schema has its text in 'content'."
    )


@action(
    "Look up an artifact",
    inputs=Lookup,
    outputs=Found,
    effect="read",
    category="Files",
    keywords=("integration account", "map", "schema", "partner", "agreement", "b2b"),
    needs_connection=False,
)
def look_up_artifact(context: Context[None], request: Lookup) -> Found:
    """Gives a map, schema, partner or agreement from the folder Artifacts of your files."""
    kind, endings = _PLACES[request.artifact_type]
    found = Artifacts(context.folder, kind, endings).read(request.artifact_name)
    return Found(
        name=found.name.rpartition(".")[0] or found.name,
        type=request.artifact_type,
        properties=_properties(context, found, request.artifact_type),
    )


def _properties(context: Context[None], found: Artifact, kind: str) -> Json:
    text = decode_text(found.data, "utf-8")
    if kind in ("Map", "Schema"):
        ending = found.name.rpartition(".")[2].lower()
        return {"content": text, "contentType": _TYPES.get(ending, "text/plain")}
    try:
        value = context.loads(text)
    except ValueError as error:
        raise ConnectorError(f"'{found.name}' is not JSON: {error}.", code="InvalidArtifact") from None
    # An exported resource has its facts under `properties`; a file of facts is taken as it is.
    return value["properties"] if isinstance(value, dict) and "properties" in value else value
