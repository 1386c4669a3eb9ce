"""The catalogue: every operation a definition may name, for the picker, the forms and the checks.

An operation's id is `connector/operation`. The engine's own stand under a few groups that look like
connectors (`control`, `variables`, …), those of the registry under their connector. In a manifest's `inputs`
schema each member's `x-path` says where its value stands in the action's text, so one form editor fits all.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from uuid import UUID

from connectors import registry
from connectors.egress import Egress, private_addresses_allowed
from connectors.sdk import BRANCHES_LIMIT, Connector, ConnectorError, Context, Operation
from runtime.catalog.icons import icon
from runtime.catalog.triggers import EVERY, POLLED_SETTINGS, POLLING, SETTINGS, TRIGGERS
from runtime.engine.actions import OPERATIONS
from runtime.engine.actions.manifest import EngineOperation
from runtime.language import definition as wdl
from runtime.language.expressions import functions as function_families
from runtime.language.expressions.functions.registry import every_function
from runtime.language.expressions.functions.zones import windows_zones, winter_offset
from runtime.language.values import Json
from runtime.targets import Native, find_target, native_of

Entry = dict[str, Any]
VALUES_TIMEOUT = 15.0

# The groups of the engine's operations: title and colour.
_GROUPS = {
    "control": ("Control", "#5c6470"),
    "variables": ("Variables", "#7a4fb0"),
    "data": ("Data", "#3d6bb3"),
    "schedule": ("Schedule", "#a0662a"),
    "date": ("Date and time", "#a0662a"),
    "request": ("Request and response", "#2d7f6e"),
    "workflows": ("Workflows", "#5a6b8c"),
    "http": ("HTTP", "#2f6f8f"),
}
_CATEGORIES = {"date": "Time", "schedule": "Time", "request": "HTTP", "http": "HTTP", "control": "Control"}
_RETRIED = ("retryPolicy", "timeout", "secureInputs", "secureOutputs", "trackedProperties", "runAfter")
_PLAIN = ("trackedProperties", "runAfter")
_HTTP_OPTIONS = (
    "pagination",
    "requestTimeout",
    "asyncPattern",
    "suppressWorkflowHeaders",
    "automaticDecompression",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an action's use of an operation; `pointer` is into the definition."""

    severity: str
    code: str
    pointer: str
    message: str


def index() -> list[Entry]:
    """Every operation, short: what the picker searches. Triggers first, then the order of the groups."""
    return [_short(entry) for entry in _entries().values()]


def manifest(connector: str, operation: str) -> Entry | None:
    """All about one operation: form, outputs, settings, and the text to insert."""
    return _entries().get(f"{connector}/{operation}".lower())


def connectors() -> list[Entry]:
    """The registry's connectors with their connection forms; those without one need no connection."""
    return [
        {
            "id": connector.id,
            "title": connector.title,
            "description": connector.description,
            "icon": connector.icon_text().strip(),
            "color": connector.color,
            "connectionForm": connector.connection.schema() if connector.connection else None,
        }
        for connector in registry.installed().values()
    ]


@cache
def functions() -> list[Entry]:
    """Every function of the expression language."""
    for module in pkgutil.iter_modules(function_families.__path__):
        importlib.import_module(f"{function_families.__name__}.{module.name}")
    return [
        {
            "name": function.name,
            "category": function.category,
            "signature": function.signature,
            "summary": function.summary,
            "minArgs": function.minimum,
            "maxArgs": function.maximum,
            "returns": function.returns,
        }
        for function in every_function()
    ]


@cache
def time_zones() -> list[Entry]:
    """Every time zone a definition may name by its Windows id, from west to east."""
    return [
        {"name": name, "offset": winter_offset(zone), "place": zone.key} for name, zone in windows_zones()
    ]


def operation_id(action_type: str, kind: str, inputs: Json, *, trigger: bool = False) -> str | None:
    """The id of the operation an action or trigger is an instance of; None when the catalogue has none."""
    wanted = action_type.lower()
    if wanted == "serviceprovider":
        configuration = inputs.get("serviceProviderConfiguration") if isinstance(inputs, dict) else None
        configuration = configuration if isinstance(configuration, dict) else {}
        provider = str(configuration.get("serviceProviderId") or "").lower().removeprefix(registry.PREFIX)
        found = f"{provider}/{configuration.get('operationId')}".lower()
        return _entries()[found]["id"] if found in _entries() else None
    matches = [
        entry
        for entry in _entries().values()
        if entry["wdlType"].lower() == wanted and (entry["kind"] == "trigger") is trigger
    ]
    return _closest(matches, kind, inputs)


