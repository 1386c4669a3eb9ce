"""What the connectors installed here make of the connector operations in an imported workflow.

The language knows that an action uses a managed or built-in connector of Azure; whether one of ours does the
same work is asked of the executor's own table, so that the report never promises what would not run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from connectors.sdk import ConnectorError
from runtime.language.definition import Action, Definition, Trigger, read
from runtime.language.document import parse
from runtime.language.importing import Finding, Imported, Report, managed_connector
from runtime.language.values import Json
from runtime.targets import Target, find_target

_MANAGED = ("ApiConnection", "OpenApiConnection")
# `office365-1`, `shared_office365-0a1b2`: a second connection of the same service.
_NUMBERED = re.compile(r"[-_](?:\d+|[0-9a-f]{5})$")
_CALLED_BY_AZURE = (
    "ApiConnectionWebhook",
    "ApiConnectionNotification",
    "OpenApiConnectionWebhook",
    "OpenApiConnectionNotification",
)


def report_here(item: Imported) -> Report:
    """The report of an import, with connector operations judged by what is installed."""
    definition = read(parse(item.text).plain())
    steps = _steps(definition)
    findings = tuple(
        _judged(finding, steps[finding.pointer], item.connections) if finding.pointer in steps else finding
        for finding in item.report.findings
    )
    return Report(findings, item.report.notes)


def connector_of(step: Trigger | Action, connections: Mapping[str, Json]) -> str:
    """The connector here that does a step's work, else what Azure or the text calls it; "" for none."""
    managed = "ApiConnection" in step.type
    inputs = _addressed(step.inputs, connections) if step.type in _MANAGED else step.inputs
    try:
        purpose = "trigger" if isinstance(step, Trigger) else "action"
        return find_target(step.type, inputs, purpose, step.kind).connector.id
    except ConnectorError:
        pass
    if managed:
        api = _api(step.inputs, connections)
        return "" if api == "unknown" else _NUMBERED.sub("", api.lower().removeprefix("shared_"))
    provider = inputs.get("serviceProviderConfiguration") if isinstance(inputs, dict) else None
    named = provider.get("serviceProviderId") if isinstance(provider, dict) else None
    return named.rpartition("/")[2] if step.type == "ServiceProvider" and isinstance(named, str) else ""


def _steps(definition: Definition) -> dict[str, Trigger | Action]:
    steps: list[Trigger | Action] = [*definition.triggers.values(), *definition.every_action()]
    return {step.pointer: step for step in steps}


def _judged(finding: Finding, step: Trigger | Action, connections: Mapping[str, Json]) -> Finding:
    if step.type in _CALLED_BY_AZURE or (step.type in _MANAGED and isinstance(step, Trigger)):
        api = _api(step.inputs, connections)
        reason = (
            f"The service behind the managed connector '{api}' calls only Azure. Replace it by a trigger or "
            "action that is called or asks here, such as Request, HttpWebhook, Http or Recurrence; until "
            "then it is kept, shown and exported unchanged."
        )
        return replace(finding, state="cannotRun", reason=reason)
    if step.type not in (*_MANAGED, "ServiceProvider"):
        return finding
    inputs = _addressed(step.inputs, connections) if step.type in _MANAGED else step.inputs
    try:
        target = find_target(step.type, inputs, "trigger" if isinstance(step, Trigger) else "action")
    except ConnectorError as missing:
        return replace(finding, state="needsMapping", reason=str(missing))
    return _found(finding, target)


def _found(finding: Finding, target: Target) -> Finding:
    does = f"'{target.operation.title}' of {target.connector.title}"
    if target.connector.connection is None or not target.operation.needs_connection:
        return replace(finding, state="runs", reason=f"Runs as {does}.")
    named = f" named '{target.connection_name}'" if target.connection_name else ""
    reason = f"Runs as {does}: make a connection of {target.connector.title}{named}."
    return replace(finding, state="needsConnection", reason=reason)


def _addressed(inputs: Json, connections: Mapping[str, Json]) -> Json:
    """The inputs with their managed connector's name in the place of an expression that would give it."""
    if not isinstance(inputs, dict) or not isinstance(inputs.get("host"), dict):
        return inputs
    api, key = _api(inputs, connections), managed_connector(inputs)
    rest = {name: value for name, value in inputs["host"].items() if name not in ("connection", "api")}
    return {**inputs, "host": {**rest, "apiId": f"/apis/{api}", "connectionName": _key(inputs) or key}}


def _key(inputs: Json) -> str:
    """The name under which the definition knows the connection."""
    host = inputs.get("host") if isinstance(inputs, dict) else None
    without = {**host, "apiId": ""} if isinstance(host, dict) else {}
    return managed_connector({"host": without})


def _api(inputs: Json, connections: Mapping[str, Json]) -> str:
    """The managed connector's name: by the connection where the definition names one, else by itself."""
    key = _key(inputs)
    known = connections.get("managedApiConnections")
    entry = known.get(key) if isinstance(known, dict) and key in known else connections.get(key)
    if isinstance(entry, dict):
        api = entry.get("api")
        inner = api.get("id") or api.get("name") if isinstance(api, dict) else None
        named = inner or entry.get("id")
        if isinstance(named, str) and named:
            return named.rstrip("/").rpartition("/")[2].rstrip("')]")
    return managed_connector(inputs) or "unknown"
