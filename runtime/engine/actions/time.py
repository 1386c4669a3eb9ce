"""Wait, and the date-time actions of type Expression (reference 6.16, 6.18)."""

from __future__ import annotations

from datetime import UTC, datetime

from runtime.engine.actions.contract import Compiler, Failure, Immediate, Pause, Result
from runtime.engine.actions.manifest import BODY_TEXT, EngineOperation, form, member
from runtime.engine.codes import whole_number
from runtime.engine.durations import later
from runtime.engine.scope import ActionScope, format_time
from runtime.language.definition import Action
from runtime.language.template import ExpressionError, compile_template
from runtime.language.values import Json, stringify

_UNITS = ("Second", "Minute", "Hour", "Day", "Week", "Month")

DELAY = EngineOperation(
    id="wait",
    type="Wait",
    title="Delay",
    description="Waits for some time. The run costs nothing while it waits.",
    category="schedule",
    inputs=form(
        ("count", "unit"),
        count=member("Count", "inputs.interval.count", type="integer", visibility="important"),
        unit=member("Unit", "inputs.interval.unit", type="string", choices=_UNITS, visibility="important"),
    ),
    template={"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Minute"}}, "runAfter": {}},
    keywords=("sleep", "pause", "wait", "timer"),
    icon="wait",
)
DELAY_UNTIL = EngineOperation(
    id="waitUntil",
    type="Wait",
    title="Delay until",
    description="Waits until a moment.",
    category="schedule",
    inputs=form(
        ("timestamp",),
        timestamp=member("Timestamp", "inputs.until.timestamp", type="string", visibility="important"),
    ),
    template={"type": "Wait", "inputs": {"until": {"timestamp": ""}}, "runAfter": {}},
    keywords=("sleep", "pause", "wait", "timer", "date"),
    icon="wait",
)