def _closest(matches: list[Entry], kind: str, inputs: Json) -> str | None:
    """Several operations share a type: tell them apart by kind, or by what their inputs hold."""
    members = {name.lower() for name in inputs} if isinstance(inputs, dict) else set()
    for entry in matches:
        template = json.loads(entry["template"])
        if kind and str(template.get("kind", "")).lower() == kind.lower():
            return str(entry["id"])
    for entry in matches:
        given = json.loads(entry["template"]).get("inputs")
        if len(matches) > 1 and isinstance(given, dict) and {name.lower() for name in given} & members:
            return _by_format(matches, inputs) or str(entry["id"])
    return str(matches[0]["id"]) if matches else None


def _by_format(matches: list[Entry], inputs: Json) -> str | None:
    wanted = str(inputs.get("format") or "").lower()
    for entry in matches:
        if wanted and str(json.loads(entry["template"])["inputs"].get("format", "")).lower() == wanted:
            return str(entry["id"])
    return None


def manifests_for(text: str) -> dict[str, Entry]:
    """The manifests of the operations that a definition's text uses, by id; none while it is not readable."""
    try:
        definition = wdl.read(json.loads(text))
    except (ValueError, RecursionError):
        return {}
    used = {
        operation_id(one.type, one.kind, one.inputs, trigger=True) for one in definition.triggers.values()
    }
    used |= {operation_id(one.type, one.kind, one.inputs) for one in definition.every_action()}
    return {found: _entries()[found.lower()] for found in sorted(one for one in used if one is not None)}


def list_values(
    tenant_id: UUID | str,
    connector: str,
    operation: str,
    *,
    field: str,
    connection: str | None = None,
    inputs: Mapping[str, Json] | None = None,
) -> list[Entry]:
    """The choices for a field, as `{"value", "title"}`. ConnectorError when they cannot be had.

    Does I/O: call it outside any transaction and event loop.
    """
    found, values = _lister(connector, operation, field, "values")
    pairs = asyncio.run(_listed(str(tenant_id), found, values, connection, dict(inputs or {})))
    return [{"value": value, "title": title} for value, title in pairs]


def list_branches(
    tenant_id: UUID | str,
    connector: str,
    operation: str,
    *,
    field: str,
    connection: str | None = None,
    folder: str = "",
    search: str = "",
) -> tuple[list[Entry], bool]:
    """What a folder of a field's tree holds, as `{"value", "title", "isParent"}`, and whether there is more.

    With `search` whatever has such a name. Raises and does I/O like `list_values`.
    """
    found, values = _lister(connector, operation, field, "tree")
    wanted: dict[str, Json] = {"folder": folder, "search": search}
    rows = asyncio.run(_listed(str(tenant_id), found, values, connection, wanted))
    shown = [{"value": value, "title": title, "isParent": parent} for value, title, parent in rows]
    return shown[:BRANCHES_LIMIT], len(shown) > BRANCHES_LIMIT


def _lister(
    connector: str, operation: str, field: str, kind: Literal["values", "tree"]
) -> tuple[Connector, Operation]:
    """The operation that lists what a field offers."""
    found = registry.find_operation(connector, operation)
    member = found and next((m for m in found[1].inputs.members() if m.name.lower() == field.lower()), None)
    name = (member.info.tree if kind == "tree" else member.info.values) if member else None
    lister = found[0].operation(name) if found and name else None
    if found is None or lister is None:
        raise ConnectorError(f"The field '{field}' of '{operation}' offers no choices.", code="NotFound")
    return found[0], lister


async def _listed(
    tenant_id: str, connector: Connector, values: Operation, connection: str | None, inputs: dict[str, Json]
) -> list[Any]:
    # Needs a database; the rest of the catalogue serves commands that have none.
    from connectors.services import DatabaseConnections, tenant_folder

    form = None
    if connector.connection is not None:
        if not connection:
            raise ConnectorError("Choose a connection first.", code="ConnectionNotFound")
        parameters = await DatabaseConnections().parameters(tenant_id, connection, connector)
        form = connector.connection.parse(parameters)
    network = Egress(allow_private=private_addresses_allowed(tenant_id))
    context: Context[Any] = Context(form, network, tenant_folder(tenant_id))
    try:
        async with asyncio.timeout(VALUES_TIMEOUT):
            request = values.inputs.parse(inputs)
            if values.is_async:
                return list(await values(context, request))
            return list(await asyncio.to_thread(values, context, request))
    except TimeoutError as error:
        raise ConnectorError("The choices did not arrive in time.", code="GatewayTimeout") from error
    finally:
        await network.close()


