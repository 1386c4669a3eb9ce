"""What the catalogue says of the triggers of the runtime itself (reference 5)."""

from __future__ import annotations

from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.language.values import Json

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_FREQUENCIES = ("Second", "Minute", "Hour", "Day", "Week", "Month")
_HTTP_OUTPUTS: dict[str, Json] = form(
    statusCode={"title": "Status code", "type": "integer"},
    headers={"title": "Headers", "type": "object"},
    body={"title": "Body"},
)


def _recurrence(frequencies: tuple[str, ...] = _FREQUENCIES) -> dict[str, Json]:
    return {**_every(frequencies), **_clock()}


def _every(frequencies: tuple[str, ...] = _FREQUENCIES) -> dict[str, Json]:
    return {
        "interval": member("Every", "recurrence.interval", type="integer", default=1, visibility="important"),
        "frequency": member(
            "Unit", "recurrence.frequency", type="string", choices=frequencies, visibility="important"
        ),
    }


def _clock() -> dict[str, Json]:
    return {
        "timeZone": member(
            "Time zone", "recurrence.timeZone", type="string", editor="timezone", visibility="advanced"
        ),
        "startTime": member(
            "Start time",
            "recurrence.startTime",
            type="string",
            editor="datetime",
            visibility="advanced",
            description="Nothing fires earlier, and intervals count from it.",
        ),
    }


def _scheduled(title: str, name: str) -> dict[str, Json]:
    path = f"recurrence.schedule.{name}"
    return member(title, path, type="array", editor=name.lower(), visibility="advanced")


