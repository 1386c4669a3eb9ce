"""Templates: workflows to start from. One folder each: template.json (what people read) and definition.json.
Those that a tenant saved stand beside them (`authoring.py`).

A template's parameters are parameters of its definition; filling one in sets its `defaultValue`, or, where it
is secure, the value the workflow keeps sealed beside its text (`values.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from designer.tenants.errors import FieldsInvalid
from designer.workflows import texts
from designer.workflows.templates import authoring
from runtime import catalog
from runtime.language.definition import Definition
from runtime.language.document import pointer_of
from runtime.language.splices import Splice, apply
from runtime.language.values import Json, dumps, loads

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import SavedTemplate

FOLDER = Path(__file__).parent
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    title: str
    summary: str
    category: str
    needs: tuple[dict[str, str], ...]
    parameters: tuple[dict[str, Any], ...]
    text: str
    # Of a tenant's own: who made it and when it was changed last.
    own: bool = False
    by: str | None = None
    changed_at: datetime | None = None

    def item(self) -> dict[str, Any]:
        definition = texts.definition_of(self.text)
        return {
            "id": self.id,
            "title": self.title,
            "summary": self.summary,
            "category": self.category,
            "triggerType": texts.first_trigger_type(self.text),
            "connectors": _connectors(definition),
            "actions": sum(1 for _ in definition.every_action()),
            "own": self.own,
            "by": self.by,
            "changedAt": self.changed_at.isoformat() if self.changed_at else None,
        }

    def detail(self, tenant: Tenant) -> dict[str, Any]:
        names: dict[str, list[str]] = {}
        for connection in tenant.connections.order_by("name"):
            names.setdefault(connection.connector, []).append(connection.name)
        needs = [{**need, "available": names.get(need["connector"], [])} for need in self.needs]
        return {**self.item(), "needs": needs, "parameters": list(self.parameters), "text": self.text}


@cache
def all_templates() -> tuple[Template, ...]:
    folders = sorted(folder for folder in FOLDER.iterdir() if (folder / "template.json").is_file())
    return tuple(_read(folder) for folder in folders)


def _read(folder: Path) -> Template:
    about = loads((folder / "template.json").read_text(encoding="utf-8"))
    text = texts.check((folder / "definition.json").read_text(encoding="utf-8"))
    return Template(
        id=folder.name.replace("_", "-"),
        title=about["title"],
        summary=about["summary"],
        category=about["category"],
        needs=tuple(about["needs"]),
        parameters=_typed(about["parameters"], text),
        text=text,
    )


def of_saved(saved: SavedTemplate) -> Template:
    return Template(
        id=str(saved.pk),
        title=saved.title,
        summary=saved.summary,
        category=saved.category,
        needs=tuple(saved.needs),
        parameters=_typed(saved.parameters, saved.text),
        text=saved.text,
        own=True,
        by=saved.created_by.shown_name if saved.created_by else None,
        changed_at=saved.updated_at,
    )


def _typed(parameters: list[dict[str, str]], text: str) -> tuple[dict[str, Any], ...]:
    """With type and default as the definition declares them."""
    declared = texts.definition_of(text).raw.get("parameters", {})
    return tuple(
        {
            **item,
            "type": declared[item["name"]].get("type", "String"),
            "default": declared[item["name"]].get("defaultValue"),
        }
        for item in parameters
    )


def _connectors(definition: Definition) -> list[str]:
    """The registry's connectors whose operations it uses, in the order of the text."""
    known = {connector["id"] for connector in catalog.connectors()}
    found = [catalog.operation_id(one.type, one.kind, one.inputs) for one in definition.every_action()]
    return [one for one in dict.fromkeys((each or "").partition("/")[0] for each in found) if one in known]


def find(template_id: str) -> Template | None:
    return next((template for template in all_templates() if template.id == template_id), None)


def of_tenant(tenant: Tenant) -> list[Template]:
    saved = tenant.templates.select_related("created_by").order_by("title")
    return [*(of_saved(one) for one in saved), *all_templates()]


def find_in(tenant: Tenant, template_id: str) -> Template:
    """A shipped one or one of the tenant's own. Raises NotFound."""
    return find(template_id) or of_saved(authoring.find(tenant, template_id))


def filled(
    tenant: Tenant, template_id: str, values: Mapping[str, Json], connections: Mapping[str, str]
) -> tuple[str, dict[str, Json]]:
    """The template's text with these parameter values and with connections in the place of those it names,
    and apart from it the values of secure parameters: a definition is read by whoever may look at the
    workflow. Raises NotFound, FieldsInvalid.
    """
    template = find_in(tenant, template_id)
    prefix = texts.definition_pointer(template.text)
    known = {item["name"]: item for item in template.parameters}
    fields: dict[str, list[str]] = {}
    patch: list[Splice] = []
    secrets: dict[str, Json] = {}
    for name, value in values.items():
        if name not in known:
            fields[f"parameters.{name}"] = ["The template has no such parameter."]
        elif not _fits(known[name]["type"], value):
            fields[f"parameters.{name}"] = [f"This must be a value of type {known[name]['type']}."]
        elif known[name]["type"].lower().startswith("secure"):
            if value not in ("", {}):  # left empty: to be given later
                secrets[name] = value
        else:
            place = prefix + pointer_of("parameters", name, "defaultValue")
            patch.append({"op": "set", "at": place, "text": dumps(value)})
    for place, _, name, _ in authoring.connection_places(texts.definition_of(template.text)):
        if name in connections:
            patch.append({"op": "set", "at": prefix + place, "text": dumps(connections[name])})
    if fields:
        raise FieldsInvalid(fields)
    return apply(template.text, patch), secrets


def _fits(kind: str, value: Json) -> bool:
    wanted = _PYTHON_TYPES[kind.lower().removeprefix("secure")]
    return isinstance(value, wanted) and (not isinstance(value, bool) or bool in wanted)
