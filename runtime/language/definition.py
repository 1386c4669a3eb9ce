"""A definition as the engine, the validator and the triggers read it.

`read` is tolerant: it takes what Logic Apps, Power Automate and older schemas have written, compares
types, kinds and options without regard to case (reference 1.6), and leaves out what is not of the
expected shape. It never fails: finding fault is the validator's work (`runtime.language.validate`), which
has the text and its positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runtime.language.values import Json


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TRIGGER_TYPES = _words(
    """Request Http HttpWebhook ApiConnection ApiConnectionWebhook ApiConnectionNotification OpenApiConnection
    OpenApiConnectionWebhook OpenApiConnectionNotification ApiManagement Batch Recurrence SlidingWindow
    ServiceProvider Agent"""
)

ACTION_TYPES = _words(
    """ApiConnection ApiConnectionWebhook ApiConnectionNotification OpenApiConnection OpenApiConnectionWebhook
    OpenApiConnectionNotification ApiManagement Compose Function Http HttpWebhook Join ParseJson Query
    Response Select Table Workflow Foreach If Scope Switch Until Terminate Wait AppendToArrayVariable
    AppendToStringVariable InitializeVariable SetVariable IncrementVariable DecrementVariable
    FlatFileDecoding FlatFileEncoding IntegrationAccountArtifactLookup Liquid Xslt XmlValidation XmlParse
    XmlCompose JavaScriptCode CSharpScriptCode PowerShellCode InvokeFunction ServiceProvider RuleExecute
    As2Encode As2Decode ParseDocument ChunkText Agent AgentHandOff McpClientTool Expression SendToBatch"""
)

# Older spellings (reference 1.6) beside the canonical ones.
_TRIGGER_SPELLING = {name.lower(): name for name in TRIGGER_TYPES} | {"manual": "Request"}
_ACTION_SPELLING = {name.lower(): name for name in ACTION_TYPES}

CONTAINER_TYPES = frozenset({"Scope", "If", "Switch", "Foreach", "Until"})
LOOP_TYPES = frozenset({"Foreach", "Until"})

# Letter case of runAfter statuses is free (reference 10.1).
_STATUS_SPELLING = {
    name.lower(): name
    for name in _words(
        "Waiting Running Succeeded Failed Skipped TimedOut Cancelled Suspended Aborted Ignored Paused Faulted"
    )
}


def trigger_type(name: str) -> str:
    """Canonical spelling of a trigger type; an unknown one comes back as written."""
    return _TRIGGER_SPELLING.get(name.lower(), name)


def action_type(name: str) -> str:
    """Canonical spelling of an action type; an unknown one comes back as written."""
    return _ACTION_SPELLING.get(name.lower(), name)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter (reference 1.3). `type` as written; `required` when it has no default."""

    name: str
    type: str
    default: Json
    required: bool
    allowed: tuple[Json, ...] | None
    pointer: str

    @property
    def secure(self) -> bool:
        return self.type.lower() in ("securestring", "secureobject")


@dataclass(frozen=True, slots=True)
class Branch:
    """One list of actions inside a container.

    `key` is "actions" (Scope, loops, the true branch of If), "else", "default" or the name of a case; `case`
    is the literal a Switch compares with.
    """

    key: str
    pointer: str
    actions: dict[str, Action]
    case: Json = None
    is_case: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One action (reference 6.1).

    `type` is canonical; `inputs` is the raw template; `run_after` names siblings with their statuses, spelled
    canonically and in the order of the definition; `timeout` is the raw `limit.timeout`;
    `operation_options` are in lower case; `pointer` is an RFC 6901 pointer into the definition.
    """

    name: str
    type: str
    kind: str
    pointer: str
    inputs: Json
    run_after: dict[str, tuple[str, ...]]
    branches: tuple[Branch, ...]
    timeout: Json
    operation_options: frozenset[str]
    runtime_configuration: Mapping[str, Json]
    tracked_properties: Json
    raw: Mapping[str, Json]

    @property
    def is_container(self) -> bool:
        return self.type in CONTAINER_TYPES

    @property
    def is_loop(self) -> bool:
        return self.type in LOOP_TYPES


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger (reference 5.1): `conditions` are expressions as written, `split_on` a raw template."""

    name: str
    type: str
    kind: str
    pointer: str
    inputs: Json
    recurrence: Mapping[str, Json]
    conditions: tuple[Json, ...]
    split_on: Json
    operation_options: frozenset[str]
    runtime_configuration: Mapping[str, Json]
    correlation: Mapping[str, Json]
    raw: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole definition; `raw` is the object it was read from."""

    parameters: dict[str, Parameter]
    triggers: dict[str, Trigger]
    actions: dict[str, Action]
    outputs: dict[str, Json]
    static_results: dict[str, Json]
    raw: Mapping[str, Json] = field(repr=False)

    def every_action(self) -> Iterator[Action]:
        """All actions at every depth, in the order of the text."""
        pending = [iter(self.actions.values())]
        while pending:
            action = next(pending[-1], None)
            if action is None:
                pending.pop()
                continue
            yield action
            pending.extend(iter(branch.actions.values()) for branch in reversed(action.branches))


def read(value: Json) -> Definition:
    """The definition inside `value`: bare, `{"definition": …}`, or a resource with `properties`."""
    raw = _object(value)
    if "properties" in raw and "actions" not in raw:
        raw = _object(raw["properties"])
    if isinstance(raw.get("definition"), dict) and "actions" not in raw:
        raw = raw["definition"]
    return Definition(
        parameters={name: _parameter(name, item) for name, item in _object(raw.get("parameters")).items()},
        triggers={
            name: _trigger(name, item)
            for name, item in _object(raw.get("triggers")).items()
            if isinstance(item, dict)
        },
        actions=_actions(raw.get("actions"), "/actions"),
        outputs=dict(_object(raw.get("outputs"))),
        static_results=dict(_object(raw.get("staticResults"))),
        raw=raw,
    )


def escape_pointer(name: str) -> str:
    """A member name as one step of an RFC 6901 pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _options(value: Json) -> frozenset[str]:
    """Comma-separated options in lower case (reference 8.7); `None` means nothing."""
    names = (name.strip().lower() for name in _text(value).split(","))
    return frozenset(name for name in names if name and name != "none")


