"""Functions that read the run: actions, trigger, variables, parameters, loops (reference 4.7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.collections import find_member
from runtime.language.expressions.functions.registry import failure, family, invalid_parameters, wrong_kind
from runtime.language.values import Json, Ref, kind_of

if TYPE_CHECKING:
    from runtime.language.template import Scope

function = family("workflow")


def member(parent: Json, name: str) -> Json:
    """The member of an object in any letter case; null when absent. A Ref raises Needed."""
    if type(parent) is dict:
        found = find_member(parent, name)
        return None if found is None else parent[found]
    if isinstance(parent, Ref):
        kind_of(parent)
    return None


def _name(function_name: str, value: Json) -> str:
    if type(value) is not str:
        kind_of(value)
        raise invalid_parameters(function_name)
    return value


def _missing(what: str) -> ExpressionError:
    return ExpressionError("InvalidTemplate", f"Template language expression cannot be evaluated: {what}")


def _action_missing(name: str) -> ExpressionError:
    return _missing(f"the template action '{name}' is not defined at current scope.")


@function(
    "parameters(parameterName: string)",
    "any",
    "The value of a workflow parameter.",
    "must have only one parameter.",
    form="scoped",
)
def parameters(scope: Scope, name: Json) -> Json:
    try:
        return scope.parameter(_name("parameters", name))
    except KeyError:
        raise ExpressionError("InvalidTemplate", f"The workflow parameter '{name}' is not found.") from None


@function(
    "variables(variableName: string)",
    "any",
    "The current value of a variable.",
    "must have only one parameter.",
    form="scoped",
)
def variables(scope: Scope, name: Json) -> Json:
    try:
        return scope.variable(_name("variables", name))
    except KeyError:
        raise _missing(f"the template variable '{name}' cannot be found.") from None


def action_record(scope: Scope, function_name: str, name: Json) -> dict[str, Json]:
    """The record of an action (reference 4.7.1). Raises ExpressionError when there is none."""
    try:
        return scope.action(_name(function_name, name))
    except KeyError:
        raise _action_missing(name) from None


def action_outputs(scope: Scope, function_name: str, name: Json) -> Json:
    """The outputs of an action, null when it has none."""
    try:
        return scope.action_outputs(_name(function_name, name))
    except KeyError:
        raise _action_missing(name) from None


@function(
    "actions(actionName: string)",
    "object",
    "The record of an action: status, inputs, outputs, times, error.",
    "must have only one parameter.",
    form="scoped",
)
def actions(scope: Scope, name: Json) -> dict[str, Json]:
    return action_record(scope, "actions", name)


@function(
    "outputs(actionName: string)",
    "any",
    "The outputs of an action; null when it has none.",
    "must have only one parameter.",
    form="scoped",
)
def outputs(scope: Scope, name: Json) -> Json:
    return action_outputs(scope, "outputs", name)


@function(
    "body(actionName: string)",
    "any",
    "The body in an action's outputs; null when there is none.",
    "must have only one parameter.",
    form="scoped",
)
def body(scope: Scope, name: Json) -> Json:
    return member(action_outputs(scope, "body", name), "body")


@function(
    "actionOutputs(actionName: string)",
    "any",
    "The same as outputs.",
    "one parameter: the name of the action",
    form="scoped",
)
def action_outputs_alias(scope: Scope, name: Json) -> Json:
    return action_outputs(scope, "actionOutputs", name)


@function(
    "actionBody(actionName: string)",
    "any",
    "The same as body.",
    "one parameter: the name of the action",
    form="scoped",
)
def action_body(scope: Scope, name: Json) -> Json:
    return member(action_outputs(scope, "actionBody", name), "body")


@function(
    "action()",
    "object",
    "The record of the action itself: in unsubscribe, tracked properties, Until conditions.",
    "no parameters",
    form="scoped",
    place="ACTION",
)
def action(scope: Scope) -> dict[str, Json]:
    return scope.current_action()


@function("trigger()", "object", "The record of the trigger.", "must not have any parameters.", form="scoped")
def trigger(scope: Scope) -> dict[str, Json]:
    return scope.trigger()


@function(
    "triggers()",
    "object",
    "The record of the trigger, in trigger conditions.",
    "no parameters",
    form="scoped",
    place="TRIGGERS",
)
def triggers(scope: Scope) -> dict[str, Json]:
    return scope.trigger()


@function(
    "triggerOutputs()", "any", "The outputs of the trigger.", "must not have any parameters.", form="scoped"
)
def trigger_outputs(scope: Scope) -> Json:
    return scope.trigger_outputs()


@function(
    "triggerBody()",
    "any",
    "The body in the trigger's outputs.",
    "must not have any parameters.",
    form="scoped",
)
def trigger_body(scope: Scope) -> Json:
    return member(scope.trigger_outputs(), "body")


@function(
    "item()",
    "any",
    "The current item of the nearest loop, or of Select, Query and Table.",
    "must not have any parameters.",
    form="scoped",
    place="ITEM",
)
def item(scope: Scope) -> Json:
    return scope.item()


@function(
    "items(loopName: string)",
    "any",
    "The current item of a For each loop.",
    "must have only one parameter.",
    form="scoped",
)
def items(scope: Scope, loop: Json) -> Json:
    try:
        return scope.items(_name("items", loop))
    except KeyError:
        raise _missing(f"the template action '{loop}' is not a For each loop around this place.") from None


@function(
    "iterationIndexes(loopName: string)",
    "integer",
    "The number of the current turn of an Until loop, from 0.",
    "must have only one parameter.",
    form="scoped",
)
def iteration_indexes(scope: Scope, loop: Json) -> int:
    try:
        return scope.iteration_index(_name("iterationIndexes", loop))
    except KeyError:
        raise _missing(f"the template action '{loop}' is not a loop around this place.") from None


@function(
    "result(scopedActionName: string)",
    "array",
    "The records of the actions directly inside a scope or loop.",
    "must have only one parameter.",
    form="scoped",
)
def result(scope: Scope, name: Json) -> list[Json]:
    try:
        return scope.result(_name("result", name))
    except KeyError:
        raise _action_missing(name) from None


@function(
    "workflow()",
    "object",
    "The workflow and the run: name, id, location, tags, run.",
    "must not have any parameters.",
    form="scoped",
)
def workflow(scope: Scope) -> dict[str, Json]:
    return scope.workflow()


@function(
    "listCallbackUrl()",
    "string",
    "The callback URL, in the subscribe call of a webhook.",
    "no parameters",
    form="scoped",
    place="CALLBACK",
)
def list_callback_url(scope: Scope) -> str:
    return scope.callback_url()


@function(
    "appsetting(name: string)",
    "string",
    "An application setting, in parameters and connections of projects.",
    "must have only one parameter.",
    form="scoped",
    place="SETTINGS",
)
def appsetting(scope: Scope, name: Json) -> Json:
    try:
        return scope.app_setting(_name("appsetting", name))
    except KeyError:
        return None


@function(
    "agentParameters(parameterName: string)",
    "any",
    "A parameter of an agent's tool.",
    "one parameter: the name of the parameter",
    form="scoped",
    place="AGENT",
)
def agent_parameters(scope: Scope, name: Json) -> Json:
    raise _missing(f"the agent parameter '{_name('agentParameters', name)}' cannot be found.")


@function(
    "secrets(name: string)",
    "any",
    "A secret; this server has none to give to expressions.",
    "must have only one parameter.",
    form="scoped",
)
def secrets(scope: Scope, name: Json) -> Json:
    raise _missing(f"the secret '{_name('secrets', name)}' cannot be found.")


def _form_failure(function_name: str, reason: str) -> ExpressionError:
    return failure(function_name, f"failed to retrieve formdata contents from outputs. {reason}")


_DISPOSITION = re.compile(r";\s*name\s*=\s*(?:\"([^\"]*)\"|([^;\s]+))", re.IGNORECASE)


def _fields(function_name: str, outputs: Json) -> list[tuple[str, Json]]:
    """The fields of a form in outputs, whichever way it was sent."""
    content = member(outputs, "body")
    fields = member(content, "$formdata")
    if type(fields) is list:
        return [(str(member(field, "key")), member(field, "value")) for field in fields]
    parts = member(content, "$multipart")
    if type(parts) is list:
        return [(_part_name(part), member(part, "body")) for part in parts]
    content_type = member(content, "$content-type")
    if type(content_type) is not str:
        content_type = member(member(outputs, "headers"), "Content-Type")
    raise _form_failure(
        function_name,
        "The output content is not a valid form data content. Supported form data content types are "
        "'multipart/form-data' and 'application/x-www-form-urlencoded' and the provided content type is "
        f"'{content_type or ''}'.",
    )


def _part_name(part: Json) -> str:
    disposition = member(member(part, "headers"), "Content-Disposition")
    match = _DISPOSITION.search(disposition) if type(disposition) is str else None
    return (match[1] or match[2] or "") if match else ""


def _field_values(function_name: str, outputs: Json, key: Json) -> list[Json]:
    if type(key) is not str:
        raise wrong_kind(function_name, "its key parameter to be of type string", key)
    return [value for name, value in _fields(function_name, outputs) if name.lower() == key.lower()]


def _one_field(function_name: str, outputs: Json, key: Json) -> Json:
    values = _field_values(function_name, outputs, key)
    if len(values) > 1:
        raise _form_failure(function_name, f"There are more than one items matching the field name '{key}'.")
    return values[0] if values else None


_FIELD = "two parameters: the name of the action as the first parameter and the key as the second parameter"


@function(
    "formDataValue(actionName: string, key: string)",
    "string",
    "The one value of a form field of an action.",
    _FIELD,
    form="scoped",
)
def form_data_value(scope: Scope, name: Json, key: Json) -> Json:
    return _one_field("formDataValue", action_outputs(scope, "formDataValue", name), key)


@function(
    "formDataMultiValues(actionName: string, key: string)",
    "array",
    "All values of a form field of an action.",
    _FIELD,
    form="scoped",
)
def form_data_multi_values(scope: Scope, name: Json, key: Json) -> list[Json]:
    return _field_values("formDataMultiValues", action_outputs(scope, "formDataMultiValues", name), key)


@function(
    "triggerFormDataValue(key: string)",
    "string",
    "The one value of a form field of the trigger.",
    "must have only one parameter.",
    form="scoped",
)
def trigger_form_data_value(scope: Scope, key: Json) -> Json:
    return _one_field("triggerFormDataValue", scope.trigger_outputs(), key)


@function(
    "triggerFormDataMultiValues(key: string)",
    "array",
    "All values of a form field of the trigger.",
    "must have only one parameter.",
    form="scoped",
)
def trigger_form_data_multi_values(scope: Scope, key: Json) -> list[Json]:
    return _field_values("triggerFormDataMultiValues", scope.trigger_outputs(), key)


def _part(function_name: str, outputs: Json, index: Json) -> Json:
    if type(index) is not int:
        raise wrong_kind(function_name, "its index parameter to be an integer", index)
    content = member(outputs, "body")
    parts = member(content, "$multipart")
    start = "failed to retrieve multipart contents from outputs."
    if type(parts) is not list:
        provided = (
            member(content, "$content-type") or member(member(outputs, "headers"), "Content-Type") or ""
        )
        raise failure(
            function_name,
            f"{start} The supported multipart content type is 'multipart/*' and the provided content type is "
            f"'{provided}'.",
        )
    if not 0 <= index < len(parts):
        raise failure(
            function_name,
            f"{start} The index value '{index}' exceeds the number of multipart contents '{len(parts)}' in "
            "the "
            "outputs.",
        )
    return member(parts[index], "body")


@function(
    "multipartBody(actionName: string, index: int)",
    "any",
    "The body of one part of an action's multipart output.",
    "two parameters: the name of the action as the first parameter, the index of the multipart "
    "content as the second parameter",
    form="scoped",
)
def multipart_body(scope: Scope, name: Json, index: Json) -> Json:
    return _part("multipartBody", action_outputs(scope, "multipartBody", name), index)


@function(
    "triggerMultipartBody(index: int)",
    "any",
    "The body of one part of the trigger's multipart output.",
    "must have only one parameter.",
    form="scoped",
)
def trigger_multipart_body(scope: Scope, index: Json) -> Json:
    return _part("triggerMultipartBody", scope.trigger_outputs(), index)
