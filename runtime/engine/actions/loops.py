"""For each and Until (reference 7.4, 7.5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from runtime.engine.actions.contract import Compiler, Failure, Items, Rounds
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.codes import whole_number
from runtime.engine.durations import after, parse_duration
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.template import Template
from runtime.language.values import Json, dumps, kind_of

FOREACH = EngineOperation(
    id="foreach",
    type="Foreach",
    title="For each",
    description="Repeats its actions for every item of an array, several at a time or one after another.",
    category="control",
    inputs=form(
        ("foreach",),
        foreach=member("For each item of", "foreach", type="array", editor="array", visibility="important"),
        repetitions=member(
            "Items at a time",
            "runtimeConfiguration.concurrency.repetitions",
            type="integer",
            default=20,
            visibility="advanced",
        ),
    ),
    template={"type": "Foreach", "foreach": "", "actions": {}, "runAfter": {}},
    keywords=("loop", "repeat", "each", "items", "apply"),
    icon="foreach",
)
UNTIL = EngineOperation(
    id="until",
    type="Until",
    title="Until",
    description="Repeats its actions until a condition holds or a limit is reached.",
    category="control",
    inputs=form(
        ("expression",),
        expression=member("Until", "expression", editor="condition", visibility="important"),
        count=member("Most rounds", "limit.count", type="integer", default=60, visibility="important"),
        timeout=member("Time limit", "limit.timeout", type="string", default="PT1H", visibility="important"),
    ),
    template={
        "type": "Until",
        "expression": "",
        "limit": {"count": 60, "timeout": "PT1H"},
        "actions": {},
        "runAfter": {},
    },
    keywords=("loop", "repeat", "while", "poll", "retry"),
    icon="until",
)

DEFAULT_PARALLEL, MOST_PARALLEL = 20, 50
DEFAULT_ROUNDS, MOST_ROUNDS, DEFAULT_TIMEOUT = 60, 5000, timedelta(hours=1)
MOST_ITEMS = 100_000
STATELESS_ROUNDS, STATELESS_TIMEOUT, STATELESS_ITEMS = 100, timedelta(minutes=5), 100  # reference 9.6


def _integer(template: Template, scope: ActionScope) -> int | None:
    return whole_number(template.evaluate(scope))


class Foreach(Items):
    """Each item of an array. A loop inside a loop goes one by one (reference 7.4)."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.source = action.raw.get("foreach")
        self.array = self.template(self.source)
        concurrency = action.runtime_configuration.get("concurrency")
        given = concurrency.get("repetitions") if isinstance(concurrency, dict) else None
        self.is_sequential = "sequential" in action.operation_options
        self.repetitions = compiler.template(given) if given is not None else None

    def items(self, scope: ActionScope) -> Json:
        shown = self.array.evaluate(scope)
        value = scope.content(shown)
        if not isinstance(value, list):
            source = self.source if isinstance(self.source, str) else dumps(self.source)
            raise Failure(
                "ExpressionEvaluationFailed",
                f"The execution of template action '{self.name}' failed: the result of the evaluation of "
                f"'foreach' expression '{source}' is of type '{kind_of(value)}'. The result must be a valid "
                "array.",
            )
        most = STATELESS_ITEMS if scope.is_stateless else MOST_ITEMS
        if len(value) > most:
            raise Failure(
                "BadRequest",
                f"The execution of template action '{self.name}' failed: the array has {len(value):,} items, "
                f"but a loop of a {'stateless' if scope.is_stateless else 'stateful'} workflow goes through "
                f"{most:,} at most. Split the array and start a child workflow for each part.",
                error_code="ForeachItemsLimitExceeded",
            )
        return shown

    def parallel(self, scope: ActionScope) -> int:
        """How many turns may be under way together."""
        if self.is_nested or self.is_sequential:
            return 1
        given = _integer(self.repetitions, scope) if self.repetitions is not None else None
        return DEFAULT_PARALLEL if given is None else min(max(given, 1), MOST_PARALLEL)


class Until(Rounds):
    """Rounds until the expression is true."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.expression = self.condition(action.raw.get("expression"))
        limit = action.raw.get("limit")
        limit = limit if isinstance(limit, dict) else {}
        self.count = compiler.template(limit.get("count"))
        self.timeout = compiler.template(limit.get("timeout"))
        self.fail_at_limit = "failwhenlimitsreached" in action.operation_options

    def limits(self, scope: ActionScope, now: datetime) -> tuple[int, datetime]:
        count = _integer(self.count, scope)
        given = parse_duration(self.timeout.evaluate(scope))
        most, otherwise = MOST_ROUNDS, DEFAULT_TIMEOUT
        if scope.is_stateless:
            most, otherwise = STATELESS_ROUNDS, STATELESS_TIMEOUT
        return (
            DEFAULT_ROUNDS if count is None else min(max(count, 1), most),
            after(now, otherwise if given is None else given),
        )

    def is_done(self, scope: ActionScope) -> bool:
        verdict = scope.content(self.expression.evaluate(scope))
        if not isinstance(verdict, bool):
            raise Failure(
                "ExpressionEvaluationFailed",
                f"The execution of template action '{self.name}' failed: the result of the evaluation of "
                f"'expression' is of type '{kind_of(verdict)}'. The result must be a valid boolean.",
                error_code="ActionUntilConditionFailed",
            )
        return verdict