def check(definition: wdl.Definition, connections: Mapping[str, str] | None = None) -> list[Finding]:
    """Findings about the ServiceProvider actions and the triggers of a definition.

    `connections` gives the tenant's connections, lower-case name → connector id; None checks none of them.
    """
    used: list[tuple[wdl.Action | wdl.Trigger, str]] = [
        *((trigger, "trigger") for trigger in definition.triggers.values()),
        *((action, "action") for action in definition.every_action()),
    ]
    found = [
        finding
        for one, kind in used
        if one.type == "ServiceProvider" and isinstance(one.inputs, dict)
        for finding in _check_use(one, kind, connections)
    ]
    return found + [_not_fired(one) for one in definition.triggers.values() if one.type in _MANAGED]


_MANAGED = frozenset(name for name in wdl.TRIGGER_TYPES if "ApiConnection" in name)


def _not_fired(trigger: wdl.Trigger) -> Finding:
    message = (
        f"Nothing here fires the trigger '{trigger.name}': its managed connector has no counterpart. It is "
        "kept as it is. To run the workflow, replace it by a trigger of the catalogue, or start it by hand."
    )
    return Finding("warning", "OperationNotAvailable", trigger.pointer, message)


def _check_use(
    action: wdl.Action | wdl.Trigger, kind: str, connections: Mapping[str, str] | None
) -> Iterable[Finding]:
    configuration = action.inputs.get("serviceProviderConfiguration")
    configuration = configuration if isinstance(configuration, dict) else {}
    place = f"{action.pointer}/inputs/serviceProviderConfiguration"
    provider = str(configuration.get("serviceProviderId") or "")
    connector = registry.find(provider)
    operation = connector.operation(str(configuration.get("operationId") or "")) if connector else None
    if connector is None or operation is None or operation.kind != kind:
        stand_in = _stand_in(action) if kind == "action" else None
        if stand_in is not None:
            # Its fields have their own names, which only the executor's table knows.
            yield from _check_connection(
                action, stand_in, configuration.get("connectionName"), place, connections
            )
            return
        what = f"{provider.rpartition('/')[2]}/{configuration.get('operationId') or ''}"
        lost = "the trigger will not fire" if kind == "trigger" else "the action will fail"
        message = f"The {kind} '{what}' of '{action.name}' is not installed here; {lost}."
        yield Finding("warning", "OperationNotAvailable", place, message)
        return
    if kind == "trigger" and not getattr(action, "recurrence", None):
        message = f"The trigger '{action.name}' needs a 'recurrence' that says how often it looks."
        yield Finding("error", "InvalidWorkflowTriggerRecurrence", action.pointer, message)
    if connector.connection is not None and operation.needs_connection:
        yield from _check_connection(
            action, connector, configuration.get("connectionName"), place, connections
        )
    parameters = action.inputs.get("parameters")
    parameters = {} if parameters is None else parameters
    for fault in operation.inputs.faults(parameters):
        if not _is_computed(parameters, fault.pointer):
            message = f"'{action.name}': {fault.message}"
            yield Finding(
                "error", "InvalidInputs", f"{action.pointer}/inputs/parameters{fault.pointer}", message
            )


def _stand_in(action: wdl.Action | wdl.Trigger) -> Connector | None:
    """The connector here that does the work of one of Azure's, under a connection of its own by that name."""
    try:
        return find_target(action.type, action.inputs, "action").connector
    except ConnectorError:
        return None


def _check_connection(
    action: wdl.Action | wdl.Trigger,
    connector: Connector,
    name: Json,
    place: str,
    connections: Mapping[str, str] | None,
) -> Iterable[Finding]:
    if not name:
        message = f"'{action.name}' names no connection. Choose a connection to {connector.title} for it."
        yield Finding("error", "ConnectionMissing", place, message)
    elif connections is not None and connections.get(str(name).lower(), "").lower() != connector.id.lower():
        message = f"There is no {connector.title} connection '{name}'. Create it, or choose another."
        yield Finding("error", "ConnectionNotFound", f"{place}/connectionName", message)


def _is_computed(value: Json, pointer: str) -> bool:
    """Whether the value at the pointer, or one around it, is an expression: then only the run can tell."""
    current = value
    for step in pointer.split("/")[1:]:
        if isinstance(current, str):
            break
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(current, dict):
            current = next((member for key, member in current.items() if key.lower() == name.lower()), None)
        elif isinstance(current, list) and name.isdecimal() and int(name) < len(current):
            current = current[int(name)]
        else:
            return False
    return isinstance(current, str) and (current.startswith("@") or "@{" in current) and current[:2] != "@@"


_LONG_ONLY = ("inputs", "outputs", "template", "connection", "settings")


def _short(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if name not in _LONG_ONLY}


