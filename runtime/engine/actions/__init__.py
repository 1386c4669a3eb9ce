"""The engine's own actions. A type is run by one class; an operation of the catalogue is one manifest."""

from __future__ import annotations

from runtime.engine.actions import (
    arrays,
    compose,
    control,
    endings,
    loops,
    outside,
    parse_json,
    table,
    time,
    variables,
    workflows,
)
from runtime.engine.actions.contract import BehaviourClass, Unsupported
from runtime.engine.actions.manifest import EngineOperation

OPERATIONS: tuple[EngineOperation, ...] = (
    control.IF,
    control.SWITCH,
    loops.FOREACH,
    loops.UNTIL,
    control.SCOPE,
    endings.TERMINATE,
    variables.INITIALIZE,
    variables.SET,
    variables.INCREMENT,
    variables.DECREMENT,
    variables.APPEND_TEXT,
    variables.APPEND_ITEM,
    compose.OPERATION,
    parse_json.OPERATION,
    arrays.QUERY,
    arrays.SELECT,
    arrays.JOIN,
    table.CSV_TABLE,
    table.HTML_TABLE,
    time.DELAY,
    time.DELAY_UNTIL,
    *time.DATES,
    endings.RESPONSE,
    workflows.OPERATION,
    workflows.BATCH,
    outside.WEBHOOK,
)

_BEHAVIOURS: dict[str, BehaviourClass] = {
    "If": control.If,
    "Switch": control.Switch,
    "Scope": control.Scope,
    "Foreach": loops.Foreach,
    "Until": loops.Until,
    "Terminate": endings.Terminate,
    "Response": endings.Response,
    "InitializeVariable": variables.InitializeVariable,
    "SetVariable": variables.SetVariable,
    "IncrementVariable": variables.IncrementVariable,
    "DecrementVariable": variables.DecrementVariable,
    "AppendToStringVariable": variables.AppendToStringVariable,
    "AppendToArrayVariable": variables.AppendToArrayVariable,
    "Compose": compose.Compose,
    "ParseJson": parse_json.ParseJson,
    "Query": arrays.Query,
    "Select": arrays.Select,
    "Join": arrays.Join,
    "Table": table.Table,
    "Wait": time.Wait,
    "Expression": time.DateExpression,
    "Workflow": workflows.Workflow,
    "SendToBatch": workflows.SendToBatch,
    "HttpWebhook": outside.HttpWebhook,
    "ApiConnectionWebhook": outside.ConnectionWebhook,
    "OpenApiConnectionWebhook": outside.ConnectionWebhook,
    "JavaScriptCode": outside.Code,
    **dict.fromkeys(outside.EXECUTED, outside.Operation),
}


def behaviour_of(action_type: str) -> BehaviourClass:
    """The class that runs actions of this (canonical) type."""
    return _BEHAVIOURS.get(action_type, Unsupported)
