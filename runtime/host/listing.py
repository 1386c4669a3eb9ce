"""The list of runs, newest first, narrowed by what the columns of a run say and, where somebody asks for it,
by what is inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import F, Q, QuerySet

from runtime.host.held import WAITING, as_run, held_matching
from runtime.host.history import first_id_at
from runtime.host.searching import Inside, Looked, look_into
from runtime.models import Inbox, Run

Row = TypeVar("Row", Run, Inbox)

# No index finds these: a page looks at so many runs and says where the next one goes on.
SEARCHED = 20_000
# Of those that are looked into, a handful is read at a time.
_HANDFUL = 50


@dataclass(frozen=True, slots=True)
class RunFilters:
    workflow_id: UUID | None = None
    statuses: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""
    """A run's id, or part of its tracking id, of the action that failed, of its code or error."""
    version_id: UUID | None = None
    kind: str = ""
    """Of the version: published or draft."""
    longer: timedelta | None = None
    """It took longer, or goes on for longer by now."""
    shorter: timedelta | None = None
    inside: Inside = field(default_factory=Inside)
    """What is in it: the only filter that reads more than columns."""

    @property
    def narrow(self) -> bool:
        """Whether runs that match may be few among many that do not."""
        return bool(self.search or self.version_id or self.kind or self.longer or self.shorter or self.inside)


@dataclass(frozen=True, slots=True)
class RunPage:
    """`items` are `Run` rows, newest first; `next_cursor` is None on the last page. A page of a search may
    hold fewer than were asked for, or none, and still have a next one: `looked` says how far it came, where
    it met a limit. `reasons` says of those that a limit holds what they wait for (`held`).
    """

    items: list[Run]
    next_cursor: str | None
    reasons: dict[UUID, str] = field(default_factory=dict)
    looked: Looked | None = None


def run_list(
    tenant_id: UUID,
    filters: RunFilters | None = None,
    cursor: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> RunPage:
    """Newest first. Reads no payload unless `inside` asks for it. Raises ValueError for a cursor this list
    has not given.
    """
    filters = filters or RunFilters()
    now = now or datetime.now(UTC)
    # Read first: what begins between the two questions is found as a run.
    known = _as_id(filters.search)
    held = _held(tenant_id, now, filters, cursor)
    waiting = list((held.filter(pk=known) if known else held)[: limit + 1]) if _may_wait(filters) else []
    rows: QuerySet[Run] = Run.objects.filter(tenant_id=tenant_id)
    if filters.workflow_id:
        rows = rows.filter(workflow_id=filters.workflow_id)
    if filters.statuses:
        rows = rows.filter(status__in=filters.statuses)
    rows = _narrowed(rows, filters, cursor)
    last = None
    if known:
        rows = rows.filter(pk=known)
    elif filters.narrow:
        last = rows.values_list("pk", flat=True)[SEARCHED - 1 : SEARCHED].first()
        rows = _matching(rows, now, filters, last)
    if filters.inside:
        return _looked_into(rows, filters.inside, last, cursor, limit)
    begun = list(rows[: limit + 1])
    there = {run.pk for run in begun}
    waiting = [row for row in waiting if row.pk not in there and (last is None or row.pk >= last)]
    found = sorted([*begun, *map(as_run, waiting)], key=lambda run: run.pk, reverse=True)
    reasons = {row.pk: row.detail for row in waiting}
    if len(found) > limit:
        return RunPage(found[:limit], str(found[limit - 1].pk), reasons)
    looked = Looked(SEARCHED, _moment(last), "runs") if last else None
    return RunPage(found, str(last) if last else None, reasons, looked)


def _may_wait(filters: RunFilters) -> bool:
    """Whether arrivals that a limit holds are asked for as well: they took no time, and nothing is inside."""
    return (not filters.statuses or WAITING in filters.statuses) and not (filters.shorter or filters.inside)


def _held(tenant_id: UUID, now: datetime, filters: RunFilters, cursor: str | None) -> QuerySet[Inbox]:
    held = held_matching(tenant_id, filters.workflow_id, "" if _as_id(filters.search) else filters.search)
    if filters.longer:
        held = held.filter(received_at__lte=now - filters.longer)
    return _of_version(_narrowed(held, filters, cursor), filters)


def _narrowed(rows: QuerySet[Row], filters: RunFilters, cursor: str | None) -> QuerySet[Row]:
    """By their ids, which say when they came; newest first."""
    if filters.since:
        rows = rows.filter(pk__gte=first_id_at(filters.since))
    if filters.until:
        rows = rows.filter(pk__lt=first_id_at(filters.until))
    if cursor:
        rows = rows.filter(pk__lt=UUID(cursor))
    return rows.order_by("-pk")


def _of_version(rows: QuerySet[Row], filters: RunFilters) -> QuerySet[Row]:
    if filters.version_id:
        rows = rows.filter(version_id=filters.version_id)
    return rows.filter(version__kind=filters.kind) if filters.kind else rows


def _matching(rows: QuerySet[Run], now: datetime, filters: RunFilters, last: UUID | None) -> QuerySet[Run]:
    rows = _of_version(rows, filters)
    if last:
        rows = rows.filter(pk__gte=last)
    if filters.search:
        rows = rows.filter(_mentions(filters.search))
    if filters.longer:
        rows = rows.filter(
            Q(ended_at__isnull=True, started_at__lte=now - filters.longer)
            | Q(ended_at__gte=F("started_at") + filters.longer)
        )
    if filters.shorter:
        rows = rows.filter(ended_at__lt=F("started_at") + filters.shorter)
    return rows


def _looked_into(
    rows: QuerySet[Run], wanted: Inside, last: UUID | None, cursor: str | None, limit: int
) -> RunPage:
    def after(run: Run | None) -> list[Run]:
        return list((rows.filter(pk__lt=run.pk) if run else rows)[:_HANDFUL])

    found = look_into(after, wanted, limit)
    position = found.last or last
    looked = found.looked
    if looked.stopped == "busy":
        return RunPage([], cursor, looked=looked)
    if found.last is None and last and looked.stopped == "":
        # All that match in the other ways among so many.
        looked = Looked(looked.runs, _moment(last), "runs", looked.partly)
    return RunPage(found.runs, str(position) if position else None, looked=looked)


def _moment(run_id: UUID | None) -> datetime | None:
    """When a run came, by its id."""
    return datetime.fromtimestamp((run_id.int >> 80) / 1000, UTC) if run_id else None


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _mentions(text: str) -> Q:
    return (
        Q(client_tracking_id__icontains=text)
        | Q(first_failed_action__icontains=text.replace(" ", "_"))
        | Q(code__icontains=text)
        | Q(error__icontains=text)
    )