@cache
def _entries() -> dict[str, Entry]:
    """Every manifest by lower-case id. Built once: the registry does not change while a process lives."""
    entries = [_engine_entry(one, trigger=True) for one in TRIGGERS]
    entries += [_engine_entry(one, trigger=False) for one in OPERATIONS]
    for connector in registry.installed().values():
        entries += [_connector_entry(connector, one) for one in connector.operations if one.kind != "values"]
    return {entry["id"].lower(): entry for entry in entries}


def _engine_entry(operation: EngineOperation, *, trigger: bool) -> Entry:
    title, color = _GROUPS[operation.category]
    outside = operation.type in ("Http", "HttpWebhook", "Workflow")
    return {
        "id": f"{operation.category}/{operation.id}",
        "connector": operation.category,
        "connectorTitle": title,
        "title": operation.title,
        "description": operation.description,
        "kind": "trigger" if trigger else "control" if operation.category == "control" else "action",
        "wdlType": operation.type,
        "category": _CATEGORIES.get(operation.category, title),
        "icon": icon(operation.icon),
        "color": color,
        "keywords": list(operation.keywords),
        "needsConnection": False,
        "inputs": operation.inputs or {"type": "object", "properties": {}},
        "outputs": operation.outputs,
        "template": operation.text,
        "connection": None,
        "settings": list(_settings(operation.type, trigger, _RETRIED if outside else _PLAIN)),
    }


def _settings(wdl_type: str, trigger: bool, of_action: tuple[str, ...]) -> tuple[str, ...]:
    return SETTINGS.get(wdl_type, POLLED_SETTINGS) if trigger else of_action


def _connector_entry(connector: Connector, operation: Operation) -> Entry:
    needs = connector.connection is not None and operation.needs_connection
    is_http = connector.id == "http" and operation.id == "sendRequest"
    is_code = connector.id == "javascript"
    native = native_of(connector.id, operation.id)
    wdl_type = "Http" if is_http else "JavaScriptCode" if is_code else "ServiceProvider"
    wdl_type = native.type if native else wdl_type
    root = "inputs" if is_http or is_code or native else "inputs.parameters"
    return {
        "id": f"{connector.id}/{operation.id}",
        "connector": connector.id,
        "connectorTitle": connector.title,
        "title": operation.title,
        "description": operation.description,
        "kind": operation.kind,
        "wdlType": wdl_type,
        "category": operation.category or connector.category,
        "icon": connector.icon_text().strip(),
        "color": connector.color,
        "keywords": [*operation.keywords, *connector.keywords],
        "needsConnection": needs,
        "inputs": _with_paths(operation, root, native),
        "outputs": operation.outputs_schema(),
        "template": json.dumps(
            _template(connector, operation, wdl_type, native), indent=2, ensure_ascii=False
        ),
        "connection": {"connector": connector.id, "title": connector.title} if needs else None,
        "settings": list(POLLED_SETTINGS)
        if operation.kind == "trigger"
        else [*_RETRIED, *(_HTTP_OPTIONS if is_http else ())],
    }


def _with_paths(operation: Operation, root: str, native: Native | None) -> Entry:
    schema = operation.inputs.schema()
    artifact = native.artifact if native else ""
    properties = {
        name: {**member, "x-path": f"{root}.{name}" + (".name" if name == artifact else "")}
        for name, member in schema["properties"].items()
    }
    if operation.kind == "trigger":
        properties |= POLLING
    return {**schema, "properties": properties}


def _template(connector: Connector, operation: Operation, wdl_type: str, native: Native | None) -> Entry:
    """The member to insert: required inputs empty, so that the canvas shows what is to be filled in."""
    if wdl_type == "Http":
        return {"type": "Http", "inputs": {"method": "GET", "uri": ""}, "runAfter": {}}
    if wdl_type == "JavaScriptCode":
        code = "return workflowContext.trigger.outputs.body;"
        return {"type": "JavaScriptCode", "inputs": {"code": code}, "runAfter": {}}
    parameters: Entry = {member.name: "" for member in operation.inputs.members() if member.required}
    if native is not None:
        if native.artifact:
            parameters[native.artifact] = {"source": "LogicApp", "name": ""}
        kind = {"kind": native.kind} if native.kind else {}
        return {"type": native.type, **kind, "inputs": parameters, "runAfter": {}}
    configuration = {
        "connectionName": "",
        "operationId": operation.id,
        "serviceProviderId": f"/serviceProviders/{connector.id}",
    }
    inputs = {"parameters": parameters, "serviceProviderConfiguration": configuration}
    if operation.kind == "trigger":
        return {"type": "ServiceProvider", "inputs": inputs, "recurrence": EVERY}
    return {"type": "ServiceProvider", "inputs": inputs, "runAfter": {}}