REQUEST = EngineOperation(
    id="request",
    type="Request",
    kind="Http",
    title="When an HTTP request is received",
    description="Starts a run for every call to the workflow's own signed address.",
    category="request",
    inputs=form(
        method=member(
            "Method",
            "inputs.method",
            type="string",
            choices=_METHODS,
            visibility="advanced",
            description="Without it every method is accepted.",
        ),
        relativePath=member(
            "Relative path",
            "inputs.relativePath",
            type="string",
            visibility="advanced",
            description="For example /customers/{id}; needs a method.",
        ),
        schema=member(
            "Schema of the body",
            "inputs.schema",
            type="object",
            editor="schema",
            visibility="important",
            description="The shape of what arrives: later actions can then use each of its values.",
        ),
    ),
    outputs=form(
        headers={"title": "Headers", "type": "object"},
        queries={"title": "Queries", "type": "object"},
        relativePathParameters={"title": "Path parameters", "type": "object"},
        body={"title": "Body"},
    ),
    template={"type": "Request", "kind": "Http", "inputs": {"schema": {}}},
    keywords=("webhook", "http", "manual", "call", "api", "form", "url"),
    icon="request",
)
RECURRENCE = EngineOperation(
    id="recurrence",
    type="Recurrence",
    title="Recurrence",
    description="Starts a run on a schedule.",
    category="schedule",
    inputs=form(
        ("interval", "frequency"),
        **_every(),
        weekDays=_scheduled("On these days", "weekDays"),
        monthDays=_scheduled("On these days of the month", "monthDays"),
        monthlyOccurrences=_scheduled("On these weekdays of the month", "monthlyOccurrences"),
        hours=_scheduled("At these hours", "hours"),
        minutes=_scheduled("At these minutes", "minutes"),
        **_clock(),
        endTime=member(
            "End time",
            "recurrence.endTime",
            type="string",
            editor="datetime",
            visibility="advanced",
            description="Nothing fires later.",
        ),
    ),
    template={"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}},
    keywords=("schedule", "timer", "cron", "every", "daily", "hourly"),
    icon="clock",
)
POLL = EngineOperation(
    id="poll",
    type="Http",
    title="When an HTTP address has something new",
    description="Calls an address on a schedule and starts a run when it answers 200; 202 means nothing new.",
    category="http",
    inputs=form(
        ("method", "uri", "interval", "frequency"),
        method=member(
            "Method", "inputs.method", type="string", choices=_METHODS, default="GET", visibility="important"
        ),
        uri=member("URI", "inputs.uri", type="string", visibility="important"),
        headers=member("Headers", "inputs.headers", editor="dictionary", visibility="advanced"),
        queries=member("Queries", "inputs.queries", editor="dictionary", visibility="advanced"),
        body=member("Body", "inputs.body", visibility="advanced"),
        authentication=member(
            "Authentication", "inputs.authentication", editor="authentication", visibility="advanced"
        ),
        **_recurrence(),
    ),
    outputs=_HTTP_OUTPUTS,
    template={
        "type": "Http",
        "inputs": {"method": "GET", "uri": ""},
        "recurrence": {"frequency": "Minute", "interval": 5},
    },
    keywords=("poll", "check", "changed", "http", "new"),
    icon="webhook",
)

WEBHOOK = EngineOperation(
    id="webhook",
    type="HttpWebhook",
    title="When a service calls back",
    description="Subscribes at another service while the workflow is enabled; each call of it starts a run.",
    category="http",
    inputs=form(
        ("method", "uri"),
        method=member(
            "Subscribe: method",
            "inputs.subscribe.method",
            type="string",
            choices=_METHODS,
            default="POST",
            visibility="important",
        ),
        uri=member("Subscribe: URI", "inputs.subscribe.uri", type="string", visibility="important"),
        body=member(
            "Subscribe: body",
            "inputs.subscribe.body",
            visibility="important",
            description="@{listCallbackUrl()} is the address the service has to call.",
        ),
        headers=member(
            "Subscribe: headers", "inputs.subscribe.headers", editor="dictionary", visibility="advanced"
        ),
        authentication=member(
            "Subscribe: authentication",
            "inputs.subscribe.authentication",
            editor="authentication",
            visibility="advanced",
        ),
        unsubscribeMethod=member(
            "Unsubscribe: method",
            "inputs.unsubscribe.method",
            type="string",
            choices=_METHODS,
            visibility="advanced",
        ),
        unsubscribeUri=member(
            "Unsubscribe: URI",
            "inputs.unsubscribe.uri",
            type="string",
            visibility="advanced",
            description="Called when the workflow is disabled or deleted, or the trigger changes.",
        ),
        unsubscribeBody=member("Unsubscribe: body", "inputs.unsubscribe.body", visibility="advanced"),
    ),
    outputs=form(
        statusCode={"title": "Status code", "type": "integer"},
        headers={"title": "Headers", "type": "object"},
        queries={"title": "Queries", "type": "object"},
        body={"title": "Body"},
    ),
    template={
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {"method": "POST", "uri": "", "body": {"callbackUrl": "@{listCallbackUrl()}"}},
            "unsubscribe": {"method": "POST", "uri": "", "body": {"callbackUrl": "@{listCallbackUrl()}"}},
        },
    },
    keywords=("subscribe", "callback", "event", "push", "webhook"),
    icon="webhook",
)
SLIDING_WINDOW = EngineOperation(
    id="slidingWindow",
    type="SlidingWindow",
    title="Sliding window",
    description="Starts a run for each span of time, in order; none is left out, also after a pause.",
    category="schedule",
    inputs=form(
        ("interval", "frequency"),
        **_recurrence(("Second", "Minute", "Hour")),
        delay=member(
            "Delay",
            "inputs.delay",
            type="string",
            visibility="advanced",
            description="How long after its end a window is run, for example PT5M.",
        ),
    ),
    outputs=form(
        body=form(
            windowStartTime={"title": "Start of the window", "type": "string"},
            windowEndTime={"title": "End of the window", "type": "string"},
        )
    ),
    template={"type": "SlidingWindow", "recurrence": {"frequency": "Hour", "interval": 1}},
    keywords=("schedule", "window", "span", "backfill", "catch up", "interval"),
    icon="clock",
)
BATCH = EngineOperation(
    id="batch",
    type="Batch",
    title="When a batch is full",
    description="Collects messages that other workflows send and starts one run for many of them.",
    category="workflows",
    inputs=form(
        ("mode",),
        mode=member("Mode", "inputs.mode", type="string", choices=("Inline",), visibility="advanced"),
        configurations=member(
            "Batches",
            "inputs.configurations",
            type="object",
            visibility="important",
            description="By name: releaseCriteria with messageCount, batchSize (bytes) or a recurrence.",
        ),
    ),
    outputs=form(
        body=form(
            batchName={"title": "Batch", "type": "string"},
            partitionName={"title": "Partition", "type": "string"},
            items={
                "title": "Messages",
                "type": "array",
                "items": form(
                    content={"title": "Content"}, messageId={"title": "Message id", "type": "string"}
                ),
            },
        )
    ),
    template={
        "type": "Batch",
        "inputs": {
            "mode": "Inline",
            "configurations": {"batch": {"releaseCriteria": {"messageCount": 10}}},
        },
    },
    keywords=("batch", "collect", "aggregate", "group", "messages"),
    icon="workflow",
)

TRIGGERS: tuple[EngineOperation, ...] = (REQUEST, RECURRENCE, SLIDING_WINDOW, POLL, WEBHOOK, BATCH)

# What the forms of connectors' triggers have besides their own members.
POLLING: dict[str, Json] = {
    name: form_member for name, form_member in _recurrence().items() if name in ("interval", "frequency")
}
EVERY: dict[str, Json] = {"frequency": "Minute", "interval": 3}
SETTINGS: dict[str, tuple[str, ...]] = {
    "Request": ("conditions", "splitOn", "concurrency", "schemaValidation", "secureInputs", "secureOutputs"),
    "Recurrence": ("conditions", "concurrency", "singleInstance"),
    "SlidingWindow": ("conditions", "concurrency"),
    "Batch": ("conditions", "concurrency", "secureOutputs"),
}
POLLED_SETTINGS = ("retryPolicy", "conditions", "splitOn", "concurrency", "secureInputs", "secureOutputs")
