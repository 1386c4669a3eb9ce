"""Workflows: list, create, change, copy, import, export, run now, callback URLs."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.shapes import RUN_STATUSES, RUNNABLE_VERSIONS, WORKFLOW_STATES, DefinitionProblem, page_of
from designer.api.tenant_view import TenantView
from designer.workflows import callbacks, drafts, importing, listing, running, services, tags, texts, uses
from designer.workflows.models import Workflow
from runtime import catalog
from runtime.models import Run

SORTS = [("name", "Name"), ("-updatedAt", "Newest change first"), ("updatedAt", "Oldest change first")]


class HealthHour(serializers.Serializer[Any]):
    ok = serializers.IntegerField()
    failed = serializers.IntegerField()
    running = serializers.IntegerField()


class LastRun(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=RUN_STATUSES)
    startedAt = serializers.DateTimeField()


class WorkflowItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    state = serializers.ChoiceField(choices=WORKFLOW_STATES)
    hasUnpublishedChanges = serializers.BooleanField()
    draftRevision = serializers.IntegerField(help_text="What hasUnpublishedChanges is about.")
    publishedVersion = serializers.IntegerField(allow_null=True)
    triggerType = serializers.CharField(allow_null=True)
    description = serializers.CharField(help_text="What the draft says of itself.")
    health = HealthHour(many=True, help_text="The last 24 hours, oldest first.")
    lastRun = LastRun(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    owner = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    calledBy = serializers.IntegerField(help_text="How many other workflows call it.")


class Caller(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=WORKFLOW_STATES)
    actions = serializers.ListField(child=serializers.CharField(), help_text="Those that call, the first 20.")
    draftOnly = serializers.BooleanField(help_text="What it has published does not call.")
    publishedOnly = serializers.BooleanField(help_text="Its draft does not call any more.")


class Callers(serializers.Serializer[Any]):
    """At most 100. Actions that compute whom they call are not among them."""

    items = Caller(many=True)


class UsedTag(serializers.Serializer[Any]):
    name = serializers.CharField()
    workflows = serializers.IntegerField()


class UsedConnector(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField(allow_null=True, help_text="Null: it is not installed here.")
    workflows = serializers.IntegerField()


class Owner(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    workflows = serializers.IntegerField()


class WorkflowChoices(serializers.Serializer[Any]):
    """What the list can be narrowed by, beside tags: at most 500 of each."""

    owners = Owner(many=True)
    connectors = UsedConnector(many=True)


class WorkflowCreate(serializers.Serializer[Any]):
    """Blank without `text` and `template`."""

    name = serializers.CharField(max_length=80)
    text = serializers.CharField(required=False, trim_whitespace=False)
    template = serializers.CharField(required=False)
    parameters = serializers.DictField(child=serializers.JSONField(), required=False)
    chosen = serializers.DictField(
        child=serializers.CharField(max_length=80),
        required=False,
        help_text="Connections in the place of those the template names: its name, yours.",
    )


class WorkflowChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=100,
        help_text=f"These and no others; at most {tags.MOST} of {tags.LONGEST} characters.",
    )
    description = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=texts.DESCRIPTION_LIMIT,
        help_text="Becomes part of the draft; empty: it says nothing of itself.",
    )


class WorkflowCopy(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)


class ImportFile(serializers.Serializer[Any]):
    """One file: a definition in any of its wrappers, or a package. `content` is text, or base64 with
    `encoding`.
    """

    filename = serializers.CharField(max_length=255)
    content = serializers.CharField(trim_whitespace=False, allow_blank=True)
    encoding = serializers.ChoiceField(choices=[("text", "Text"), ("base64", "Base64")], default="text")


class ImportAddress(serializers.Serializer[Any]):
    """Where a file lies that `importWorkflows` would take. The server fetches it."""

    url = serializers.CharField(max_length=2000)


class ImportedWorkflow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    problems = DefinitionProblem(many=True)
    report = serializers.ListField(child=serializers.CharField(), help_text="What was changed or left out.")


class ImportResult(serializers.Serializer[Any]):
    workflows = ImportedWorkflow(many=True)


class RunNow(serializers.Serializer[Any]):
    payload = serializers.JSONField(required=False, allow_null=True)
    headers = serializers.DictField(child=serializers.CharField(), required=False)
    version = serializers.ChoiceField(choices=RUNNABLE_VERSIONS, default="draft")
    upTo = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=200,
        help_text="The run of the draft ends with this action.",
    )
    alone = serializers.BooleanField(
        default=False,
        help_text="With upTo: only that action calls anything; earlier ones answer as in `answers`.",
    )
    answers = serializers.UUIDField(
        required=False, allow_null=True, help_text="The run that gives the answers."
    )


class RunStarted(serializers.Serializer[Any]):
    runId = serializers.UUIDField()


class CallbackUrl(serializers.Serializer[Any]):
    trigger = serializers.CharField()
    method = serializers.CharField(allow_null=True, help_text="Null: any method is accepted.")
    url = serializers.CharField()
    curl = serializers.CharField()
    relativePath = serializers.CharField(allow_null=True)
    secondUrl = serializers.CharField(help_text="Signed with the secondary key: works as well.")


class CallbackRenewal(serializers.Serializer[Any]):
    key = serializers.ChoiceField(choices=[("primary", "Primary"), ("secondary", "Secondary")])


WorkflowPage = page_of(WorkflowItem)


def present_last_run(run: Run) -> dict[str, Any]:
    return {"id": str(run.pk), "status": run.status, "startedAt": wire_time(run.started_at)}


def _state(workflow: Workflow) -> str:
    return "draft" if workflow.published_id is None else "on" if workflow.enabled else "off"


def present_workflow(workflow: Workflow, activity: listing.Activity, called_by: int) -> dict[str, Any]:
    published = workflow.published
    last = activity.last_run
    return {
        "id": str(workflow.pk),
        "name": workflow.name,
        "enabled": workflow.enabled,
        "state": _state(workflow),
        "hasUnpublishedChanges": published is None
        or published.sha256 != workflow.draft_sha256
        or published.parameters != workflow.parameters,
        "draftRevision": workflow.draft_revision,
        "publishedVersion": published.number if published else None,
        "triggerType": workflow.draft_trigger or None,
        "description": workflow.draft_description,
        "health": activity.health,
        "lastRun": last
        and {"id": str(last.id), "status": last.status, "startedAt": wire_time(last.started_at)},
        "createdAt": wire_time(workflow.created_at),
        "updatedAt": wire_time(workflow.updated_at),
        "owner": workflow.created_by.shown_name if workflow.created_by else None,
        "tags": tags.of(workflow),
        "calledBy": called_by,
    }


def presented(workflow: Workflow) -> dict[str, Any]:
    activity = listing.activity(workflow.tenant, [workflow])[workflow.pk]
    return present_workflow(
        workflow, activity, uses.caller_counts(workflow.tenant, [workflow]).get(workflow.pk, 0)
    )


class WorkflowsView(TenantView):
    verbs = {"GET": "workflow.read", "POST": "workflow.create"}

    @extend_schema(
        operation_id="listWorkflows",
        parameters=[
            OpenApiParameter("search", str),
            OpenApiParameter("status", str, enum=[key for key, _ in WORKFLOW_STATES]),
            OpenApiParameter("tag", str),
            OpenApiParameter("trigger", str, description="The type of the draft's first trigger."),
            OpenApiParameter("owner", str, description="The id of who made it."),
            OpenApiParameter("connector", str, description="Used by its draft or its published version."),
            OpenApiParameter("sort", str, enum=[key for key, _ in SORTS]),
            OpenApiParameter("cursor", str),
        ],
        responses=WorkflowPage,
    )
    def get(self, request: Request, tenant: str) -> Response:
        query = request.query_params
        page = listing.workflows(
            self.tenant,
            search=query.get("search", ""),
            state=query.get("status", ""),
            tag=query.get("tag", ""),
            trigger=query.get("trigger", ""),
            owner=query.get("owner", ""),
            connector=query.get("connector", ""),
            sort=query.get("sort", "-updatedAt"),
            cursor=query.get("cursor"),
        )
        activity = listing.activity(self.tenant, page.items)
        called = uses.caller_counts(self.tenant, page.items)
        items = [
            present_workflow(workflow, activity[workflow.pk], called.get(workflow.pk, 0))
            for workflow in page.items
        ]
        return Response({"items": items, "nextCursor": page.next_cursor})

    @extend_schema(operation_id="createWorkflow", request=WorkflowCreate, responses={201: WorkflowItem})
    def post(self, request: Request, tenant: str) -> Response:
        form = WorkflowCreate(data=request.data)
        form.is_valid(raise_exception=True)
        workflow = services.create(self.actor, **form.validated_data)
        return Response(presented(workflow), status=201)


class WorkflowView(TenantView):
    verbs = {"GET": "workflow.read", "PATCH": "workflow.edit", "DELETE": "workflow.delete"}

    @extend_schema(operation_id="getWorkflow", responses=WorkflowItem)
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        return Response(presented(services.find(self.tenant, workflow_id)))

    @extend_schema(operation_id="changeWorkflow", request=WorkflowChange, responses=WorkflowItem)
    def patch(self, request: Request, tenant: str, workflow_id: str) -> Response:
        form = WorkflowChange(data=request.data)
        form.is_valid(raise_exception=True)
        workflow = services.find(self.tenant, workflow_id)
        wanted = tags.checked(form.validated_data.get("tags", ()))  # before anything is changed
        if "name" in form.validated_data:
            workflow = services.rename(self.actor, workflow, form.validated_data["name"])
        if "tags" in form.validated_data:
            workflow = services.tag(self.actor, workflow, wanted)
        if "description" in form.validated_data:
            drafts.describe(self.actor, workflow, form.validated_data["description"])
            workflow = services.find(self.tenant, workflow_id)
        return Response(presented(workflow))

    @extend_schema(operation_id="deleteWorkflow", request=None, responses={204: None})
    def delete(self, request: Request, tenant: str, workflow_id: str) -> Response:
        services.delete(self.actor, services.find(self.tenant, workflow_id))
        return Response(status=204)


class CallersView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="listCallers", responses=Callers)
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        found = uses.callers(self.tenant, services.find(self.tenant, workflow_id))
        items = [
            {
                "id": str(caller.workflow.pk),
                "name": caller.workflow.name,
                "state": _state(caller.workflow),
                "actions": caller.steps,
                "draftOnly": not caller.published,
                "publishedOnly": not caller.draft,
            }
            for caller in found
        ]
        return Response({"items": items})


class TagsView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="listTags", responses=UsedTag(many=True))
    def get(self, request: Request, tenant: str) -> Response:
        return Response([{"name": name, "workflows": many} for name, many in tags.used(self.tenant)])


class WorkflowChoicesView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="listWorkflowChoices", responses=WorkflowChoices)
    def get(self, request: Request, tenant: str) -> Response:
        titles = {connector["id"].lower(): connector["title"] for connector in catalog.connectors()}
        connectors = [
            {"id": name, "title": titles.get(name), "workflows": many}
            for name, many in uses.connectors(self.tenant)
        ]
        return Response({"owners": uses.owners(self.tenant), "connectors": connectors})


class EnableView(TenantView):
    verbs = {"POST": "workflow.enable"}

    @extend_schema(operation_id="enableWorkflow", request=None, responses=WorkflowItem)
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        return Response(presented(services.enable(self.actor, services.find(self.tenant, workflow_id))))


class DisableView(TenantView):
    verbs = {"POST": "workflow.enable"}

    @extend_schema(operation_id="disableWorkflow", request=None, responses=WorkflowItem)
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        return Response(presented(services.disable(self.actor, services.find(self.tenant, workflow_id))))


class DuplicateView(TenantView):
    verbs = {"POST": "workflow.create"}

    @extend_schema(operation_id="duplicateWorkflow", request=WorkflowCopy, responses={201: WorkflowItem})
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        form = WorkflowCopy(data=request.data or {})
        form.is_valid(raise_exception=True)
        source = services.find(self.tenant, workflow_id)
        copy = services.duplicate(self.actor, source, form.validated_data.get("name"))
        return Response(presented(copy), status=201)


class ExportView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="exportWorkflow", responses={(200, "application/json"): OpenApiTypes.STR})
    def get(self, request: Request, tenant: str, workflow_id: str) -> HttpResponse:
        workflow = services.find(self.tenant, workflow_id)
        response = HttpResponse(workflow.draft_text, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="{workflow.slug}.json"'
        return response


class ImportView(TenantView):
    verbs = {"POST": "workflow.create"}

    @extend_schema(operation_id="importWorkflows", request=ImportFile, responses={201: ImportResult})
    def post(self, request: Request, tenant: str) -> Response:
        form = ImportFile(data=request.data)
        form.is_valid(raise_exception=True)
        return imported(importing.import_file(self.actor, **form.validated_data))


class ImportUrlView(TenantView):
    verbs = {"POST": "workflow.create"}

    @extend_schema(operation_id="importFromUrl", request=ImportAddress, responses={201: ImportResult})
    def post(self, request: Request, tenant: str) -> Response:
        form = ImportAddress(data=request.data)
        form.is_valid(raise_exception=True)
        return imported(importing.import_url(self.actor, form.validated_data["url"]))


def imported(results: list[importing.Result]) -> Response:
    workflows = [
        {
            "id": str(result.workflow.pk),
            "name": result.workflow.name,
            "problems": result.problems,
            "report": result.report,
        }
        for result in results
    ]
    return Response({"workflows": workflows}, status=201)


class RunNowView(TenantView):
    verbs = {"POST": "run.start"}

    @extend_schema(operation_id="runWorkflow", request=RunNow, responses={202: RunStarted})
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        form = RunNow(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        run_id = running.run_now(
            self.actor,
            services.find(self.tenant, workflow_id),
            version=values["version"],
            tried=_trial(values),
            has_payload="payload" in values,
            payload=values.get("payload"),
            headers=values.get("headers", {}),
        )
        return Response({"runId": str(run_id)}, status=202)


def _trial(values: dict[str, Any]) -> running.Trial | None:
    if not values.get("upTo"):
        return None
    return running.Trial(values["upTo"], values["alone"], values.get("answers"))


class CallbacksView(TenantView):
    verbs = {"GET": "callback.read"}

    @extend_schema(operation_id="listCallbacks", responses=CallbackUrl(many=True))
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        origin = callbacks.origin_of(request._request)
        return Response(
            [address.wire() for address in callbacks.read_addresses(self.actor, workflow, origin)]
        )


class RenewCallbacksView(TenantView):
    verbs = {"POST": "callback.rotate"}

    @extend_schema(operation_id="renewCallbacks", request=CallbackRenewal, responses=CallbackUrl(many=True))
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        form = CallbackRenewal(data=request.data)
        form.is_valid(raise_exception=True)
        workflow = services.renew_callback_key(self.actor, workflow, form.validated_data["key"])
        origin = callbacks.origin_of(request._request)
        return Response(
            [address.wire() for address in callbacks.read_addresses(self.actor, workflow, origin)]
        )