def _parameter(name: str, value: Json) -> Parameter:
    item = _object(value)
    allowed = item.get("allowedValues")
    return Parameter(
        name=name,
        type=_text(item.get("type")) or "Object",
        default=item.get("defaultValue"),
        required="defaultValue" not in item,
        allowed=tuple(allowed) if isinstance(allowed, list) else None,
        pointer=f"/parameters/{escape_pointer(name)}",
    )


def _trigger(name: str, item: dict[str, Json]) -> Trigger:
    conditions = item.get("conditions")
    return Trigger(
        name=name,
        type=trigger_type(_text(item.get("type"))),
        kind=_text(item.get("kind")),
        pointer=f"/triggers/{escape_pointer(name)}",
        inputs=item.get("inputs"),
        recurrence=_object(item.get("recurrence")),
        conditions=tuple(
            _object(condition).get("expression", condition)
            for condition in (conditions if isinstance(conditions, list) else [])
        ),
        split_on=item.get("splitOn"),
        operation_options=_options(item.get("operationOptions")),
        runtime_configuration=_object(item.get("runtimeConfiguration")),
        correlation=_object(item.get("correlation")),
        raw=item,
    )


def _actions(value: Json, pointer: str) -> dict[str, Action]:
    given = _object(value)
    return {
        name: _action(name, item, f"{pointer}/{escape_pointer(name)}", given)
        for name, item in given.items()
        if isinstance(item, dict)
    }


def _action(name: str, item: dict[str, Json], pointer: str, beside: Mapping[str, Json]) -> Action:
    kind = action_type(_text(item.get("type")))
    return Action(
        name=name,
        type=kind,
        kind=_text(item.get("kind")),
        pointer=pointer,
        inputs=item.get("inputs"),
        run_after=_run_after(item["runAfter"] if "runAfter" in item else _depended_on(item, beside)),
        branches=_branches(kind, item, pointer),
        timeout=_object(item.get("limit")).get("timeout"),
        operation_options=_options(item.get("operationOptions")),
        runtime_configuration=_object(item.get("runtimeConfiguration")),
        tracked_properties=item.get("trackedProperties"),
        raw=item,
    )


def _depended_on(item: dict[str, Json], beside: Mapping[str, Json]) -> dict[str, Json]:
    """The order of the preview schemas of 2014 and 2015, which had it in `conditions`."""
    conditions = item.get("conditions")
    named = [_object(one).get("dependsOn") for one in conditions] if isinstance(conditions, list) else []
    return {name: ["Succeeded"] for name in named if isinstance(name, str) and name in beside}


def preview_members(item: Mapping[str, Json]) -> list[str]:
    """What an action of those schemas says that has no counterpart: when it runs, and how often."""
    conditions = item.get("conditions")
    gated = isinstance(conditions, list) and any("expression" in _object(one) for one in conditions)
    return [*(["conditions"] if gated else []), *(["repeat"] if "repeat" in item else [])]


def _run_after(value: Json) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(
            _STATUS_SPELLING.get(status.lower(), status)
            for status in (statuses if isinstance(statuses, list) else [statuses])
            if isinstance(status, str)
        )
        for name, statuses in _object(value).items()
    }


def _branches(kind: str, item: dict[str, Json], pointer: str) -> tuple[Branch, ...]:
    if kind not in CONTAINER_TYPES:
        return ()
    found = [] if kind == "Switch" else [_branch("actions", item, pointer)]
    if kind == "If" and isinstance(item.get("else"), dict):
        found.append(_branch("else", item["else"], f"{pointer}/else"))
    if kind == "Switch":
        for name, case in _object(item.get("cases")).items():
            if isinstance(case, dict):
                found.append(_branch(name, case, f"{pointer}/cases/{escape_pointer(name)}", is_case=True))
        if isinstance(item.get("default"), dict):
            found.append(_branch("default", item["default"], f"{pointer}/default"))
    return tuple(found)


def _branch(key: str, item: dict[str, Json], pointer: str, *, is_case: bool = False) -> Branch:
    return Branch(
        key=key,
        pointer=f"{pointer}/actions",
        actions=_actions(item.get("actions"), f"{pointer}/actions"),
        case=item.get("case"),
        is_case=is_case,
    )
