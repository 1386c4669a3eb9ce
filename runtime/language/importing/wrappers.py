"""The shapes in which one JSON file carries workflows (reference 1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from runtime.language.definition import read
from runtime.language.document import Document, Node, parse, plain, quote
from runtime.language.importing.report import Report, report_on
from runtime.language.importing.templates import (
    WorkflowResource,
    deployment_of,
    given_values,
    resolved_text,
    workflows_of,
)
from runtime.language.printing import printed, style_of
from runtime.language.values import Json

KINDS: Final = {"stateful": "Stateful", "stateless": "Stateless", "agentic": "Agentic", "agent": "Agent"}


@dataclass(frozen=True, slots=True)
class Imported:
    """One workflow as imported.

    `text` is the definition document to store; `kind` is what the source calls itself (Stateful, Stateless,
    Consumption, PowerAutomate, …). `parameters` are the values supplied beside the definition, `connections`
    what the source says of its connections, `source` the path inside what was imported. `artifacts` are the
    project's maps and schemas by path, such as `Maps/order.xslt`; `tags` are those of an Azure resource.
    """

    name: str
    kind: str
    text: str
    parameters: Mapping[str, Json]
    connections: Mapping[str, Json]
    source: str
    report: Report
    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    tags: Mapping[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Surroundings:
    """What a file has beside it: the name it goes by, and a project's parameters and connections."""

    name: str
    source: str
    kind: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    connections: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    values: Document | None = None  # the parameters file of a template

    def given(self, template: Node) -> Mapping[str, Json]:
        return given_values(self.values.root, template) if self.values is not None else {}


def workflows_in(document: Document, beside: Surroundings) -> list[Imported]:
    """Every workflow of one JSON document; an empty list when it carries none."""
    root = document.root
    if root.kind != "object":
        return []
    if looks_like_template(root):
        around = deployment_of(root, beside.given(root))
        return [_of_resource(document, resource, beside) for resource in workflows_of(root, around)]
    if (definition := root.get("definition")) is not None and looks_like_definition(definition):
        return [_of_wrapped(document, definition, beside)]
    properties = root.get("properties")
    if properties is not None and (definition := properties.get("definition")) is not None:
        kept = definition.kind == "object" and not _is_desktop_flow(definition)
        return [_of_properties(document, properties, definition, beside)] if kept else []
    if looks_like_definition(root):
        return [_whole(document, beside)]
    return []


def _is_desktop_flow(definition: Node) -> bool:
    """A flow for a desktop: a packed program under the same schema, without triggers and actions."""
    return _word(definition.get("package")) != "" and definition.get("actions") is None


def looks_like_template(root: Node) -> bool:
    resources = root.get("resources")
    return resources is not None and resources.kind in ("array", "object") and root.get("triggers") is None


def looks_like_definition(node: Node) -> bool:
    """Whether an object is a definition: it has triggers or actions, or names the schema."""
    if node.kind != "object":
        return False
    schema = node.get("$schema")
    named = schema is not None and "microsoft.logic" in str(schema.value).lower()
    return named or any(
        (inner := node.get(name)) is not None and inner.kind == "object" for name in ("triggers", "actions")
    )


def _whole(document: Document, beside: Surroundings) -> Imported:
    """A file that is itself the document to store."""
    return _imported(document.text, beside, beside.kind or "Stateful", {}, {}, ())


def _of_wrapped(document: Document, definition: Node, beside: Surroundings) -> Imported:
    """`{"definition", "kind"}` as it is; the normalised form of the conformance cases is cut out of its
    wrapper.
    """
    root = document.root
    kind = _word(root.get("kind"))
    if {member.name for member in root.members} <= {"definition", "kind"}:
        return _imported(document.text, beside, kind or beside.kind or "Stateful", {}, {}, ())
    text = wrapped(document, document.source(definition), kind)
    parameters, connections = _values(root.get("parameters")), _object(root.get("connections"))
    return _imported(text, beside, kind or "Stateful", parameters, connections, ())


def _of_properties(document: Document, properties: Node, definition: Node, beside: Surroundings) -> Imported:
    """A resource as the management API gives it, or a flow of a Power Automate package."""
    references = _object(properties.get("connectionReferences"))
    flow = references or "flow" in _word(document.root.get("type")).lower() or beside.kind == "PowerAutomate"
    kind = _word(document.root.get("kind")) if not flow else ""
    parameters = _values(properties.get("parameters"))
    connections = references or _connections(parameters)
    name = _word(properties.get("displayName")) or beside.name
    here = Surroundings(name, beside.source, beside.kind, beside.parameters, beside.connections, beside.notes)
    text = wrapped(document, document.source(definition), kind)
    found = _imported(text, here, "PowerAutomate" if flow else "Consumption", parameters, connections, ())
    return replace(found, tags=_object(document.root.get("tags")))


def _of_resource(document: Document, resource: WorkflowResource, beside: Surroundings) -> Imported:
    text, left = resolved_text(resource.document or document, resource.definition, resource.scope)
    given = resource.properties.get("parameters")
    plain_given = resource.scope.lenient(given) if given is not None else {}
    parameters = _value_members(plain_given)
    notes = tuple(
        f"The template expression {_shortened(expression)} is known only at deployment: it stays as written."
        for expression in left
    )
    here = Surroundings(
        resource.name, beside.source, beside.kind, beside.parameters, beside.connections, beside.notes
    )
    found = _imported(
        wrapped(document, text, ""), here, "Consumption", parameters, _connections(parameters), notes
    )
    tags = resource.scope.lenient(resource.tags) if resource.tags is not None else {}
    return replace(found, tags=tags if isinstance(tags, dict) else {})


def wrapped(document: Document, definition: str, kind: str) -> str:
    """A definition cut out of a bigger file, as a document of its own in the style of that file."""
    canonical = KINDS.get(kind.lower(), "Stateful")
    return (
        printed(f'{{"definition": {definition}, "kind": {quote(canonical)}}}', style_of(document), "") + "\n"
    )


def _imported(
    text: str,
    beside: Surroundings,
    kind: str,
    parameters: Mapping[str, Json],
    connections: Mapping[str, Json],
    notes: tuple[str, ...],
) -> Imported:
    definition = read(parse(text).plain())
    return Imported(
        name=beside.name,
        kind=kind,
        text=text,
        parameters={**beside.parameters, **parameters},
        connections={**beside.connections, **connections},
        source=beside.source,
        report=report_on(definition, (*beside.notes, *notes)),
        artifacts=beside.artifacts,
    )


def _values(node: Node | None) -> dict[str, Json]:
    return _value_members(plain(node)) if node is not None else {}


def _value_members(value: Json) -> dict[str, Json]:
    """`{"name": {"value": …}}` as name → value."""
    if not isinstance(value, dict):
        return {}
    return {name: item["value"] for name, item in value.items() if isinstance(item, dict) and "value" in item}


def _object(node: Node | None) -> dict[str, Json]:
    value = plain(node) if node is not None else {}
    return value if isinstance(value, dict) else {}


def _connections(parameters: Mapping[str, Json]) -> dict[str, Json]:
    value = parameters.get("$connections")
    return value if isinstance(value, dict) else {}


def _word(node: Node | None) -> str:
    return str(node.value) if node is not None and node.kind == "string" else ""


def _shortened(text: str) -> str:
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= 120 else line[:117] + "…"
