"""Runs for people: pages, one run for the canvas, values on demand; cancel and resubmit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, NotFound
from designer.tenants.writes import write
from designer.workflows import activity, texts
from runtime import services as runtime
from runtime.language.document import tokens
from runtime.language.values import Json, Ref, loads

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Version
    from runtime.models import Run

STATUSES = frozenset({"Waiting", "Running", "Succeeded", "Failed", "TimedOut", "Cancelled", "Suspended"})
_NOT_SHOWN = "text", "parameters"
_REFUSALS = (
    runtime.RunNotFound,
    runtime.RunFinished,
    runtime.NotRepeatable,
    runtime.Overloaded,
    runtime.ArrivalGone,
)


def wire_time(value: datetime | str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page(tenant: Tenant, filters: runtime.RunFilters, cursor: str | None, limit: int) -> dict[str, Any]:
    found = _found(tenant, filters, cursor, limit)
    names = _Names(tenant, found.items)
    items = [present(run, names, found.reasons.get(run.pk)) for run in found.items]
    return {"items": items, "nextCursor": found.next_cursor, "looked": _looked(found)}


def grid(tenant: Tenant, filters: runtime.RunFilters, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of runs, newest first, each with what became of every action: no inputs, no outputs."""
    found = _found(tenant, filters, cursor, limit)
    names = _Names(tenant, found.items)
    columns = runtime.run_columns(tenant.pk, found.items)
    items = [
        {
            **present(run, names, found.reasons.get(run.pk)),
            "actions": {name: _cell(state) for name, state in columns[run.pk].items()},
        }
        for run in found.items
    ]
    return {"items": items, "nextCursor": found.next_cursor, "looked": _looked(found)}


def _looked(found: runtime.RunPage) -> dict[str, Any] | None:
    looked = found.looked
    if looked is None:
        return None
    back_to = wire_time(looked.back_to)
    return {
        "runs": looked.runs,
        "backTo": back_to,
        "stopped": looked.stopped or None,
        "partly": looked.partly,
    }


def of_version(tenant: Tenant, workflow_id: UUID | None, number: int) -> tuple[UUID, datetime]:
    """The id of a published version, and the moment before which it cannot have run."""
    if workflow_id is None:
        raise FieldsInvalid(
            {"version": ["Versions are numbered in each workflow: say which workflow as well."]}
        )
    found = tenant.versions.filter(workflow_id=workflow_id, number=number).only("pk", "created_at").first()
    if found is None:
        raise FieldsInvalid({"version": [f"This workflow has no version {number}."]})
    return found.pk, found.created_at


def _found(tenant: Tenant, filters: runtime.RunFilters, cursor: str | None, limit: int) -> runtime.RunPage:
    if unknown := set(filters.statuses) - STATUSES:
        wanted = ", ".join(sorted(STATUSES))
        raise FieldsInvalid({"status": [f"This must be one of {wanted}, not {', '.join(sorted(unknown))}."]})
    try:
        return runtime.run_list(tenant.pk, filters, cursor, limit, runtime.now())
    except ValueError as error:
        raise FieldsInvalid({"cursor": ["This cursor is not one this list has given."]}) from error


def _cell(state: Mapping[str, Any]) -> dict[str, Any]:
    began, ended = _moment(state.get("startedAt")), _moment(state.get("endedAt"))
    cell: dict[str, Any] = {"status": state["status"], "code": state.get("code")}
    cell["durationMs"] = (ended - began).total_seconds() * 1000 if began and ended else None
    if state.get("repetitions"):
        cell["repetitions"] = state["repetitions"]
    return cell


