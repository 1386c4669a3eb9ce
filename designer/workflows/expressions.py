"""The value of a template of the draft over the data of a past run or a sample, as the designer shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from designer.workflows import runs
from runtime import services as runtime
from runtime.language.expressions.errors import ExpressionError
from runtime.language.values import Json, dumps, kind_of, loads

if TYPE_CHECKING:
    from designer.workflows.models import Workflow

TEMPLATE_LIMIT = 65_536
"""Characters of a template as JSON text."""
VALUE_LIMIT = 65_536
"""Bytes of a value that is sent whole."""
TEXT_LIMIT = 2_000
TOTAL_LIMIT = 524_288
"""Bytes of all values together that one answer sends whole."""


class Desk:
    """Evaluates templates of the draft from one viewpoint. Raises RunNotFound."""

    def __init__(self, workflow: Workflow, at: runtime.Viewpoint) -> None:
        if at.run is not None and runs.workflow_of(workflow.tenant, at.run) != workflow.pk:
            raise runtime.RunNotFound
        self._workflow = workflow
        self._run = at.run
        self._refused: dict[str, Any] | None = None
        parameters: dict[str, Json] = loads(workflow.parameters or "{}")
        try:
            self._preview = runtime.Preview(workflow.tenant_id, workflow.draft_text, at, parameters)
        except ExpressionError as error:
            self._refused = _refused(error.code, error.message)

    def evaluate(self, template: Json) -> dict[str, Any]:
        """`{"value", "text", "type", "truncated"}`, or `{"error": {"code", "message"}}`."""
        if self._refused is not None:
            return self._refused
        if len(dumps(template)) > TEMPLATE_LIMIT:
            return _refused("TooLarge", "The text is too long for a preview.")
        try:
            value = self._preview.value(template)
        except ExpressionError as error:
            return _refused(error.code, error.message)
        except runtime.Withheld as error:
            return _refused("Secured", str(error))
        if self._run is not None:
            value = runs.wire_value(value, self._workflow.tenant, self._run)
        whole = dumps(value)
        text = value if isinstance(value, str) else whole
        return {
            "value": value if len(whole) <= VALUE_LIMIT else None,
            "text": text[:TEXT_LIMIT],
            "type": kind_of(value),
            "truncated": len(text) > TEXT_LIMIT,
        }

    def evaluate_all(self, templates: Sequence[Json]) -> list[dict[str, Any]]:
        """One answer each, in their order; beyond `TOTAL_LIMIT` a value is null, with its text alone."""
        answers, left = [], TOTAL_LIMIT
        for template in templates:
            answer = self.evaluate(template)
            size = len(dumps(answer.get("value")))
            if size > left:
                answer = {**answer, "value": None, "truncated": True}
            left -= min(size, left)
            answers.append(answer)
        return answers


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
