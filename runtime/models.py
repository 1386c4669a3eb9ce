"""The rows of the runtime: runs and their journal, what waits for them, and what they keep.

The host writes these tables with its own statements (`runtime.store.database`); Django's ORM reads them
and makes the migrations. No foreign key of a hot table is enforced by the database: each would cost a
look-up and a row lock for every journal row, and nothing here is deleted except by the sweeper and by
Django's own cascade.

Values that workflows can see are bytes (`runtime.store.codec`), never JSON columns: those reorder members,
round numbers and refuse some texts.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """UUIDv7: sorts by time of creation, so an index on it grows at one end."""
    return uuid7()


def _up(target: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """A reference by name to an app above or to a hot table; indexed only where a list needs it."""
    return models.ForeignKey(
        target, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+", **options
    )


# An arrival that a limit of runs at once holds: for people a run of status Waiting.
_WAITING = Q(state="new") & ~Q(waits_for="")


class Worker(models.Model):
    """One process that can own runs. Dead when its heartbeat is older than 13 s by the database's clock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, help_text="embedded, worker or scheduler")
    machine = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    release = models.CharField(max_length=40)
    started_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    stopped_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True, help_text="When its sweeping loops last came round")
    figures = models.TextField(default="{}", db_default="{}", help_text="JSON: what it counts and times")


class Run(models.Model):
    """One execution of one version. Its history is the journal; these columns are what lists and the host
    look at.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow")
    version = _up("workflows.Version")
    status = models.CharField(max_length=12)
    trigger = models.CharField(max_length=80)
    origin = models.CharField(max_length=12, help_text="What started it: see Inbox.kind")
    client_tracking_id = models.CharField(max_length=128, blank=True)
    inbox = models.UUIDField(
        null=True, help_text="The inbox row it came from; several share one after splitOn"
    )
    source_run = models.UUIDField(null=True, help_text="The run it repeats, when resubmitted")
    parent_run = models.UUIDField(null=True)
    parent_action = models.CharField(max_length=200, blank=True, help_text="Name or Name@3-0 in the parent")
    actor = models.CharField(max_length=254, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=100, blank=True)
    error = models.TextField(blank=True, help_text="JSON text of {code, message}")
    first_failed_action = models.CharField(max_length=200, blank=True)
    # Ownership: a claim sets owner and raises the epoch; an append under an older epoch is not inserted.
    owner = models.UUIDField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, help_text="Something waits for a host since then")
    answer_by = models.DateTimeField(null=True, help_text="A caller waits for the Response until then")
    answered_seq = models.PositiveIntegerField(null=True, help_text="The journal row that holds the response")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "id"], name="run_by_tenant"),
            models.Index(fields=["workflow", "id"], name="run_by_workflow"),
            # Ready and without an owner, by tenant: a claim takes the tenants in turn, the oldest first
            # within one.
            models.Index(
                fields=["tenant", "ready_at"],
                name="run_ready",
                condition=Q(ready_at__isnull=False, owner__isnull=True),
            ),
            models.Index(fields=["owner"], name="run_owned", condition=Q(owner__isnull=False)),
            models.Index(fields=["tenant", "id"], name="run_failed", condition=Q(status="Failed")),
            models.Index(fields=["tenant", "id"], name="run_unfinished", condition=Q(ended_at__isnull=True)),
            # How many runs of a trigger are active.
            models.Index(
                fields=["workflow", "trigger"], name="run_active", condition=Q(ended_at__isnull=True)
            ),
        ]


class JournalRow(models.Model):
    """What one reaction of one run produced: one compressed list of events, arriving and derived."""

    pk = models.CompositePrimaryKey("run_id", "seq")
    run = _up("runtime.Run")
    seq = models.PositiveIntegerField()
    tenant = _up("tenants.Tenant")
    epoch = models.PositiveIntegerField()
    at = models.DateTimeField()
    release = models.CharField(max_length=40, help_text="Of the program that wrote it")
    events = models.BinaryField()


class Inbox(models.Model):
    """What reached a trigger. Committed before it is acknowledged; ends visibly in `state`."""

    STATES = [
        ("new", "Waiting for a host"),
        ("started", "Started a run"),
        ("split", "Split into several runs"),
        ("batched", "Waits in a batch"),
        ("subscribed", "Subscribed"),
        ("unsubscribed", "Unsubscribed"),
        ("deduplicated", "Seen before"),
        ("filtered", "Stopped by a trigger condition"),
        ("skipped", "Another run was active"),
        ("rejected", "Could not start"),
        ("quarantined", "Failed repeatedly"),
        ("cancelled", "Cancelled while it waited"),
    ]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow")
    version = _up("workflows.Version")
    trigger = models.CharField(max_length=80)
    kind = models.CharField(
        max_length=12, help_text="Where it came from, or what is to be done for its trigger"
    )
    state = models.CharField(max_length=12, default="new", choices=STATES)
    detail = models.TextField(blank=True, help_text="Why it ended as it did")
    runs = models.PositiveIntegerField(default=0, help_text="Runs it started")
    # The trigger's record (outputs, inputs, times). Emptied once a run carries it in its journal.
    record = models.BinaryField()
    client_tracking_id = models.CharField(max_length=128, blank=True)
    dedupe_key = models.CharField(max_length=200, blank=True)
    duplicate_of = models.UUIDField(null=True, help_text="The arrival that was here before with its key")
    answer_by = models.DateTimeField(null=True)
    source_run = models.UUIDField(null=True)
    parent_run = models.UUIDField(null=True)
    parent_action = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=254, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(
        default=timezone.now, help_text="Not taken before; later after a failed attempt"
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    owner = models.UUIDField(null=True)
    waits_for = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text="Whose limit of runs at once holds it: trigger, workflow or tenant",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "ready_at"], name="inbox_new", condition=Q(state="new", owner__isnull=True)
            ),
            models.Index(fields=["owner"], name="inbox_owned", condition=Q(state="new", owner__isnull=False)),
            models.Index(fields=["tenant", "id"], name="inbox_by_tenant"),
            models.Index(fields=["workflow", "id"], name="inbox_by_workflow"),
            # Who waits for a slot of a trigger, the oldest first.
            models.Index(fields=["workflow", "trigger", "id"], name="inbox_queue", condition=Q(state="new")),
            # Who waits for a limit: entered when it is found full, so other arrivals never touch these.
            models.Index(fields=["tenant", "id"], name="inbox_waiting", condition=_WAITING),
            models.Index(fields=["workflow", "id"], name="inbox_waiting_workflow", condition=_WAITING),
        ]


class Arrival(models.Model):
    """What reached a running run from elsewhere. Only its owner turns it into an event, and deletes it
    with that row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    run = _up("runtime.Run")
    kind = models.CharField(max_length=12, help_text="callback, timer, child, cancel, expired")
    key = models.CharField(max_length=300)
    payload = models.BinaryField(default=bytes)
    actor = models.CharField(max_length=254, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "kind", "key"], name="arrival_once")]


