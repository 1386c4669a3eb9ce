"""A template of a tenant's own: made from a workflow's draft, kept, renamed, deleted.

What is kept holds no secret. Where one stands in clear text, the template asks for it instead: the place
reads a SecureString parameter without a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils import timezone

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, NotFound
from designer.tenants.writes import write
from designer.workflows import texts
from runtime import services as runtime
from runtime.language.definition import Action, Definition, Trigger
from runtime.language.document import pointer_of, tokens
from runtime.language.splices import Splice, apply
from runtime.language.values import Json, dumps, loads

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import SavedTemplate, Workflow

MOST: Final = 200
LIMITS: Final = {"title": 80, "summary": 300, "category": 40}
_PROVIDER: Final = "/serviceproviders/"
# The key in an address: what stands behind the = is the secret, not the whole address.
_KEY_IN_ADDRESS: Final = re.compile(
    r"([?&](?:sig|code|api[-_]?key|access_token|subscription-key)=)([^&@]+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Secret:
    """What stood in clear text, in the validator's words, and the parameter that is asked for instead."""

    pointer: str
    message: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What a template of this draft would be."""

    text: str
    needs: list[dict[str, str]]
    parameters: list[dict[str, Any]]
    secrets: list[Secret]


def outline(workflow: Workflow) -> Outline:
    text = _with_values(workflow)
    text, secrets = _without_secrets(text)
    definition = texts.definition_of(text)
    return Outline(text, _needs(definition), _parameters(definition, secrets), secrets)


def save_workflow(
    actor: Actor,
    workflow: Workflow,
    *,
    title: str,
    summary: str,
    category: str,
    parameters: Sequence[dict[str, str]],
) -> SavedTemplate:
    """`parameters` are those to ask for, in words; the others keep the value they have."""
    made = outline(workflow)
    about = _about(title, summary, category)
    asked = _asked(made, parameters)
    with write(actor, "template.write", "template.create") as change:
        if actor.tenant.templates.count() >= MOST:
            raise FieldsInvalid({"title": [f"There are {MOST} templates already. Delete one first."]})
        saved = actor.tenant.templates.create(
            **about, text=made.text, needs=made.needs, parameters=asked, created_by=actor.user
        )
        change.about("template", saved.pk, saved.title, after={"workflow": str(workflow.pk)})
    return saved


def rename(actor: Actor, template_id: str, *, title: str, summary: str, category: str) -> SavedTemplate:
    with write(actor, "template.write", "template.change") as change:
        saved = find(actor.tenant, template_id)
        before = {name: getattr(saved, name) for name in LIMITS}
        about = _about(title, summary, category)
        for name, value in about.items():
            setattr(saved, name, value)
        saved.updated_at = timezone.now()
        saved.save(update_fields=[*about, "updated_at"])
        change.about("template", saved.pk, saved.title, before=before, after=dict(about))
    return saved


def delete(actor: Actor, template_id: str) -> None:
    """Workflows that were made from it stay as they are."""
    with write(actor, "template.write", "template.delete") as change:
        saved = find(actor.tenant, template_id)
        change.about("template", saved.pk, saved.title)
        saved.delete()


def find(tenant: Tenant, template_id: str) -> SavedTemplate:
    """Raises NotFound, also for a template that came with the installation: those cannot be changed."""
    try:
        saved = tenant.templates.filter(pk=UUID(template_id)).first()
    except ValueError:
        saved = None
    if saved is None:
        raise NotFound("template", template_id)
    return saved


def connection_places(definition: Definition) -> Iterator[tuple[str, str, str, str]]:
    """(pointer of the name, connector, connection, action) wherever the definition names a connection."""
    steps: list[Trigger | Action] = [*definition.triggers.values(), *definition.every_action()]
    for step in steps:
        found = step.inputs.get("serviceProviderConfiguration") if isinstance(step.inputs, dict) else None
        if not isinstance(found, dict):
            continue
        connector = str(found.get("serviceProviderId") or "").lower().removeprefix(_PROVIDER)
        name = str(found.get("connectionName") or "")
        if connector and name:
            below = pointer_of("inputs", "serviceProviderConfiguration", "connectionName")
            yield step.pointer + below, connector, name, step.name


def _needs(definition: Definition) -> list[dict[str, str]]:
    users: dict[tuple[str, str], list[str]] = {}
    for _, connector, name, step in connection_places(definition):
        users.setdefault((connector, name), []).append(step.replace("_", " "))
    return [
        {"connector": connector, "connection": name, "title": _used_by(steps)}
        for (connector, name), steps in users.items()
    ]


def _used_by(steps: list[str]) -> str:
    return f"For “{steps[0]}”" + (f" and {len(steps) - 1} more" if len(steps) > 1 else "")


def _parameters(definition: Definition, secrets: list[Secret]) -> list[dict[str, Any]]:
    taken_out = {secret.parameter for secret in secrets}
    declared = definition.raw.get("parameters")
    result: list[dict[str, Any]] = []
    for name, value in declared.items() if isinstance(declared, dict) else ():
        if name.startswith("$") or not isinstance(value, dict):
            continue
        kind = str(value.get("type") or "String")
        metadata = value.get("metadata")
        told = metadata.get("description") if isinstance(metadata, dict) else None
        result.append(
            {
                "name": name,
                "type": kind,
                "title": _title_of(name),
                "description": str(told or ""),
                "default": value.get("defaultValue"),
                "mustAsk": kind.lower().startswith("secure") or "defaultValue" not in value,
                "secret": name in taken_out or kind.lower().startswith("secure"),
            }
        )
    return result


def _title_of(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").strip()
    return (spaced[:1].upper() + spaced[1:]) or name


def _asked(made: Outline, wanted: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Those without a value are asked for whether chosen or not: nobody could use the template otherwise."""
    words = {item["name"]: item for item in wanted}
    known = {item["name"] for item in made.parameters}
    unknown = [name for name in words if name not in known]
    if unknown:
        raise FieldsInvalid({"parameters": [f"The workflow has no parameter '{unknown[0]}' any more."]})
    return [
        {
            "name": item["name"],
            "title": words.get(item["name"], {}).get("title") or item["title"],
            "description": words.get(item["name"], {}).get("description") or item["description"],
        }
        for item in made.parameters
        if item["mustAsk"] or item["name"] in words
    ]