def _moment(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def rows(tenant: Tenant, run_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The list's rows of these runs, for the live list."""
    found = activity.runs_by_id(tenant, run_ids)
    begun = {run.pk for run in found}
    reasons: dict[UUID, str] = {}
    for row in runtime.held_rows(tenant.pk, [run_id for run_id in run_ids if run_id not in begun]):
        found.append(runtime.as_run(row))
        reasons[row.pk] = row.detail
    names = _Names(tenant, found)
    return [present(run, names, reasons.get(run.pk)) for run in found]


class _Names:
    """Names and version numbers of what a page of runs refers to: two queries a page."""

    def __init__(self, tenant: Tenant, rows: Iterable[Run]) -> None:
        rows = list(rows)
        workflows = tenant.workflows.filter(pk__in={run.workflow_id for run in rows})
        self.workflows: dict[UUID, str] = dict(workflows.values_list("pk", "name"))
        versions = tenant.versions.filter(pk__in={run.version_id for run in rows}).defer(*_NOT_SHOWN)
        self.versions: dict[UUID, Version] = {version.pk: version for version in versions}


def present(run: Run, names: _Names, waits_for: str | None = None) -> dict[str, Any]:
    """`waits_for`: the sentence of the limit that holds it, where one does."""
    version = names.versions.get(run.version_id)
    facts = version.facts if version else {}
    duration = (run.ended_at - run.started_at).total_seconds() * 1000 if run.ended_at else None
    return {
        "id": str(run.pk),
        "workflow": {"id": str(run.workflow_id), "name": names.workflows.get(run.workflow_id, "")},
        "version": version.number if version else None,
        "status": run.status,
        "code": run.code or None,
        "error": error_of(run),
        "trigger": {"name": run.trigger, "type": facts.get("trigger") or None},
        "upTo": facts.get("upTo") or None,
        "startedAt": wire_time(run.started_at),
        "endedAt": wire_time(run.ended_at),
        "durationMs": duration,
        "clientTrackingId": run.client_tracking_id or None,
        "origin": run.origin,
        "sourceRun": str(run.source_run) if run.source_run else None,
        "firstFailedAction": run.first_failed_action or None,
        "waitsFor": waits_for or None,
    }


def error_of(run: Run) -> dict[str, str] | None:
    if not run.error:
        return None
    error = loads(run.error)
    return {"code": str(error.get("code", "")), "message": str(error.get("message", ""))}


def snapshot(tenant: Tenant, run_id: UUID) -> dict[str, Any]:
    """One run for the canvas; one that was promised and is about to begin is waited for.

    Raises RunNotFound.
    """
    begun = runtime.wait_until_begun(tenant.pk, run_id, seconds=10)
    held = None if begun else runtime.held_run(tenant.pk, run_id)
    nothing: dict[str, Any] = {"seq": 0, "actions": {}}
    # Where it has begun between the two questions it is found after all.
    found = {**nothing, "run": held.run} if held else runtime.run_snapshot(tenant.pk, run_id)
    run: Run = found["run"]
    version = tenant.versions.filter(pk=run.version_id).first()
    response = found.get("response")
    return {
        **present(run, _Names(tenant, [run]), held.reason if held else None),
        "ahead": held.ahead if held else None,
        "calledBy": _caller(tenant, run.parent_run),
        "seq": found["seq"],
        "text": version.text if version else "",
        "actions": {name: _state(state) for name, state in found["actions"].items()},
        "response": response and wire_value(response, tenant, run_id),
        "waits": shown_waits(found.get("waits") or {}),
        "requestId": run.request_id or None,
    }


def shown_waits(held: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {place: _waits(hold) for place, hold in held.items()}


def _state(state: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        "status": state["status"],
        "code": state.get("code"),
        "startedAt": wire_time(state.get("startedAt")),
        "endedAt": wire_time(state.get("endedAt")),
        "tries": state.get("tries", 0),
    }
    if state.get("error"):
        shown["error"] = state["error"]
    if state.get("waits"):
        shown["waits"] = _waits(state["waits"])
    if state.get("repetitions"):
        shown["repetitions"] = state["repetitions"]
    return shown


def _waits(hold: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if hold is None:
        return None
    return {"reason": hold["reason"], "since": wire_time(hold["since"]), "until": wire_time(hold["until"])}


def action(tenant: Tenant, run_id: UUID, name: str, repetition: Sequence[int]) -> dict[str, Any]:
    found = runtime.action_detail(tenant.pk, run_id, name, repetition)
    return {
        "name": found["name"],
        "repetition": _repetition_text(found.get("repetition", repetition)),
        "status": found["status"],
        "code": found.get("code"),
        "startedAt": wire_time(found.get("startedAt")),
        "endedAt": wire_time(found.get("endedAt")),
        "inputs": wire_value(found.get("inputs"), tenant, run_id),
        "outputs": wire_value(found.get("outputs"), tenant, run_id),
        "error": found.get("error"),
        "tries": [_try(index, item) for index, item in enumerate(found.get("tries") or [], 1)],
        "trackedProperties": wire_value(found.get("trackedProperties"), tenant, run_id),
        "trackingId": found.get("trackingId"),
        "secured": list(found.get("secured") or []),
        "waits": _waits(found.get("waits")),
        "childRun": _reference(tenant, runtime.child_run(tenant.pk, run_id, name, repetition)),
    }


def _caller(tenant: Tenant, run_id: UUID | None) -> dict[str, Any] | None:
    try:
        return _reference(tenant, runtime.find_run(tenant.pk, run_id)) if run_id else None
    except runtime.RunNotFound:  # removed since
        return None


def _reference(tenant: Tenant, run: Run | None) -> dict[str, Any] | None:
    """A run that another one's page leads to."""
    if run is None:
        return None
    name = tenant.workflows.filter(pk=run.workflow_id).values_list("name", flat=True).first()
    workflow = {"id": str(run.workflow_id), "name": name or ""}
    return {"id": str(run.pk), "workflow": workflow, "status": run.status}


def _repetition_text(repetition: str | Sequence[int]) -> str:
    return repetition if isinstance(repetition, str) else "-".join(str(index) for index in repetition)


def _try(number: int, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": item.get("number", number),
        "status": item.get("status", "Running"),
        "code": item.get("code"),
        "startedAt": wire_time(item.get("startedAt")),
        "endedAt": wire_time(item.get("endedAt")),
        "error": item.get("error"),
        "interrupted": bool(item.get("interrupted")),
    }


def repetitions(
    tenant: Tenant, run_id: UUID, name: str, parent: Sequence[int], status: str | None, cursor: str | None
) -> dict[str, Any]:
    found = runtime.repetitions(tenant.pk, run_id, name, parent, status, cursor)
    items = [
        {
            "repetition": _repetition_text(item["repetition"]),
            **_state(item),
            "error": item.get("error"),
        }
        for item in found["items"]
    ]
    return {"items": items, "nextCursor": found["nextCursor"]}


def trigger(tenant: Tenant, run_id: UUID) -> dict[str, Any]:
    held = runtime.held_run(tenant.pk, run_id)
    if held is not None:
        run = held.run
        brought = runtime.inbox_item(tenant.pk, run_id)["outputs"]
        found = {"name": run.trigger, "startTime": wire_time(run.started_at), "outputs": brought}
    else:
        found = runtime.run_trigger(tenant.pk, run_id)
        run = runtime.find_run(tenant.pk, run_id)
    version = tenant.versions.filter(pk=run.version_id).first()
    triggers = texts.definition_of(version.text).triggers if version else {}
    known = triggers.get(found["name"])
    return {
        "name": found["name"],
        "type": known.type if known else None,
        "startedAt": wire_time(found.get("startTime")),
        "inputs": wire_value(found.get("inputs"), tenant, run_id),
        "outputs": wire_value(found.get("outputs"), tenant, run_id),
    }


def workflow_of(tenant: Tenant, run_id: UUID) -> UUID:
    """Whose run it is. Raises RunNotFound."""
    return runtime.find_run(tenant.pk, run_id).workflow_id


def wire_value(value: Json, tenant: Tenant, run_id: UUID) -> Json:
    """Values held elsewhere become links that are followed on demand."""
    if isinstance(value, Ref):
        href = f"/api/v1/t/{tenant.slug}/runs/{run_id}/content/{value.hash}"
        if value.pointer:
            href += f"?pointer={quote(value.pointer, safe='/')}"
        return {"$ref": {"size": value.size, "type": value.kind, "href": href}}
    if isinstance(value, dict):
        return {name: wire_value(item, tenant, run_id) for name, item in value.items()}
    if isinstance(value, list):
        return [wire_value(item, tenant, run_id) for item in value]
    return value


def loaded(tenant_id: UUID, run_id: UUID, value: Json) -> Json:
    """The value with everything that is held elsewhere brought in."""
    if isinstance(value, Ref):
        return part_of(runtime.content(tenant_id, run_id, value.hash), value.pointer)
    if isinstance(value, dict):
        return {name: loaded(tenant_id, run_id, item) for name, item in value.items()}
    if isinstance(value, list):
        return [loaded(tenant_id, run_id, item) for item in value]
    return value


def content(tenant: Tenant, run_id: UUID, content_hash: str, pointer: str = "") -> Json:
    """A value held elsewhere, or the part of it that a JSON pointer names."""
    return part_of(runtime.content(tenant.pk, run_id, content_hash), pointer)


def part_of(value: Json, pointer: str) -> Json:
    for token in tokens(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            raise NotFound("value", pointer)
    return value


def cancel(actor: Actor, run_id: UUID) -> None:
    """Raises RunNotFound, RunFinished."""
    with write(actor, "run.cancel", "run.cancel") as change:
        runtime.cancel(actor.tenant.pk, run_id, actor.name, actor.request_id)
        change.about("run", run_id, "")


def resubmit(actor: Actor, run_id: UUID, *, has_body: bool = False, body: Json = None) -> UUID:
    """The id of a new run with the same trigger outputs, once it has begun.

    With a body of their own people start a run as with "Run now", and need the same permission.
    """
    if has_body:
        actor.require("run.start")
        new_id = _resubmitted_with(actor, run_id, body)
    else:
        new_id = _resubmitted(actor, run_id)
    runtime.wait_until_begun(actor.tenant.pk, new_id)
    return new_id


def _resubmitted(actor: Actor, run_id: UUID) -> UUID:
    with write(actor, "run.resubmit", "run.resubmit") as change:
        # One that never began has only its arrival.
        held = runtime.held_run(actor.tenant.pk, run_id)
        again = runtime.resubmit if held is None else runtime.redrive
        new_id = again(actor.tenant.pk, run_id, actor.name, actor.request_id)
        change.about("run", new_id, "", after={"source": str(run_id)})
    return new_id


def _resubmitted_with(actor: Actor, run_id: UUID, body: Json) -> UUID:
    with write(actor, "run.resubmit", "run.resubmit") as change:
        tenant = actor.tenant.pk
        new_id = runtime.resubmit(tenant, run_id, actor.name, actor.request_id, has_body=True, body=body)
        change.about("run", new_id, "", after={"source": str(run_id), "changed": "body"})
    return new_id


def cancel_all(actor: Actor, run_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What became of each: `{"run", "newRun": None, "problem": sentence or None}`."""
    return [_each(run_id, lambda one: cancel(actor, one)) for run_id in run_ids]


def resubmit_all(actor: Actor, run_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What became of each: `{"run", "newRun": id or None, "problem": sentence or None}`."""
    return [_each(run_id, lambda one: _resubmitted(actor, one)) for run_id in run_ids]


def _each(run_id: UUID, act: Callable[[UUID], UUID | None]) -> dict[str, Any]:
    """One of many: what stands in the way of it does not stand in the way of the others."""
    try:
        made = act(run_id)
    except _REFUSALS as error:
        return {"run": str(run_id), "newRun": None, "problem": str(error)}
    return {"run": str(run_id), "newRun": str(made) if made else None, "problem": None}


def rerun(
    actor: Actor,
    run_id: UUID,
    action: str,
    *,
    has_inputs: bool,
    inputs: Json,
    repetition: tuple[int, ...] = (),
    version: int | None = None,
) -> UUID:
    """The id of a new run that takes over what came before the action and executes from there.

    `version` is the number of another version of the workflow to go on with. Raises RunNotFound,
    NotRepeatable, NotFound.
    """
    if has_inputs:
        # They say what is called, where and through which connection: that is to design, not to operate.
        actor.require("workflow.edit")
    with write(actor, "run.resubmit", "run.rerun") as change:
        wanted = runtime.Rerun(
            actor.tenant.pk, run_id, action, has_inputs, inputs, actor.name, actor.request_id, repetition,
            _version_id(actor.tenant, run_id, version),
        )  # fmt: skip
        new_id = runtime.rerun(wanted)
        # Not the inputs themselves: the trail of audits holds no values.
        facts: dict[str, object] = {"source": str(run_id), "action": action, "edited": has_inputs}
        if repetition:
            facts["repetition"] = "-".join(map(str, repetition))
        if version is not None:
            facts["version"] = version
        change.about("run", new_id, "", after=facts)
    return new_id


def rerun_outlook(
    tenant: Tenant, run_id: UUID, action: str, repetition: tuple[int, ...], version: int | None
) -> dict[str, object]:
    """What `rerun` would do, in names and words. Raises RunNotFound, NotRepeatable, NotFound."""
    wanted = runtime.Rerun(
        tenant.pk, run_id, action, repetition=repetition, version_id=_version_id(tenant, run_id, version)
    )
    seen = runtime.rerun_outlook(wanted)
    return {"again": list(seen.again), "taken": seen.taken, "notes": list(seen.notes)}


def _version_id(tenant: Tenant, run_id: UUID, number: int | None) -> UUID | None:
    if number is None:
        return None
    run = runtime.find_run(tenant.pk, run_id)
    found = tenant.versions.filter(workflow_id=run.workflow_id, number=number).first()
    if found is None:
        raise NotFound("version")
    return found.pk
