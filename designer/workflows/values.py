"""The values a workflow gives to its parameters, beside its text.

Those of secure ones can be set and never read. They are published with the draft: a version keeps those it
was published with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid
from designer.tenants.writes import write
from designer.workflows import problems, texts
from designer.workflows.services import lock
from runtime import services as runtime
from runtime.language.definition import Definition
from runtime.language.document import tokens
from runtime.language.values import Json, dumps, loads

if TYPE_CHECKING:
    from designer.workflows.models import Workflow

LIMIT: Final = 1_000_000
"""Characters of all values together."""
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "int": (int,),
    "integer": (int,),
    "float": (int, float),
    "bool": (bool,),
    "boolean": (bool,),
    "array": (list,),
}


def shown(workflow: Workflow) -> list[dict[str, Any]]:
    """One item for each value there is, also where the draft declares no such parameter any more."""
    definition = texts.definition_of(workflow.draft_text)
    return [
        {
            "name": name,
            "secret": runtime.is_sealed(value) or _is_secure(definition, name),
            "value": None if runtime.is_sealed(value) or _is_secure(definition, name) else value,
        }
        for name, value in loads(workflow.parameters).items()
    ]


def change(
    actor: Actor,
    workflow: Workflow,
    given: Mapping[str, Json],
    removed: list[str],
    renamed: Mapping[str, str],
) -> Workflow:
    """Sets, takes away and carries along values by the name of their parameter. Raises FieldsInvalid."""
    with write(actor, "workflow.edit", "workflow.values") as written:
        locked = lock(actor.tenant, workflow)
        definition = texts.definition_of(locked.draft_text)
        _refuse_wrong(definition, given)
        kept: dict[str, Json] = {
            renamed.get(name, name): value
            for name, value in loads(locked.parameters).items()
            if name not in removed
        }
        kept |= runtime.seal_values(actor.tenant.pk, definition, given)
        text = dumps(kept)
        if len(text) > LIMIT:
            raise FieldsInvalid({"values": [f"All values together may have {LIMIT} characters."]})
        locked.parameters = text
        locked.updated_at = timezone.now()
        locked.save(update_fields=["parameters", "updated_at"])
        told = {"set": sorted(given), "removed": sorted(removed), "renamed": dict(renamed)}
        told = {name: one for name, one in told.items() if one}
        written.about("workflow", locked.pk, locked.name, after=told)
        written.tell(f"workflow:{locked.pk}:draft", {"kind": "values"})
        problems.schedule(actor.tenant.pk, locked.pk)
    return locked


def carried(stored: str, definition_at: str, edits: Sequence[Mapping[str, Any]]) -> str:
    """The stored values after edits of the text: a value follows its declaration to another name, and back
    again when the renaming is undone.
    """
    names = [
        (tokens(splice["at"])[-1], splice["name"])
        for edit in edits
        for splice in edit["patch"]
        if splice["op"] == "rename" and splice["at"].rpartition("/")[0] == f"{definition_at}/parameters"
    ]
    if not names or stored == "{}":
        return stored
    values = loads(stored)
    for old, new in names:
        known = next((name for name in values if name.casefold() == old.casefold()), None)
        if known is None:
            continue
        if new.casefold() != old.casefold():
            # What else is called so belonged to a declaration that is gone.
            values = {name: one for name, one in values.items() if name.casefold() != new.casefold()}
        values = {new if name == known else name: one for name, one in values.items()}
    return dumps(values)


def _refuse_wrong(definition: Definition, given: Mapping[str, Json]) -> None:
    declared = {name.casefold(): parameter for name, parameter in definition.parameters.items()}
    fields: dict[str, list[str]] = {}
    for name, value in given.items():
        parameter = declared.get(name.casefold())
        if parameter is None:
            fields[name] = [f"The workflow declares no parameter '{name}'."]
        elif not _fits(parameter.type.lower().removeprefix("secure"), value):
            fields[name] = [f"'{name}' needs a value of type {parameter.type}."]
    if fields:
        raise FieldsInvalid(fields)


def _fits(kind: str, value: Json) -> bool:
    if isinstance(value, str) and "@appsetting(" in value.lower():
        return True
    wanted = _KINDS.get(kind)
    return wanted is None or (isinstance(value, wanted) and (not isinstance(value, bool) or bool in wanted))


def _is_secure(definition: Definition, name: str) -> bool:
    return any(
        declared.secure and declared.name.casefold() == name.casefold()
        for declared in definition.parameters.values()
    )
