"""The inbox for people: what reached triggers, what became of it, and sending it through once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from connectors import secrets
from runtime.engine.credentials import SANITIZED
from runtime.host.history import plan_for, rows_after
from runtime.host.plans import secured_members
from runtime.language.values import Json
from runtime.models import Inbox, Run
from runtime.store import codec

# What hosts leave in the inbox for themselves: only what went wrong with it is for people.
INWARD_KINDS = ("poll", "subscribe", "unsubscribe")
TROUBLE = ("rejected", "quarantined")
_UNTROUBLED = [state for state, _ in Inbox.STATES if state not in TROUBLE]
_SHOWN_RUNS = 100
_SECRET_HEADERS = frozenset(
    {
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey",
        "ocp-apim-subscription-key", "x-functions-key", "x-auth-token", "x-access-token", "x-csrf-token",
    }
)  # fmt: skip
_SECRET_WORDS = ("secret", "token", "password", "signature", "api-key", "apikey")
_SECRET_QUERIES = frozenset({"sig", "code", "key"})


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`items` are `Inbox` rows, newest first; `next_cursor` is None on the last page."""

    items: list[Inbox]
    next_cursor: str | None


class ArrivalNotFound(Exception):
    """There is no such arrival in this tenant."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class ArrivalGone(Exception):
    """What arrived cannot be sent through again."""


def inbox_list(
    tenant_id: UUID,
    workflow_id: UUID | None = None,
    states: Sequence[str] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> InboxPage:
    """Newest first; never reads what arrived. Raises ValueError for a cursor this list has not given."""
    rows = Inbox.objects.filter(tenant_id=tenant_id).defer("record")
    if workflow_id:
        rows = rows.filter(workflow_id=workflow_id)
    if states:
        rows = rows.filter(state__in=states)
    if not set(states) & set(TROUBLE):
        rows = rows.exclude(kind__in=INWARD_KINDS, state__in=_UNTROUBLED)
    if cursor:
        rows = rows.filter(pk__lt=UUID(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    return InboxPage(found[:limit], str(found[limit - 1].pk) if more else None)


def inbox_rows(tenant_id: UUID, ids: Sequence[UUID]) -> list[Inbox]:
    """These arrivals as the list shows them, newest first."""
    rows = Inbox.objects.filter(tenant_id=tenant_id, pk__in=ids).defer("record")
    return list(rows.exclude(kind__in=INWARD_KINDS, state__in=_UNTROUBLED).order_by("-pk"))


def inbox_item(tenant_id: UUID, arrival_id: UUID) -> dict[str, Any]:
    """`{"row", "outputs", "secured", "runs": [run id]}`; secrets in headers and queries are masked.

    Raises ArrivalNotFound.
    """
    row = _find(tenant_id, arrival_id)
    runs = list(Run.objects.filter(tenant_id=tenant_id, inbox=row.pk).order_by("pk")[:_SHOWN_RUNS])
    secured = _is_secured(row, runs)
    outputs = None if secured else _outputs(row, runs)
    return {
        "row": row,
        "outputs": masked(outputs),
        "secured": secured,
        "runs": [run.pk for run in runs],
    }


def redrive_outputs(tenant_id: UUID, arrival_id: UUID) -> tuple[Inbox, Json, bool]:
    """The row, what it brought, whole, and whether that is secured. Raises ArrivalNotFound, ArrivalGone."""
    row = _find(tenant_id, arrival_id)
    if row.kind in (*INWARD_KINDS, "release", "child"):
        raise ArrivalGone(
            "This is not an arrival from outside: it follows from its workflow's trigger, which brings it "
            "again. Nothing was started."
        )
    if row.state == "new":
        raise ArrivalGone("This arrival still waits for its turn, so it need not be sent again.")
    if row.state in ("split", "batched"):
        raise ArrivalGone(
            "What arrived was divided among other runs and is no longer in one piece. Resubmit those runs."
        )
    runs = list(Run.objects.filter(tenant_id=tenant_id, pk=row.pk))
    if not runs and not bytes(row.record):
        raise ArrivalGone("The run that this arrival started has been deleted, and with it what arrived.")
    return row, _outputs(row, runs), _is_secured(row, runs)


def _find(tenant_id: UUID, arrival_id: UUID) -> Inbox:
    row = Inbox.objects.filter(pk=arrival_id, tenant_id=tenant_id).first()
    if row is None:
        raise ArrivalNotFound
    return row


def _is_secured(row: Inbox, runs: Sequence[Run]) -> bool:
    """Whether the author secured the trigger's outputs (reference 9.8)."""
    plan = plan_for(runs[0] if runs else Run(version_id=row.version_id, tenant_id=row.tenant_id))
    trigger = plan.definition.triggers.get(row.trigger) if plan is not None else None
    return trigger is not None and bool(secured_members(trigger) & {"inputs", "outputs"})


def _outputs(row: Inbox, runs: Sequence[Run]) -> Json:
    """From the row while it still has them, else from the run that carries them on."""
    record = bytes(row.record)
    if record:
        given = codec.unpack_value(record, lambda data: secrets.open_(row.tenant_id, data, purpose="payload"))
        return given.get("outputs") if isinstance(given, dict) else None
    own = next((run for run in runs if run.pk == row.pk), None)
    if own is None:
        return None
    started = next((event for _, events in rows_after(own, 0)[:1] for event in events), None)
    outputs: Json = getattr(started, "record", {}).get("outputs")
    return outputs


def masked(outputs: Json) -> Json:
    """Without credentials in headers and queries."""
    if not isinstance(outputs, dict):
        return outputs
    shown = dict(outputs)
    for name, value in outputs.items():
        if isinstance(value, dict) and name.lower() == "headers":
            shown[name] = _mask(value, _is_secret_header)
        elif isinstance(value, dict) and name.lower() == "queries":
            shown[name] = _mask(value, lambda key: key in _SECRET_QUERIES or _is_secret_header(key))
    return shown


def _mask(values: Mapping[str, Json], secret: Any) -> dict[str, Json]:
    return {name: SANITIZED if secret(name.lower()) else value for name, value in values.items()}


def _is_secret_header(name: str) -> bool:
    return name in _SECRET_HEADERS or any(word in name for word in _SECRET_WORDS)
