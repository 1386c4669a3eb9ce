"""Run now: start a run of the draft or of the published version, with a payload of the designer's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from designer.tenants.actors import Actor
from designer.tenants.writes import write
from designer.workflows import problems, publishing, runs, texts, trial
from designer.workflows.errors import NothingPublished, NotRunnable
from designer.workflows.services import lock
from runtime import services as runtime
from runtime.language.definition import Trigger
from runtime.language.values import Json, dumps

if TYPE_CHECKING:
    from designer.workflows.models import Version, Workflow


@dataclass(frozen=True, slots=True)
class Trial:
    """A run of the draft that ends with the action `up_to`.

    `alone`: only that action calls anything outside; the others answer as in the run `answers`, or as pinned.
    """

    up_to: str
    alone: bool = False
    answers: UUID | None = None


def run_now(
    actor: Actor,
    workflow: Workflow,
    *,
    version: str = "draft",
    tried: Trial | None = None,
    has_payload: bool = False,
    payload: Json = None,
    headers: Mapping[str, str] | None = None,
) -> UUID:
    """The id of the new run. Raises NothingPublished, NotRunnable, RunNotFound."""
    with write(actor, "run.start", "run.start") as change:
        locked = lock(actor.tenant, workflow)
        chosen = _draft(actor, locked, tried) if version == "draft" or tried else _published(locked)
        trigger = next(iter(texts.definition_of(chosen.text).triggers.values()), None)
        if trigger is None:
            raise NotRunnable("The workflow has no trigger yet. Add one, for example an HTTP request.")
        run_id = runtime.start_run(
            runtime.TriggerArrival(
                tenant_id=actor.tenant.pk,
                workflow_id=locked.pk,
                version_id=chosen.pk,
                trigger=trigger.name,
                outputs=_brought(locked, trigger, tried)
                if tried and tried.answers and not has_payload
                else _outputs(trigger, has_payload, payload, headers or {}),
                actor=actor.name,
                request_id=actor.request_id,
                kind="manual",
                secured=runtime.is_secured(trigger),
            )
        )
        change.about("run", run_id, locked.name, after={"version": chosen.number, "kind": chosen.kind})
    # The designer opens the run at once: it would be told that there is none.
    runtime.wait_until_begun(actor.tenant.pk, run_id)
    return run_id


def _draft(actor: Actor, workflow: Workflow, wanted: Trial | None) -> Version:
    text = None
    if wanted is not None:
        answer = partial(_answer, workflow, wanted.answers) if wanted.alone else None
        text = trial.up_to(workflow.draft_text, wanted.up_to, answer)
    errors = problems.errors_in(problems.of_draft(workflow))
    if text is not None:
        # Errors in what is left out do not matter.
        kept = {action.name.casefold() for action in texts.definition_of(text).every_action()}
        errors = [one for one in errors if one["action"] is None or one["action"].casefold() in kept]
    if errors:
        raise NotRunnable(f"The draft has errors and cannot run yet: {errors[0]['message']}")
    return publishing.kept_draft(actor, workflow, text, wanted.up_to if wanted else "")


def _brought(workflow: Workflow, trigger: Trigger, tried: Trial) -> Json:
    """What the trigger of the run that gives the answers brought."""
    run = tried.answers
    if run is None or runs.workflow_of(workflow.tenant, run) != workflow.pk:
        raise runtime.RunNotFound
    outputs = runs.trigger(workflow.tenant, run)["outputs"]
    if outputs is None:
        if runtime.is_secured(trigger):
            raise NotRunnable("What started the chosen run is secured. Give a sample instead.")
        return None
    if '"$ref"' in dumps(outputs):
        raise NotRunnable("What started the chosen run is too large to be used again. Give a sample instead.")
    return outputs


def _answer(workflow: Workflow, run: UUID | None, name: str) -> dict[str, Json]:
    """What the action answered in that run, its first turn where it is in a loop, as a static result."""
    advice = f"Pin a result for '{name}' on its Test tab, or run up to here, which calls it."
    if run is None:
        raise NotRunnable(
            f"'{name}' comes before, and there is no past run to take its answer from. {advice}"
        )
    if runs.workflow_of(workflow.tenant, run) != workflow.pk:
        raise runtime.RunNotFound
    depth = trial.loops_around(workflow.draft_text, name)
    try:
        found = runs.action(workflow.tenant, run, name, (0,) * depth)
    except runtime.RunNotFound:
        raise NotRunnable(f"'{name}' was not part of the chosen run. {advice}") from None
    if "outputs" in found["secured"]:
        raise NotRunnable(f"The answer of '{name}' in the chosen run is secured. {advice}")
    if found["status"] in ("Running", "Waiting"):
        raise NotRunnable(f"'{name}' has not ended in the chosen run. {advice}")
    if '"$ref"' in dumps(found["outputs"]):
        raise NotRunnable(f"The answer of '{name}' in the chosen run is too large to be used again. {advice}")
    result: dict[str, Json] = {"status": found["status"], "outputs": found["outputs"]}
    if found["error"]:
        result["error"] = found["error"]
    return result


def _published(workflow: Workflow) -> Version:
    if workflow.published is None:
        raise NothingPublished(workflow.name)
    return workflow.published


def _outputs(trigger: Trigger, has_payload: bool, payload: Json, headers: Mapping[str, str]) -> Json:
    """As the trigger itself would have them: a schedule has none, everything else a body and headers."""
    if trigger.type in {"Recurrence", "SlidingWindow"} and not has_payload:
        return None
    outputs: dict[str, Json] = {}
    if headers or has_payload:
        outputs["headers"] = dict(headers)
        if has_payload and not any(name.lower() == "content-type" for name in headers):
            outputs["headers"]["Content-Type"] = "application/json"
    if has_payload:
        outputs["body"] = payload
    return outputs
