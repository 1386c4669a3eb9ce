"""A new run made of what still holds of an old one: written with its journal, then claimed like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from runtime import RELEASE
from runtime.engine.events import ActionStarted, Event, LoopStarted, Repetition, RunStarted, address
from runtime.engine.plan import PlanError
from runtime.engine.reruns import Kept, NotRepeatable, begun_again, facts_before
from runtime.engine.state import RunState, fold
from runtime.host.active import ROW_EVENTS, RUN_DURATION
from runtime.host.history import find_run, rows_after
from runtime.host.plans import Planned, plan_of
from runtime.language.values import Json, Ref
from runtime.models import JournalRow, Payload, PayloadUse, Run, Timer
from runtime.store import codec
from runtime.store.records import VersionText

ORIGIN = "rerun"


@dataclass(frozen=True, slots=True)
class Rerun:
    """From which action of which run, by whom. `inputs` replace the action's own where `has_inputs`.

    `repetition` names the turns of the loops around the action; `version_id` another version of the same
    workflow than the one the run executed.
    """

    tenant_id: UUID
    run_id: UUID
    action: str
    has_inputs: bool = False
    inputs: Json = None
    actor: str = ""
    request_id: str = ""
    repetition: Repetition = ()
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a rerun would do: `again` had ended and happens once more, `taken` results are taken over.

    `notes` say in words what of the old run does not fit the chosen version.
    """

    again: tuple[str, ...]
    taken: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Prepared:
    source: Run
    planned: Planned
    kept: Kept
    is_sealed: bool


def outlook(wanted: Rerun) -> Outlook:
    """What `prepare_rerun` would do. Raises RunNotFound, NotRepeatable."""
    kept = _prepare(wanted).kept
    return Outlook(kept.again, kept.taken, kept.notes)


def prepare_rerun(wanted: Rerun, seal: codec.Seal | None) -> Run:
    """Writes the new run, ready for a host; inside the caller's transaction.

    `seal` closes rows of definitions with secured values. Raises RunNotFound, NotRepeatable.
    """
    prepared = _prepare(wanted)
    source, planned, kept = prepared.source, prepared.planned, list(prepared.kept.events)
    now, run_id = timezone.now(), uuid7()
    first = kept[0]
    assert isinstance(first, RunStarted)
    given = (wanted.inputs,) if wanted.has_inputs else ()
    name = prepared.kept.action.name
    begun = begun_again(first, str(run_id), name, now, *given, repetition=wanted.repetition)
    kept[0] = replace(begun, workflow={**begun.workflow, "version": planned.workflow["version"]})
    with transaction.atomic():
        run = Run.objects.create(
            id=run_id, tenant_id=source.tenant_id, workflow_id=source.workflow_id,
            version_id=planned.version.id, status="Running", trigger=source.trigger, origin=ORIGIN,
            client_tracking_id=source.client_tracking_id, source_run=source.pk, actor=wanted.actor,
            request_id=wanted.request_id, started_at=now, ready_at=now,
        )  # fmt: skip
        Timer.objects.create(tenant_id=run.tenant_id, run_id=run.pk, key="run", due_at=now + RUN_DURATION)
        _write(run, _moved(run, kept, now), seal if prepared.is_sealed else None, now)
    return run


def _prepare(wanted: Rerun) -> _Prepared:
    source = find_run(wanted.tenant_id, wanted.run_id)
    if source.ended_at is None:
        raise NotRepeatable("The run is still going. Wait for its end, or cancel it, and run again then.")
    old = planned = _planned(source.version, "of that run")
    if wanted.version_id is not None and wanted.version_id != source.version_id:
        planned = _planned(_version(source, wanted.version_id), "of the chosen version")
    history = [event for _, events in rows_after(source, 0) for event in events]
    kept = facts_before(
        planned.plan, history, wanted.action, has_inputs=wanted.has_inputs,
        repetition=wanted.repetition, was=None if planned is old else old.plan,
    )  # fmt: skip
    # What the old version secured stays sealed, whatever the new one says.
    return _Prepared(source, planned, kept, planned.sealed or old.sealed)


def _version(source: Run, version_id: UUID) -> Any:
    found = source.version.workflow.versions.filter(pk=version_id, tenant_id=source.tenant_id).first()
    if found is None:
        raise NotRepeatable("The chosen version is none of this workflow. Choose another one.")
    return found


def _planned(version: Any, whose: str) -> Planned:
    text = VersionText(
        version.pk, version.tenant_id, version.workflow_id, "", "", version.number, version.text,
        version.parameters,
    )  # fmt: skip
    try:
        return plan_of(text)
    except (PlanError, ValueError) as error:
        raise NotRepeatable(f"The definition {whose} cannot be executed: {error}") from None


def _moved(run: Run, events: Sequence[Event], now: datetime) -> list[Event]:
    """Time limits of containers that go on count from now, as far as they had not been used up."""
    state = fold(events, RunState.empty())
    moved: list[Event] = []
    for event in events:
        if isinstance(event, (ActionStarted, LoopStarted)) and event.expires is not None:
            record = state.record(event.name, event.repetition)
            if record is not None and record.ended is None:
                expires = now + (event.expires - event.at)
                event = replace(event, expires=expires)
                # An Until looks at its limit itself, between rounds.
                if isinstance(event, ActionStarted) or event.count is not None:
                    key = f"timeout:{address(event.name, event.repetition)}"
                    Timer.objects.create(tenant_id=run.tenant_id, run_id=run.pk, key=key, due_at=expires)
        moved.append(event)
    return moved


def _write(run: Run, events: Sequence[Event], seal: codec.Seal | None, now: datetime) -> None:
    refs: set[Ref] = set()
    for seq, start in enumerate(range(0, len(events), ROW_EVENTS), 1):
        found: set[Ref] = set()
        plain = codec.pack_events_plain(events[start : start + ROW_EVENTS], found)
        refs |= found
        JournalRow.objects.create(
            run_id=run.pk, seq=seq, tenant_id=run.tenant_id, epoch=0, at=now, release=RELEASE,
            events=codec.wrap(plain, seal),
        )  # fmt: skip
    hashes = {ref.hash for ref in refs}
    PayloadUse.objects.bulk_create(
        PayloadUse(run_id=run.pk, hash=one, tenant_id=run.tenant_id) for one in hashes
    )
    Payload.objects.filter(tenant_id=run.tenant_id, hash__in=hashes).update(touched_at=now)