class TriggerState(models.Model):
    """What an armed trigger remembers between firings: its place in the schedule, the poll's location, the
    last window.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow")
    version = _up("workflows.Version")
    trigger = models.CharField(max_length=80)
    armed = models.BooleanField(default=True)
    anchor = models.DateTimeField(
        default=timezone.now, help_text="When it was armed: intervals count from here"
    )
    memory = models.BinaryField(default=bytes, help_text="Poll location, cursor, window end, subscription")
    last_fired_at = models.DateTimeField(null=True)
    last_problem = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "trigger"], name="trigger_state_once")]


class BatchMessage(models.Model):
    """A message that a Batch trigger holds until its batch is released (reference 5.10)."""

    id = models.UUIDField(
        primary_key=True, default=new_id, editable=False, help_text="Of the inbox row it came in"
    )
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow")
    trigger = models.CharField(max_length=80)
    batch = models.CharField(max_length=200)
    partition_name = models.CharField(max_length=200)
    message_id = models.CharField(max_length=200)
    content = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Bytes of the content")
    at = models.DateTimeField(default=timezone.now)
    release = models.UUIDField(null=True, help_text="The inbox row that starts the run with it")

    class Meta:
        indexes = [
            models.Index(
                fields=["workflow", "trigger", "batch", "partition_name"],
                name="batch_waiting",
                condition=Q(release__isnull=True),
            ),
            models.Index(fields=["release"], name="batch_released", condition=Q(release__isnull=False)),
        ]


class Timer(models.Model):
    """A moment somebody waits for: a run (key within the run) or a trigger (one row per occurrence)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    run = _up("runtime.Run", null=True)
    key = models.CharField(max_length=300, blank=True)
    trigger = _up("runtime.TriggerState", null=True)
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="timer_of_run_once"),
            models.UniqueConstraint(fields=["trigger", "due_at"], name="timer_of_trigger_once"),
        ]


class Callback(models.Model):
    """A one-shot address a run waits at: its token, and the action that listens."""

    pk = models.CompositePrimaryKey("run_id", "token")
    tenant = _up("tenants.Tenant")
    run = _up("runtime.Run")
    token = models.CharField(max_length=100)
    action = models.CharField(max_length=200, help_text="Name or Name@3-0")


