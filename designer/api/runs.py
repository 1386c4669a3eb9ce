"""Runs: list, one run for the canvas, its actions and values, cancel, resubmit."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.shapes import ACTION_STATUSES, RUN_STATUSES, RunError, page_of
from designer.api.tenant_view import TenantView
from designer.tenants.errors import FieldsInvalid, NotFound
from designer.tenants.models import Tenant
from designer.workflows import runs
from runtime.services import Inside, RunFilters


class RunWorkflow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class RunTrigger(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField(allow_null=True)


class RunItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    workflow = RunWorkflow()
    version = serializers.IntegerField(allow_null=True, help_text="Null: a run of the draft.")
    status = serializers.ChoiceField(choices=RUN_STATUSES)
    code = serializers.CharField(allow_null=True)
    error = RunError(allow_null=True)
    trigger = RunTrigger()
    upTo = serializers.CharField(allow_null=True, help_text="The action a trial run of the draft ended with.")
    startedAt = serializers.DateTimeField()
    endedAt = serializers.DateTimeField(allow_null=True)
    durationMs = serializers.FloatField(allow_null=True)
    clientTrackingId = serializers.CharField(allow_null=True)
    origin = serializers.CharField(
        help_text="What started it: callback, manual, schedule, resubmit, rerun, …"
    )
    sourceRun = serializers.UUIDField(allow_null=True, help_text="The run that this one repeats.")
    firstFailedAction = serializers.CharField(allow_null=True)
    waitsFor = serializers.CharField(
        allow_null=True, help_text="Of a run that has not begun: which limit of runs at once holds it."
    )


class RepetitionCounts(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    running = serializers.IntegerField()
    skipped = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class RunActionWaits(serializers.Serializer[Any]):
    """Why an action that could go on does not yet: a rate limit it met, or places all taken."""

    reason = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class RunActionState(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=ACTION_STATUSES)
    code = serializers.CharField(allow_null=True)
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    tries = serializers.IntegerField()
    error = RunError(allow_null=True, required=False)
    repetitions = RepetitionCounts(required=False)
    waits = RunActionWaits(required=False)


class RunResponse(serializers.Serializer[Any]):
    status = serializers.IntegerField()
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.JSONField(allow_null=True)


class RunReference(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    workflow = RunWorkflow()
    status = serializers.ChoiceField(choices=RUN_STATUSES)


class RunDetail(RunItem):
    seq = serializers.IntegerField(help_text="Changes after this one arrive on the topic run:{id}.")
    text = serializers.CharField(help_text="The definition this run executes.")
    actions = serializers.DictField(child=RunActionState())
    response = RunResponse(allow_null=True)
    calledBy = RunReference(allow_null=True, help_text="The run whose action started this one.")
    ahead = serializers.IntegerField(
        allow_null=True, help_text="Of a run that has not begun: how many wait for the same before it."
    )
    waits = serializers.DictField(
        child=RunActionWaits(),
        help_text="By `Name` or `Name@3-0`: why it does not go on.",
    )
    requestId = serializers.CharField(
        allow_null=True, help_text="Of the request that started it, as the server's log and answers name it."
    )


class RunActionTry(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ACTION_STATUSES)
    code = serializers.CharField(allow_null=True)
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    error = RunError(allow_null=True)
    interrupted = serializers.BooleanField()


class RunActionDetail(serializers.Serializer[Any]):
    """`inputs` and `outputs` are values of the language: read them losslessly. Big ones are {"$ref": {…}}."""

    name = serializers.CharField()
    repetition = serializers.CharField(
        allow_blank=True, help_text='"3-0": turn 3 of the outer, 0 of the inner loop.'
    )
    status = serializers.ChoiceField(choices=ACTION_STATUSES)
    code = serializers.CharField(allow_null=True)
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    inputs = serializers.JSONField(allow_null=True)
    outputs = serializers.JSONField(allow_null=True)
    error = RunError(allow_null=True)
    tries = RunActionTry(many=True)
    trackedProperties = serializers.JSONField(allow_null=True)
    trackingId = serializers.CharField(
        allow_null=True,
        help_text="Of this execution: `action().trackingId`, and the idempotency key its calls carry.",
    )
    secured = serializers.ListField(
        child=serializers.ChoiceField(choices=[("inputs", "Inputs"), ("outputs", "Outputs")]),
        help_text="What is withheld.",
    )
    waits = RunActionWaits(allow_null=True)
    childRun = RunReference(allow_null=True, help_text="The run that the action started.")


class RunRepetition(serializers.Serializer[Any]):
    repetition = serializers.CharField()
    status = serializers.ChoiceField(choices=ACTION_STATUSES)
    code = serializers.CharField(allow_null=True)
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    tries = serializers.IntegerField()
    error = RunError(allow_null=True)


class RunTriggerDetail(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField(allow_null=True)
    startedAt = serializers.DateTimeField(allow_null=True)
    inputs = serializers.JSONField(allow_null=True)
    outputs = serializers.JSONField(allow_null=True)


class Rerun(serializers.Serializer[Any]):
    action = serializers.CharField(max_length=200)
    inputs = serializers.JSONField(
        required=False, help_text="In the place of the action's own, as they are: nothing is evaluated."
    )
    repetition = serializers.RegexField(
        r"^\d{1,9}(-\d{1,9}){0,15}$",
        required=False,
        help_text='The turns of the loops around the action: "3-0", outermost loop first.',
    )
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="Another version of the workflow to go on with."
    )


class RerunOutlook(serializers.Serializer[Any]):
    again = serializers.ListField(
        child=serializers.CharField(), help_text="Actions that had ended and would happen once more."
    )
    taken = serializers.IntegerField(help_text="How many actions' results would be taken over.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What of the run does not fit the chosen version."
    )


class RunCreated(serializers.Serializer[Any]):
    runId = serializers.UUIDField()


class RunCell(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=ACTION_STATUSES)
    code = serializers.CharField(allow_null=True)
    durationMs = serializers.FloatField(allow_null=True)
    repetitions = RepetitionCounts(required=False)


class RunColumn(RunItem):
    actions = serializers.DictField(child=RunCell())


class RunIds(serializers.Serializer[Any]):
    runs = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class RunOutcome(serializers.Serializer[Any]):
    run = serializers.UUIDField()
    newRun = serializers.UUIDField(allow_null=True)
    problem = serializers.CharField(allow_null=True, help_text="Why nothing was done with this one.")


class RunOutcomes(serializers.Serializer[Any]):
    items = RunOutcome(many=True)


class RunsLooked(serializers.Serializer[Any]):
    """How far a search came that no index answers."""

    runs = serializers.IntegerField(help_text="How many were looked at.")
    backTo = serializers.DateTimeField(allow_null=True, help_text="When the oldest of them began.")
    stopped = serializers.ChoiceField(
        choices=[(each, each) for each in ("runs", "bytes", "time", "busy")],
        allow_null=True,
        help_text="The limit it met; null: none. busy: others are searching, ask again.",
    )
    partly = serializers.IntegerField(help_text="Runs that hold too much to be looked through whole.")


class RunItemPage(serializers.Serializer[Any]):
    """{items, nextCursor}: every list is read to the end by following the cursor until it is null."""

    items = RunItem(many=True)
    nextCursor = serializers.CharField(allow_null=True)
    looked = RunsLooked(allow_null=True)


class RunColumnPage(serializers.Serializer[Any]):
    """Like the list's."""

    items = RunColumn(many=True)
    nextCursor = serializers.CharField(allow_null=True)
    looked = RunsLooked(allow_null=True)


