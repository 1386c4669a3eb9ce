"""The past of a draft: the edits that made it, and its text after any of them.

Texts are kept of every fiftieth revision (`DraftText`) and of every version; what lies between is the edits
done again. Ninety days are looked back; versions stay for ever.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from designer.tenants.errors import NotFound
from designer.workflows import texts
from designer.workflows.pages import Page, page_by_number
from runtime.language.splices import SpliceError, apply
from runtime.language.values import Json, loads

if TYPE_CHECKING:
    from designer.workflows.models import DraftEdit, Workflow

KEPT: Final = timedelta(days=90)
KEPT_EVERY: Final = 50
# Of the arguments of an edit no more is listed than it takes to say in words what it did.
_LONGEST_TEXT, _MOST_ITEMS, _DEEPEST = 200, 50, 8


class NotKept(NotFound):
    def __init__(self, revision: int) -> None:
        super().__init__("revision of the draft", str(revision))
        self.args = (
            f"Revision {revision} of this draft is not kept: it is older than {KEPT.days} days or never was. "
            "Published versions are kept for ever.",
        )


def keep(workflow: Workflow) -> None:
    """Before an edit changes the draft: its text, where later ones are to be done again from it."""
    revision = workflow.draft_revision
    if revision != 1 and revision % KEPT_EVERY:
        return
    packed = zlib.compress(workflow.draft_text.encode())
    workflow.draft_texts.get_or_create(
        revision=revision, defaults={"tenant_id": workflow.tenant_id, "packed": packed}
    )
    # Twice as long as edits are listed, so that the oldest of them has one before it.
    workflow.draft_texts.filter(at__lt=_horizon() - KEPT).delete()


def edits(workflow: Workflow, cursor: str | None) -> Page[DraftEdit]:
    """Newest first."""
    found = workflow.draft_edits.filter(at__gte=_horizon()).select_related("author").order_by("-revision")
    return page_by_number(found, "revision", cursor)


def text_at(workflow: Workflow, revision: int) -> str:
    """The draft as it stood after this revision. Raises NotKept."""
    if revision == workflow.draft_revision:
        return workflow.draft_text
    base, text = _nearest(workflow, revision)
    later = workflow.draft_edits.filter(revision__gt=base, revision__lte=revision).order_by("revision")
    sha256 = None
    for edit in later:
        try:
            for each in loads(edit.edits):
                text = apply(text, each["patch"])
        except SpliceError:
            raise NotKept(revision) from None
        base, sha256 = edit.revision, edit.sha256
    if base != revision or (sha256 is not None and sha256 != texts.sha256_of(text)):
        raise NotKept(revision)
    return text


def shortened(value: Json, depth: int = 0) -> Json:
    """Arguments of an edit without the long texts they may carry."""
    match value:
        case str():
            return value[:_LONGEST_TEXT]
        case list() if depth < _DEEPEST:
            return [shortened(item, depth + 1) for item in value[:_MOST_ITEMS]]
        case dict() if depth < _DEEPEST:
            return {name: shortened(item, depth + 1) for name, item in list(value.items())[:_MOST_ITEMS]}
        case list() | dict():
            return None
        case _:
            return value


def _nearest(workflow: Workflow, revision: int) -> tuple[int, str]:
    """The newest text kept that is no newer than the revision."""
    kept = workflow.draft_texts.filter(revision__lte=revision).order_by("-revision").first()
    version = (
        workflow.versions.filter(kind="published", facts__revision__lte=revision).order_by("-number").first()
    )
    if version is not None and (kept is None or version.facts["revision"] >= kept.revision):
        return version.facts["revision"], version.text
    if kept is None:
        raise NotKept(revision)
    return kept.revision, zlib.decompress(bytes(kept.packed)).decode()


def _horizon() -> datetime:
    return timezone.now() - KEPT