class Hold(models.Model):
    """Why an action that could be carried out is not yet: a limit of the other side, or places all taken."""

    pk = models.CompositePrimaryKey("run_id", "action")
    tenant = _up("tenants.Tenant")
    run = _up("runtime.Run")
    action = models.CharField(max_length=200, help_text="Name or Name@3-0")
    reason = models.TextField()
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)


class ConnectionCall(models.Model):
    """A call under way, or in line, at a connection that somebody has limited. In order of ids."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    connection = models.UUIDField()
    run = _up("runtime.Run")
    action = models.CharField(max_length=200, help_text="Name or Name@3-0")
    worker = models.UUIDField()
    since = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(null=True, help_text="Its moment, where calls a minute are limited")
    begun_at = models.DateTimeField(null=True, help_text="None: it waits")

    class Meta:
        indexes = [
            models.Index(fields=["connection", "id"], name="call_in_line"),
            models.Index(fields=["run"], name="call_of_run"),
            models.Index(fields=["worker"], name="call_of_worker"),
        ]


class ConnectionPace(models.Model):
    """When the next call of a connection may begin, where calls a minute are limited."""

    connection = models.UUIDField(primary_key=True)
    tenant = _up("tenants.Tenant")
    next_at = models.DateTimeField()


class DedupeKey(models.Model):
    """A key already seen by a trigger, until it expires."""

    pk = models.CompositePrimaryKey("workflow_id", "trigger", "key")
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow")
    trigger = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    run = models.UUIDField()
    expires_at = models.DateTimeField(db_index=True)


class Payload(models.Model):
    """A value above 4 KB: its JSON text, compressed, under the hash of that text. One copy per tenant."""

    pk = models.CompositePrimaryKey("tenant_id", "hash")
    tenant = _up("tenants.Tenant")
    hash = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes of the JSON text")
    kind = models.CharField(max_length=10)
    sealed = models.BooleanField(default=False)
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)
    place = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Key of a content that lies outside"
    )
    content = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["place"], name="payload_by_place", condition=~Q(place=""))]


class PayloadPart(models.Model):
    """A megabyte of a content too big for one row (`runtime.store.places`)."""

    pk = models.CompositePrimaryKey("key", "number")
    key = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    content = models.BinaryField()


class PayloadPlace(models.Model):
    """A payload store that a process has been started with, or that contents were moved to."""

    address = models.CharField(primary_key=True, max_length=500, help_text="As MILLRACE_PAYLOADS says it")
    since = models.DateTimeField(default=timezone.now)


class PayloadUse(models.Model):
    """A run whose journal or summary names a payload."""

    pk = models.CompositePrimaryKey("run_id", "hash")
    tenant = _up("tenants.Tenant")
    run = _up("runtime.Run")
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["tenant", "hash"], name="payload_use_by_hash")]


class Summary(models.Model):
    """The projection of a run at its last wait or at its end, up to and including journal row `seq`."""

    run = models.OneToOneField(
        Run, primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="summary"
    )
    tenant = _up("tenants.Tenant")
    seq = models.PositiveIntegerField()
    data = models.BinaryField()


class Snapshot(models.Model):
    """The state of a long run up to and including journal row `seq`: a shortcut, never the truth."""

    run = models.OneToOneField(
        Run, primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    tenant = _up("tenants.Tenant")
    seq = models.PositiveIntegerField()
    events = models.PositiveIntegerField(help_text="How many it stands for")
    schema = models.CharField(max_length=24, help_text="Other releases may have another, and leave it alone")
    data = models.BinaryField()


class Retention(models.Model):
    """How long a tenant keeps finished runs, and one of its workflows where that differs. NULL: as the next
    wider rule says; 0: no limit.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow", null=True)
    days = models.PositiveIntegerField(null=True, help_text="Days after their end")
    runs = models.PositiveIntegerField(null=True, help_text="How many of a workflow, the newest ones")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "workflow"], name="retention_of_workflow"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(workflow__isnull=True), name="retention_of_tenant"
            ),
        ]


class RunLimit(models.Model):
    """How many runs may be active together, of a tenant and of one of its workflows. No row: any number."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = _up("tenants.Tenant")
    workflow = _up("workflows.Workflow", null=True)
    runs = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "workflow"], name="run_limit_of_workflow"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(workflow__isnull=True), name="run_limit_of_tenant"
            ),
        ]


class Chore(models.Model):
    """Work that one process does for all every so often: when it is due, who is at it, what it found last."""

    name = models.CharField(primary_key=True, max_length=40)
    due_at = models.DateTimeField(default=timezone.now)
    owner = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)
    found = models.TextField(default="{}", help_text="JSON: what the last time came to")