RunRepetitionPage = page_of(RunRepetition)
REPETITION = OpenApiParameter(
    "repetition", str, description='"3-0", outermost loop first; absent outside loops.'
)
STATUS = OpenApiParameter("status", str, enum=[key for key, _ in ACTION_STATUSES])
MODES = ("published", "draft")
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")
_REPETITION = re.compile(r"\d{1,9}(?:-\d{1,9}){0,15}")


def repetition_of(request: Request, name: str = "repetition") -> tuple[int, ...]:
    text = request.query_params.get(name, "")
    if not text:
        return ()
    if not _REPETITION.fullmatch(text):
        raise FieldsInvalid({name: ['This must look like "3-0": the index of each loop, outermost first.']})
    return _indexes(text)


def _indexes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("-")) if text else ()


FILTERS = [
    OpenApiParameter("workflow", OpenApiTypes.UUID),
    OpenApiParameter("status", str, enum=[key for key, _ in RUN_STATUSES]),
    OpenApiParameter(
        "search",
        str,
        description="A run's id, or part of its tracking id, failed action, code or error. A page looks at "
        "the next 20,000 runs: it may be short, or empty, and have a next one.",
    ),
    OpenApiParameter("version", int, description="Of the workflow that is asked for."),
    OpenApiParameter("mode", str, enum=MODES, description="Runs of published versions, or of drafts."),
    OpenApiParameter("longer", float, description="Seconds. What goes on counts up to now."),
    OpenApiParameter("shorter", float, description="Seconds. Only runs that have ended."),
    OpenApiParameter("action", str, description="Part of the name of an action that it came to."),
    OpenApiParameter(
        "actionStatus",
        str,
        enum=[key for key, _ in ACTION_STATUSES],
        description="Of that action, or of any; of one in a loop, in any turn.",
    ),
    OpenApiParameter(
        "text",
        str,
        description="In inputs and outputs of trigger and actions; nothing secured is searched. A page looks "
        "into some 2,000 runs or 32 MB for some 3 seconds and says in `looked` how far it came.",
    ),
    OpenApiParameter("since", OpenApiTypes.DATETIME),
    OpenApiParameter("until", OpenApiTypes.DATETIME),
    OpenApiParameter("cursor", str),
    OpenApiParameter("limit", int),
]