def _about(title: str, summary: str, category: str) -> dict[str, str]:
    given = {"title": title, "summary": summary, "category": category or "Our own"}
    given = {name: " ".join(value.split()) for name, value in given.items()}
    fields = {
        name: [f"At most {limit} characters."] for name, limit in LIMITS.items() if len(given[name]) > limit
    }
    if not given["title"]:
        fields["title"] = ["Give the template a name."]
    if fields:
        raise FieldsInvalid(fields)
    return given


# ------------------------------------------------------------------------------ secrets


def _with_values(workflow: Workflow) -> str:
    """The draft with the parameter values that an import found beside it, except secret ones."""
    text, values = workflow.draft_text, loads(workflow.parameters)
    prefix = texts.definition_pointer(text)
    declared = texts.definition_of(text).parameters
    patch: list[Splice] = [
        {"op": "set", "at": prefix + pointer_of("parameters", name, "defaultValue"), "text": dumps(value)}
        for name, value in (values.items() if isinstance(values, dict) else ())
        if name in declared and not declared[name].secure and declared[name].default is None
    ]
    return apply(text, patch) if patch else text


def _without_secrets(text: str) -> tuple[str, list[Secret]]:
    """What the validator calls a secret in clear text is asked for. Once more until it finds none."""
    taken: list[Secret] = []
    for _ in range(4):
        found = [one for one in runtime.validate(text) if one.code == "SecretInClearText"]
        if not found:
            return text, taken
        prefix = texts.definition_pointer(text)
        for problem in found:
            text, parameter = _taken_out(text, prefix, problem.pointer)
            taken.append(Secret(prefix + problem.pointer, problem.message, parameter))
    raise FieldsInvalid({"workflow": ["It holds a secret in clear text. Move it to a connection first."]})


def _taken_out(text: str, prefix: str, pointer: str) -> tuple[str, str]:
    path = tokens(pointer)
    if path[0] == "parameters":
        return apply(text, [{"op": "remove", "at": prefix + pointer}]), path[1]
    value = str(_value_at(text, tokens(prefix + pointer)))
    key = _KEY_IN_ADDRESS.search(value) if path[-1] in {"uri", "url"} else None
    parameter = _free_parameter(
        text, path[path.index("inputs") - 1], key[1].strip("?&=") if key else path[-1]
    )
    reads = f"parameters('{parameter}')"
    new = value[: key.start(2)] + f"@{{{reads}}}" + value[key.end(2) :] if key else f"@{reads}"
    declared = prefix + "/parameters"
    patch: list[Splice] = [{"op": "set", "at": prefix + pointer, "text": dumps(new)}]
    if not isinstance(texts.definition_of(text).raw.get("parameters"), dict):
        patch.append({"op": "set", "at": declared, "text": "{}"})
    patch.append({"op": "set", "at": declared + pointer_of(parameter), "text": '{"type": "SecureString"}'})
    return apply(text, patch), parameter


def _value_at(text: str, path: Sequence[str]) -> Json:
    found: Json = texts.value_of(text)
    for token in path:
        found = found[token] if isinstance(found, dict) else found[int(token)]
    return found


def _free_parameter(text: str, step: str, member: str) -> str:
    wanted = re.sub(r"\W+", "_", f"{step}_{member}").strip("_")[:60]
    taken = {name.lower() for name in texts.definition_of(text).parameters}
    name, number = wanted, 1
    while name.lower() in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
