"""What an import means for each workflow: what runs as it is, what needs a connection or a mapping, what
cannot run here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from runtime.language.definition import Action, Definition, Trigger
from runtime.language.values import Json

State = Literal["runs", "needsConnection", "needsMapping", "cannotRun"]

_MANAGED: Final = frozenset(
    {
        "ApiConnection",
        "ApiConnectionWebhook",
        "ApiConnectionNotification",
        "OpenApiConnection",
        "OpenApiConnectionWebhook",
        "OpenApiConnectionNotification",
    }
)
_RUNS: Final = frozenset(
    [
        "Compose",
        "Http",
        "HttpWebhook",
        "Join",
        "ParseJson",
        "Query",
        "Response",
        "Select",
        "Table",
        "Foreach",
        "If",
        "Scope",
        "Switch",
        "Until",
        "Terminate",
        "Wait",
        "AppendToArrayVariable",
        "AppendToStringVariable",
        "InitializeVariable",
        "SetVariable",
        "IncrementVariable",
        "DecrementVariable",
        "JavaScriptCode",
        "Expression",
        "Request",
        "Recurrence",
        "SlidingWindow",
        "Batch",
    ]
)
_ADDRESS: Final = {
    "Function": "it is addressed by its resource id: give the function's URL and key as a connection",
    "ApiManagement": "it is addressed by its resource id: give the gateway's URL and key as a connection",
}
_MAPPING: Final = {
    "Liquid": "put its map into the folder Artifacts/Maps of the tenant's files",
    "Xslt": "put its map into the folder Artifacts/Maps of the tenant's files",
    "XmlValidation": "put its schema into the folder Artifacts/Schemas of the tenant's files",
    "XmlParse": "put its schema into the folder Artifacts/Schemas of the tenant's files",
    "XmlCompose": "put its schema into the folder Artifacts/Schemas of the tenant's files",
    "FlatFileDecoding": "put its schema into the folder Artifacts/Schemas of the tenant's files",
    "FlatFileEncoding": "put its schema into the folder Artifacts/Schemas of the tenant's files",
    "IntegrationAccountArtifactLookup": "put the artifact into the folder Artifacts of the tenant's files",
    "Workflow": "it calls another workflow: import that one too, under the name used here",
    "SendToBatch": "it sends to another workflow: import that one too, under the name used here",
}


_CONNECTION_ID: Final = re.compile(r"\['([^']+)'\]\??(?:\['connectionId'\]|\.connectionId)", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\['([^']+)'\]")


@dataclass(frozen=True, slots=True)
class Finding:
    """How one trigger or action fares here; `pointer` leads into the definition."""

    pointer: str
    name: str
    type: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one workflow, and `notes` on what was resolved or left open while reading it."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def of(self, state: State) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.state == state)

    @property
    def summary(self) -> str:
        """One sentence with the counts."""
        counted = [
            (len(self.of("runs")), "run as they are"),
            (len(self.of("needsConnection")), "need a connection"),
            (len(self.of("needsMapping")), "need a mapping"),
            (len(self.of("cannotRun")), "cannot run here"),
        ]
        said = ", ".join(f"{count} {what}" for count, what in counted if count)
        return (
            f"Of {len(self.findings)} triggers and actions, {said}." if said else "There is nothing to run."
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "summary": self.summary,
            "notes": list(self.notes),
            "findings": [
                {"pointer": f.pointer, "name": f.name, "type": f.type, "state": f.state, "reason": f.reason}
                for f in self.findings
            ],
        }


def report_on(definition: Definition, notes: tuple[str, ...] = ()) -> Report:
    steps: list[Trigger | Action] = [*definition.triggers.values(), *definition.every_action()]
    return Report(tuple(_finding(step) for step in steps), notes)


def _finding(step: Trigger | Action) -> Finding:
    state, reason = _state(step)
    return Finding(step.pointer, step.name, step.type, state, reason)


def _state(step: Trigger | Action) -> tuple[State, str]:
    if step.type in _RUNS:
        return "runs", "Runs as it is."
    if step.type in _MANAGED:
        connector = managed_connector(step.inputs) or "its"
        reason = (
            f"Uses the managed connector {connector}: runs where a connector here answers the same, "
            "and needs a connection for it."
        )
        return "needsMapping", reason
    if step.type == "ServiceProvider":
        provider = _text(_down(step.inputs, "serviceProviderConfiguration", "serviceProviderId"))
        name = provider.rsplit("/", 1)[-1] or "unknown"
        return "needsConnection", f"Needs a connection for the built-in connector {name}."
    if step.type in _ADDRESS:
        return "needsConnection", f"{step.type}: {_ADDRESS[step.type]}."
    if step.type in _MAPPING:
        return "needsMapping", f"{step.type}: {_MAPPING[step.type]}."
    return (
        "cannotRun",
        f"There is nothing here that runs '{step.type}'; it is kept, shown and exported unchanged.",
    )


def managed_connector(inputs: Json) -> str:
    """The name of the managed connector an ApiConnection or OpenApiConnection operation uses, "" where none
    is said.
    """
    host = _down(inputs, "host")
    api = _text(_down(host, "apiId"))
    if api:
        return api.rstrip("/").rsplit("/", 1)[-1]
    reference = _text(_down(host, "connection", "referenceName")) or _text(_down(host, "connectionName"))
    if reference:
        return reference
    name = _text(_down(host, "connection", "name"))
    found = _CONNECTION_ID.search(name) or _BRACKETS.search(name)
    return found[1] if found else ""


def _down(value: Json, *names: str) -> Json:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