class RunsView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="listRuns", parameters=FILTERS, responses=RunItemPage)
    def get(self, request: Request, tenant: str) -> Response:
        query = request.query_params
        return Response(
            runs.page(
                self.tenant, filters_of(request, self.tenant), query.get("cursor"), limit_of(request, 200)
            )
        )


class RunGridView(TenantView):
    """Runs as the columns of a grid: what became of each action in each of them."""

    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="listRunColumns", parameters=FILTERS, responses=RunColumnPage)
    def get(self, request: Request, tenant: str) -> Response:
        query = request.query_params
        return Response(
            runs.grid(
                self.tenant, filters_of(request, self.tenant), query.get("cursor"), limit_of(request, 100)
            )
        )


def filters_of(request: Request, tenant: Tenant) -> RunFilters:
    query = request.query_params
    workflow = query.get("workflow")
    if workflow and not is_uuid(workflow):
        raise FieldsInvalid({"workflow": ["This must be the id of a workflow."]})
    workflow_id = uuid.UUID(workflow) if workflow else None
    since = _time_of(request, "since")
    version_id = None
    if number := _number_of(request, "version", 2**31):
        if number != int(number):
            raise FieldsInvalid({"version": ["This must be the number of a version."]})
        version_id, published = runs.of_version(tenant, workflow_id, int(number))
        since = max(since, published) if since else published
    return RunFilters(
        workflow_id=workflow_id,
        statuses=(query["status"],) if query.get("status") else (),
        since=since,
        until=_time_of(request, "until"),
        search=_words_of(request, "search"),
        version_id=version_id,
        kind=_one_of(request, "mode", MODES),
        longer=_span_of(request, "longer"),
        shorter=_span_of(request, "shorter"),
        inside=Inside(
            text=_words_of(request, "text"),
            action=_words_of(request, "action"),
            action_status=_one_of(request, "actionStatus", [key for key, _ in ACTION_STATUSES]),
        ),
    )


def _words_of(request: Request, name: str) -> str:
    words = request.query_params.get(name, "").strip()
    if len(words) > 200:
        raise FieldsInvalid({name: ["This must be at most 200 characters long."]})
    return words


def _one_of(request: Request, name: str, known: Sequence[str]) -> str:
    word = request.query_params.get(name, "")
    if word and word not in known:
        raise FieldsInvalid({name: [f"This must be one of {', '.join(known)}."]})
    return word


def _number_of(request: Request, name: str, most: float) -> float | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not 0 < float(text) < most:
        raise FieldsInvalid({name: ["This must be a number above zero."]})
    return float(text)


def _span_of(request: Request, name: str) -> timedelta | None:
    seconds = _number_of(request, name, 10**9)
    return timedelta(seconds=seconds) if seconds else None


def _time_of(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    found = None
    with suppress(ValueError):  # the shape is right and there is no such day
        found = parse_datetime(text)
    if found is None or found.tzinfo is None or not 1970 < found.year < 9000:
        raise FieldsInvalid({name: ["This must be a time with its offset, such as 2026-03-01T00:00:00Z."]})
    return found


def limit_of(request: Request, most: int) -> int:
    limit = request.query_params.get("limit", "50")
    if not limit.isdecimal() or len(limit) > 9 or not 1 <= int(limit) <= most:
        raise FieldsInvalid({"limit": [f"This must be a number from 1 to {most}."]})
    return int(limit)


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class RunView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="getRun", responses=RunDetail)
    def get(self, request: Request, tenant: str, run_id: uuid.UUID) -> Response:
        return Response(runs.snapshot(self.tenant, run_id))


class RunActionView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="getRunAction", parameters=[REPETITION], responses=RunActionDetail)
    def get(self, request: Request, tenant: str, run_id: uuid.UUID, name: str) -> Response:
        return Response(runs.action(self.tenant, run_id, name, repetition_of(request)))


