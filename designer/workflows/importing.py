"""Importing: whatever carries definitions becomes workflows with drafts, each with a report."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid
from designer.workflows import artifacts, fetching, problems, services, tags
from designer.workflows.counterparts import report_here
from designer.workflows.errors import TextRefused, TooLarge
from runtime.language.document import DocumentError
from runtime.language.importing import Imported, ImportFailure, read_bytes
from runtime.language.values import dumps

if TYPE_CHECKING:
    from designer.workflows.models import Workflow

WORKFLOWS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Result:
    """`report` has a sentence for everything that does not run here as it is."""

    workflow: Workflow
    problems: list[dict[str, Any]]
    report: list[str]


def import_file(actor: Actor, *, filename: str, content: str, encoding: str = "text") -> list[Result]:
    """The workflows of one uploaded file. Raises TextRefused, TooLarge, FieldsInvalid."""
    actor.require("workflow.create")
    return import_bytes(actor, filename, _bytes(content, encoding))


def import_url(actor: Actor, url: str) -> list[Result]:
    """The workflows of the file at an address. Raises as `import_file` does."""
    return import_bytes(actor, *fetching.fetch(actor, url))


def import_bytes(actor: Actor, filename: str, data: bytes) -> list[Result]:
    if len(data) > settings.IMPORT_SIZE_LIMIT:
        raise TooLarge("The file", len(data), settings.IMPORT_SIZE_LIMIT)
    try:
        found = read_bytes(filename, data)
    except (ImportFailure, DocumentError) as error:
        raise TextRefused(f"{filename} cannot be imported. {error}") from error
    return store(actor, found, filename)


def _bytes(content: str, encoding: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise FieldsInvalid({"content": [f"This is not {encoding} that can be read."]}) from error


def store(actor: Actor, found: list[Imported], origin: str) -> list[Result]:
    """All of them or, when one is refused, none."""
    if len(found) > WORKFLOWS_AT_ONCE:
        raise FieldsInvalid(
            {"content": [f"{origin} holds {len(found)} workflows; {WORKFLOWS_AT_ONCE} at once."]}
        )
    with transaction.atomic():
        results = [_store_one(actor, item, origin) for item in found]
    for result, item in zip(results, found, strict=True):
        result.report.extend(artifacts.keep(actor.tenant.pk, item.artifacts))
    return results


def _store_one(actor: Actor, item: Imported, origin: str) -> Result:
    workflow = services.create(
        actor,
        services.free_name(actor.tenant, item.name),
        text=item.text,
        origin=f"import of {origin}",
        values=dumps(dict(item.parameters)),
        connections=dumps(dict(item.connections)),
    )
    tags.bring(workflow, tags.of_resource(item.tags))
    return Result(workflow, problems.of_draft(workflow), _sentences(item))


def _sentences(item: Imported) -> list[str]:
    report = report_here(item)
    findings = [
        f"{finding.name} ({finding.type}): {finding.reason}"
        for finding in report.findings
        if finding.state != "runs"
    ]
    return [*report.notes, *findings]
