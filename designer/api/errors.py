"""The one table from exception to status and RFC 9457 problem document."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as rest
from rest_framework.response import Response

from connectors.sdk import ConnectorError
from designer.api.rendering import wire_time
from designer.tenants import errors as tenants
from designer.workflows import errors as workflows
from runtime import process as processes
from runtime import services as runtime
from runtime.language.values import dumps
from runtime.triggers.recurrence import RecurrenceError

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"


class Row(NamedTuple):
    status: int
    code: str
    title: str


TABLE: dict[type[Exception], Row] = {
    tenants.SignInRequired: Row(401, "SignInRequired", "Sign in"),
    tenants.CsrfRefused: Row(403, "CsrfRefused", "The request was not made by this page"),
    tenants.WrongCredentials: Row(401, "WrongCredentials", "Not signed in"),
    tenants.TooManyAttempts: Row(429, "TooManyAttempts", "Too many attempts"),
    tenants.SetupLinkInvalid: Row(410, "SetupLinkInvalid", "The set-up link does not work any more"),
    tenants.InvitationInvalid: Row(410, "InvitationInvalid", "The invitation does not work any more"),
    tenants.LastOwner: Row(409, "LastOwner", "An organisation needs an owner"),
    tenants.PermissionRefused: Row(403, "PermissionRefused", "Not allowed"),
    tenants.TenantNotFound: Row(404, "TenantNotFound", "No access"),
    tenants.NotFound: Row(404, "NotFound", "Not found"),
    tenants.FieldsInvalid: Row(400, "FieldsInvalid", "Some values cannot be accepted"),
    workflows.StaleRevision: Row(409, "StaleRevision", "The draft has changed"),
    workflows.PatchRefused: Row(422, "PatchRefused", "The edit cannot be applied"),
    workflows.TextRefused: Row(422, "TextRefused", "Not a workflow definition"),
    workflows.TooLarge: Row(413, "TooLarge", "Too large"),
    workflows.PublishRefused: Row(422, "PublishRefused", "The draft has errors"),
    workflows.NothingPublished: Row(409, "NothingPublished", "Nothing is published"),
    workflows.NotRunnable: Row(422, "NotRunnable", "This cannot be run"),
    runtime.RunNotFound: Row(404, "RunNotFound", "Not found"),
    runtime.ArrivalNotFound: Row(404, "NotFound", "Not found"),
    runtime.ArrivalGone: Row(409, "ArrivalGone", "It cannot be sent again"),
    runtime.NotRepeatable: Row(422, "NotRepeatable", "It cannot be run again from there"),
    runtime.RunFinished: Row(409, "RunFinished", "The run has ended"),
    processes.NotStarted: Row(503, "ServiceUnavailable", "Not ready"),
    RecurrenceError: Row(422, "InvalidWorkflowTriggerRecurrence", "The schedule cannot be followed"),
    runtime.Overloaded: Row(429, "Overloaded", "Too much is waiting"),
    SuspiciousOperation: Row(400, "BadRequest", "The request cannot be accepted"),
    Http404: Row(404, "NotFound", "Not found"),
    PermissionDenied: Row(403, "PermissionRefused", "Not allowed"),
    rest.NotAuthenticated: Row(401, "SignInRequired", "Sign in"),
    rest.AuthenticationFailed: Row(401, "SignInRequired", "Sign in"),
    rest.PermissionDenied: Row(403, "PermissionRefused", "Not allowed"),
    rest.NotFound: Row(404, "NotFound", "Not found"),
    rest.MethodNotAllowed: Row(405, "MethodNotAllowed", "Method not allowed"),
    rest.NotAcceptable: Row(406, "NotAcceptable", "Not acceptable"),
    rest.UnsupportedMediaType: Row(415, "UnsupportedMediaType", "Unsupported media type"),
    rest.ParseError: Row(400, "BodyNotJson", "The request body is not JSON"),
    rest.ValidationError: Row(400, "FieldsInvalid", "Some values cannot be accepted"),
}


# What a connected service says on behalf of a page (choices of a field), by the code of its error.
_CONNECTOR_STATUSES = {"NotFound": 404, "ConnectionNotFound": 409, "Unauthorized": 409, "GatewayTimeout": 504}


def row_for(error: Exception) -> Row | None:
    if isinstance(error, ConnectorError):
        status = _CONNECTOR_STATUSES.get(error.code, 422)
        return Row(status, error.code, "The connected service did not answer as hoped")
    return next((TABLE[cls] for cls in type(error).__mro__ if cls in TABLE), None)


def problem(row: Row, detail: str, request_id: str, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": f"urn:millrace:problem:{row.code}",
        "title": row.title,
        "status": row.status,
        "detail": detail,
        "code": row.code,
        "requestId": request_id,
        **(extra or {}),
    }


def problem_for(error: Exception, request_id: str) -> dict[str, Any] | None:
    """The problem document of an expected exception; None for one the table does not know (a defect)."""
    row = row_for(error)
    if row is None:
        return None
    return problem(row, _detail(error), request_id, _extra(error))


def _detail(error: Exception) -> str:
    if isinstance(error, rest.ValidationError):
        return " ".join(f"{name}: {text}" for name, texts in _fields(error).items() for text in texts)
    if isinstance(error, rest.ParseError):
        return f"The request body cannot be read as JSON. {error}."
    if isinstance(error, SuspiciousOperation):
        return "The request cannot be accepted: it is no JSON, or has more fields than are read."
    if isinstance(error, Http404):
        return "There is nothing at this address."
    return str(error) or (type(error).__doc__ or "").strip().partition("\n")[0]


def _fields(error: rest.ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def walk(detail: Any, path: str) -> None:
        if isinstance(detail, dict):
            for name, inner in detail.items():
                walk(inner, f"{path}.{name}" if path else str(name))
        elif isinstance(detail, list) and any(isinstance(item, (dict, list)) for item in detail):
            for index, inner in enumerate(detail):
                walk(inner, f"{path}[{index}]")
        else:
            found[path or "body"] = (
                [str(item) for item in detail] if isinstance(detail, list) else [str(detail)]
            )

    walk(error.detail, "")
    return found


def _extra(error: Exception) -> dict[str, Any]:
    if isinstance(error, rest.ValidationError):
        return {"fieldErrors": _fields(error)}
    if isinstance(error, tenants.FieldsInvalid):
        return {"fieldErrors": error.fields}
    if isinstance(error, tenants.TooManyAttempts):
        return {"retryAt": wire_time(error.until)}
    if isinstance(error, workflows.PublishRefused):
        return {"problems": error.problems}
    if isinstance(error, workflows.StaleRevision):
        return {
            "revision": error.revision,
            "sha256": error.sha256,
            "text": error.text,
            "missing": error.missing,
        }
    return {}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    request = context.get("request")
    request_id = getattr(request, "request_id", "")
    document = problem_for(error, request_id)
    if document is None:
        log.exception("Unexpected error in request %s", request_id, exc_info=error)
        row = Row(500, "InternalError", "Something went wrong on the server")
        document = problem(
            row,
            f"The server could not finish the request; its log has the details under {request_id}.",
            request_id,
        )
    response = Response(document, status=document["status"], content_type=PROBLEM_TYPE)
    response["Cache-Control"] = "no-store"
    if isinstance(error, tenants.TooManyAttempts):
        response["Retry-After"] = str(error.seconds)
    return response


def problem_response(request: HttpRequest, row: Row, detail: str) -> HttpResponse:
    document = problem(row, detail, getattr(request, "request_id", ""))
    return HttpResponse(dumps(document), status=row.status, content_type=PROBLEM_TYPE)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem_response(request, TABLE[tenants.CsrfRefused], str(tenants.CsrfRefused()))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(request, Row(404, "NotFound", "Not found"), "There is nothing at this address.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    title = HTTPStatus.BAD_REQUEST.phrase
    detail = "The request cannot be accepted. Check the address, the host name and the size of the body."
    return problem_response(request, Row(400, "BadRequest", title), detail)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(request, Row(403, "PermissionRefused", "Not allowed"), "You may not do this.")


def server_error(request: HttpRequest) -> HttpResponse:
    row = Row(500, "InternalError", "Something went wrong on the server")
    return problem_response(request, row, "The server could not finish the request; its log has the details.")