class Wait(Pause):
    """Until a moment, or for a number of units."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.inputs = self.template(action.inputs)

    def until(self, scope: ActionScope, now: datetime) -> tuple[Json, datetime | None]:
        inputs = self.inputs.evaluate(scope)
        given = inputs if isinstance(inputs, dict) else {}
        due: datetime | None = None
        if isinstance(given.get("interval"), dict):
            due = self._after(given["interval"], inputs, now)
        elif isinstance(given.get("until"), dict):
            due = self._moment(given["until"].get("timestamp"), scope, inputs)
        else:
            raise self._failure("it needs either 'interval' or 'until'", inputs)
        return inputs, due if due > now else None

    def _after(self, interval: dict[str, Json], inputs: Json, now: datetime) -> datetime:
        count, unit = whole_number(interval.get("count")), stringify(interval.get("unit"))
        if count is None:
            raise self._failure("'count' of its interval must be an integer", inputs)
        try:
            due = later(now, count, unit)
        except OverflowError:
            raise self._failure("its interval is too long", inputs) from None
        if due is None:
            raise self._failure(f"'{unit}' is not a unit of time; use one of {', '.join(_UNITS)}", inputs)
        return due

    def _moment(self, text: Json, scope: ActionScope, inputs: Json) -> datetime:
        try:
            shown = _AS_UTC.evaluate(scope.with_item(text))
            return datetime.fromisoformat(str(shown)[:26]).replace(tzinfo=UTC)
        except ExpressionError:
            raise self._failure(f"'{stringify(text)}' is not a timestamp", inputs) from None

    def _failure(self, why: str, inputs: Json) -> Failure:
        return Failure(
            "BadRequest",
            f"The action '{self.name}' cannot wait: {why}.",
            error_code="InvalidTemplate",
            inputs=inputs,
        )


_AS_UTC = compile_template("@formatDateTime(addSeconds(item(), 0), 'yyyy-MM-ddTHH:mm:ss.fffffff')")

_MOVE = form(
    ("baseTime", "interval", "timeUnit"),
    baseTime=member("Base time", "inputs.baseTime", type="string", visibility="important"),
    interval=member("Interval", "inputs.interval", type="integer", visibility="important"),
    timeUnit=member("Time unit", "inputs.timeUnit", type="string", choices=_UNITS, visibility="important"),
)
_FROM_NOW = form(
    ("interval", "timeUnit"), **{name: _MOVE["properties"][name] for name in ("interval", "timeUnit")}
)
_MOVED = {"baseTime": "", "interval": 1, "timeUnit": "Day"}


def _date(kind: str, title: str, description: str, inputs: dict[str, Json], given: Json) -> EngineOperation:
    return EngineOperation(
        id=kind[0].lower() + kind[1:],
        type="Expression",
        kind=kind,
        title=title,
        description=description,
        category="date",
        inputs=inputs,
        outputs=BODY_TEXT,
        template={"type": "Expression", "kind": kind, "inputs": given, "runAfter": {}},
        keywords=("date", "time", "timestamp"),
        icon="date",
    )


DATES = (
    _date("CurrentTime", "Current time", "The time in UTC.", form(), {}),
    _date("AddToTime", "Add to time", "Adds units of time to a timestamp.", _MOVE, _MOVED),
    _date("SubtractFromTime", "Subtract from time", "Takes units of time off a timestamp.", _MOVE, _MOVED),
    _date(
        "GetFutureTime", "Get future time", "The time some units from now.", _FROM_NOW,
        {"interval": 1, "timeUnit": "Day"},
    ),
    _date(
        "GetPastTime", "Get past time", "The time some units ago.", _FROM_NOW, {"interval": 1, "timeUnit":
        "Day"}
    ),
    _date(
        "ConvertTimeZone", "Convert time zone", "A timestamp as the clocks of another zone show it.",
        form(
            ("baseTime", "sourceTimeZone", "destinationTimeZone"),
            baseTime=member("Base time", "inputs.baseTime", type="string", visibility="important"),
            sourceTimeZone=member(
                "From zone", "inputs.sourceTimeZone", type="string", editor="timezone", visibility="important"
            ),
            destinationTimeZone=member(
                "To zone", "inputs.destinationTimeZone", type="string", editor="timezone",
                visibility="important"
            ),
            formatString=member("Format", "inputs.formatString", type="string", visibility="advanced"),
        ),
        {"baseTime": "", "sourceTimeZone": "", "destinationTimeZone": ""},
    ),
)  # fmt: skip

# Each kind is one function of the language over its inputs.
_FUNCTIONS = {
    "addtotime": "@addToTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])",
    "subtractfromtime": "@subtractFromTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])",
    "getfuturetime": "@getFutureTime(item()?['interval'], item()?['timeUnit'])",
    "getpasttime": "@getPastTime(item()?['interval'], item()?['timeUnit'])",
}
_ZONE = "@convertTimeZone(item()?['baseTime'], item()?['sourceTimeZone'], item()?['destinationTimeZone']"
_COMPILED = {kind: compile_template(text) for kind, text in _FUNCTIONS.items()}
_CONVERT = compile_template(f"{_ZONE})")
_CONVERT_FORMATTED = compile_template(f"{_ZONE}, item()['formatString'])")


class DateExpression(Immediate):
    """Body: a timestamp."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.kind = action.kind.lower()
        self.inputs = self.template(action.inputs)

    def perform(self, scope: ActionScope) -> Result:
        inputs = self.inputs.evaluate(scope)
        return Result({"body": self._body(scope, inputs)}, inputs, "OK")

    def _body(self, scope: ActionScope, inputs: Json) -> Json:
        given = dict(inputs) if isinstance(inputs, dict) else {}
        interval = given.get("interval")
        if isinstance(interval, str) and (number := whole_number(interval)) is not None:
            given["interval"] = number
        if self.kind == "currenttime":
            return format_time(scope.now())
        if self.kind == "converttimezone":
            template = _CONVERT_FORMATTED if given.get("formatString") else _CONVERT
            return template.evaluate(scope.with_item(given))
        if self.kind in _COMPILED:
            return _COMPILED[self.kind].evaluate(scope.with_item(given))
        raise Failure(
            "BadRequest",
            f"The action '{self.name}' cannot be run: an action of type 'Expression' needs one of the kinds "
            "AddToTime, SubtractFromTime, ConvertTimeZone, CurrentTime, GetFutureTime, GetPastTime, "
            f"but has '{self.action.kind}'.",
            error_code="InvalidTemplate",
            inputs=inputs,
        )