class RunRepetitionsView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(
        operation_id="listRunRepetitions",
        parameters=[
            OpenApiParameter("parent", str, description="The turns of the outer loops."),
            STATUS,
            OpenApiParameter("cursor", str),
        ],
        responses=RunRepetitionPage,
    )
    def get(self, request: Request, tenant: str, run_id: uuid.UUID, name: str) -> Response:
        query = request.query_params
        return Response(
            runs.repetitions(
                self.tenant,
                run_id,
                name,
                repetition_of(request, "parent"),
                query.get("status"),
                query.get("cursor"),
            )
        )


class RunTriggerView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="getRunTrigger", responses=RunTriggerDetail)
    def get(self, request: Request, tenant: str, run_id: uuid.UUID) -> Response:
        return Response(runs.trigger(self.tenant, run_id))


class RunContentView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="getRunContent", responses=OpenApiTypes.ANY)
    def get(self, request: Request, tenant: str, run_id: uuid.UUID, content: str) -> Response:
        if not re.fullmatch(r"[0-9A-Za-z_-]{16,128}", content):
            raise NotFound("content")
        value = runs.content(self.tenant, run_id, content, request.query_params.get("pointer", ""))
        return Response(value, headers={"Cache-Control": "private, max-age=86400"})


class CancelRunView(TenantView):
    verbs = {"POST": "run.cancel"}

    @extend_schema(operation_id="cancelRun", request=None, responses={202: None})
    def post(self, request: Request, tenant: str, run_id: uuid.UUID) -> Response:
        runs.cancel(self.actor, run_id)
        return Response(status=202)


class CancelRunsView(TenantView):
    verbs = {"POST": "run.cancel"}

    @extend_schema(operation_id="cancelRuns", request=RunIds, responses=RunOutcomes)
    def post(self, request: Request, tenant: str) -> Response:
        return Response({"items": runs.cancel_all(self.actor, _ids_of(request))})


class ResubmitRunsView(TenantView):
    verbs = {"POST": "run.resubmit"}

    @extend_schema(operation_id="resubmitRuns", request=RunIds, responses=RunOutcomes)
    def post(self, request: Request, tenant: str) -> Response:
        return Response({"items": runs.resubmit_all(self.actor, _ids_of(request))})


def _ids_of(request: Request) -> list[uuid.UUID]:
    form = RunIds(data=request.data)
    form.is_valid(raise_exception=True)
    return list(dict.fromkeys(form.validated_data["runs"]))


class Resubmission(serializers.Serializer[Any]):
    body = serializers.JSONField(
        required=False, allow_null=True, help_text="In place of the body that the trigger had"
    )


class ResubmitRunView(TenantView):
    verbs = {"POST": "run.resubmit"}

    @extend_schema(operation_id="resubmitRun", request=Resubmission, responses={202: RunCreated})
    def post(self, request: Request, tenant: str, run_id: uuid.UUID) -> Response:
        given = request.data if isinstance(request.data, dict) else {}
        # As sent: a serializer would turn numbers into Python's.
        new_id = runs.resubmit(self.actor, run_id, has_body="body" in given, body=given.get("body"))
        return Response({"runId": str(new_id)}, status=202)


class RerunView(TenantView):
    verbs = {"GET": "run.resubmit", "POST": "run.resubmit"}

    @extend_schema(
        operation_id="foreseeRerun",
        parameters=[
            OpenApiParameter("action", str, required=True),
            REPETITION,
            OpenApiParameter("version", int),
        ],
        responses=RerunOutlook,
    )
    def get(self, request: Request, tenant: str, run_id: uuid.UUID) -> Response:
        form = Rerun(data=request.query_params)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        return Response(
            runs.rerun_outlook(
                self.tenant, run_id, wanted["action"], repetition_of(request), wanted.get("version")
            )
        )

    @extend_schema(operation_id="rerunRun", request=Rerun, responses={202: RunCreated})
    def post(self, request: Request, tenant: str, run_id: uuid.UUID) -> Response:
        form = Rerun(data=request.data)
        form.is_valid(raise_exception=True)
        new_id = runs.rerun(
            self.actor,
            run_id,
            form.validated_data["action"],
            # As sent: a serializer would turn numbers into Python's.
            has_inputs="inputs" in request.data,
            inputs=request.data.get("inputs"),
            repetition=_indexes(form.validated_data.get("repetition", "")),
            version=form.validated_data.get("version"),
        )
        return Response({"runId": str(new_id)}, status=202)
