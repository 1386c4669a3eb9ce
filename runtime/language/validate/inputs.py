"""Actions: known types, required members, and literals of the right kind (reference 6 and 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from runtime.language.definition import ACTION_TYPES, Action
from runtime.language.validate.expectations import (
    Shape,
    an_array,
    an_object,
    anything,
    duration,
    integer,
    lasting,
    non_empty_text,
    one_of,
    open_ended,
    seconds_of,
    text,
)
from runtime.language.validate.problems import Problems, below
from runtime.language.validate.structure import Outline
from runtime.language.values import Json

# Types of the service beyond the reference: kept and shown, but nothing here runs them.
_FOREIGN: Final = frozenset(
    [
        "apiapp",
        "binding",
        "condition",
        "parsedocumentwithmetadata",
        "chunktextwithmetadata",
        "rosettanetdecode",
        "rosettanetencode",
        "rosettanetwaitforresponse",
        "x12decode",
        "x12encode",
        "x12batchencode",
        "edifactdecode",
        "edifactencode",
        "edifactbatchencode",
        "swiftmtdecode",
        "swiftmtencode",
        "swiftencode",
        "swiftdecode",
        "hl7decode",
        "hl7encode",
        "as2encode",
        "as2decode",
        "mcpclienttool",
        "nestedagent",
        "connector",
        "integrationaccountlookup",
        "rulesexecute",
        "apimanagementoperation",
        "sendtobatch",
        "callworkflow",
        "startrobot",
        "datamapper",
        "xmltransform",
    ]
)
_VERBS: Final = one_of("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
_UNITS: Final = one_of("Second", "Minute", "Hour", "Day", "Week", "Month", "Year")
_UNITS_OF_WAIT: Final = one_of("Second", "Minute", "Hour", "Day", "Week", "Month")
_VARIABLE_TYPES: Final = one_of("string", "integer", "float", "boolean", "array", "object")


def _status_code(value: Json) -> str | None:
    wrong = integer(200, 599)(value)
    if wrong is None and 300 <= int(str(value).split(".")[0]) < 400:
        return f"must be 2xx, 4xx or 5xx, not {value}"
    return wrong


def _http(shape: Shape) -> None:
    shape.requires("method", _VERBS)
    shape.requires("uri", non_empty_text)
    shape.allows("headers", an_object)
    shape.allows("queries", an_object)
    _authentication(shape)
    check_retry(shape)


_CREDENTIALS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "basic": ("username", "password"),
    "clientcertificate": ("pfx",),
    "activedirectoryoauth": ("tenant", "audience", "clientId"),
    "raw": ("value",),
    "managedserviceidentity": (),
}


def _authentication(shape: Shape) -> None:
    """Kinds and their members (reference 6.2)."""
    authentication = shape.inner("authentication")
    if not authentication.value:
        return
    kinds = ("None", "Basic", "ClientCertificate", "ActiveDirectoryOAuth", "Raw", "ManagedServiceIdentity")
    authentication.requires("type", one_of(*kinds))
    kind = authentication.value.get("type") if isinstance(authentication.value, dict) else None
    for name in _CREDENTIALS.get(kind.lower(), ()) if isinstance(kind, str) else ():
        authentication.requires(name)


_WAITS: Final = ("interval", "minimumInterval", "maximumInterval")


def check_retry(shape: Shape) -> None:
    """The members of a retry policy and their limits (reference 8.1, 13). The engine keeps to the limits."""
    policy = shape.inner("retryPolicy")
    policy.allows("type", one_of("default", "none", "fixed", "exponential"))
    policy.allows("count", integer(0, 90))
    for name in _WAITS:
        policy.allows(name, duration)
    given = policy.value
    if not isinstance(given, dict):
        return
    kind = str(given.get("type", "default")).lower()
    if kind not in ("fixed", "exponential"):
        return
    policy.advises("count", _some_retries)
    for name in _WAITS:
        policy.advises(name, lasting("PT5S", "P1D"), " The nearer of the two is taken.")
    shortest, longest = (seconds_of(given.get(name)) for name in _WAITS[1:])
    if shortest is not None and longest is not None and shortest > longest:
        policy.advises("minimumInterval", lambda value: f"is longer than 'maximumInterval', {value}")
    if kind == "fixed":
        for name in _WAITS[1:]:
            policy.advises(name, lambda _: "means nothing for a fixed policy, whose waits are all the same")


def _some_retries(value: Json) -> str | None:
    return (
        "should be 1 at least; a policy of type none says that nothing is tried again" if value == 0 else None
    )


def _webhook(shape: Shape) -> None:
    shape.requires("subscribe", an_object)
    subscribe = shape.inner("subscribe")
    subscribe.requires("method", _VERBS)
    subscribe.requires("uri", non_empty_text)
    check_retry(subscribe)
    check_retry(shape.inner("unsubscribe"))


def _connection(shape: Shape) -> None:
    shape.requires("host", an_object)
    check_retry(shape)


def _function(shape: Shape) -> None:
    shape.requires("function", an_object)
    check_retry(shape)


def _workflow(shape: Shape) -> None:
    shape.requires("host", an_object)
    host = shape.inner("host")
    if (
        isinstance(host.value, dict) and "workflowReferenceName" not in host.value
    ):  # as Power Automate writes it
        host.requires("workflow", an_object)
    check_retry(shape)


def _service_provider(shape: Shape) -> None:
    shape.requires("serviceProviderConfiguration", an_object)
    provider = shape.inner("serviceProviderConfiguration")
    for name in ("operationId", "serviceProviderId"):
        provider.requires(name, text)
    check_retry(shape)


def _response(shape: Shape) -> None:
    shape.allows("statusCode", _status_code)
    shape.allows("headers", an_object)


def _parse_json(shape: Shape) -> None:
    shape.requires("content")
    shape.requires("schema", an_object)
    schema = shape.value.get("schema") if isinstance(shape.value, dict) else None
    for path in _patterns(schema):
        shape.problems.warning(
            "ActionSchemaNotSupported",
            below(shape.pointer, "schema", *path),
            f"The schema of {shape.what} uses '{path[-1]}', which Logic Apps refuses when the action runs.",
        )


def _patterns(schema: Json) -> list[tuple[str | int, ...]]:
    """Where a schema has `pattern` or `patternProperties` as keywords, not as names (reference 6.10)."""
    found: list[tuple[str | int, ...]] = []
    waiting: list[tuple[Json, tuple[str | int, ...]]] = [(schema, ())]
    while waiting:
        one, path = waiting.pop()
        if isinstance(one, list):
            waiting.extend((item, (*path, index)) for index, item in enumerate(one))
        elif isinstance(one, dict):
            names = bool(path) and path[-1] in ("properties", "definitions")
            for name, inner in one.items():
                if name in ("pattern", "patternProperties") and not names:
                    found.append((*path, name))
                elif names or name not in ("enum", "const", "default", "example"):
                    waiting.append((inner, (*path, name)))
    return found


def _query(shape: Shape) -> None:
    shape.requires("from", an_array)
    shape.requires("where")


def _select(shape: Shape) -> None:
    shape.requires("from", an_array)
    shape.requires("select")


def _join(shape: Shape) -> None:
    shape.requires("from", an_array)
    shape.requires("joinWith", text)


def _table(shape: Shape) -> None:
    shape.requires("from", an_array)
    shape.requires("format", one_of("CSV", "HTML"))
    shape.allows("columns", an_array)


def _wait(shape: Shape) -> None:
    if isinstance(shape.value, dict) and not {"interval", "until"} & shape.value.keys():
        shape.problems.error(shape.missing_code, shape.pointer, f"{shape.what} needs 'interval' or 'until'.")
    interval = shape.inner("interval")
    interval.requires("count", integer(0, 2**31))
    interval.requires("unit", _UNITS_OF_WAIT)
    shape.inner("until").requires("timestamp", non_empty_text)


def _terminate(shape: Shape) -> None:
    shape.allows("runStatus", one_of("Failed", "Cancelled", "Succeeded"))
    shape.allows("runError", an_object)


def _initialize(shape: Shape) -> None:
    shape.requires("variables", an_array)
    variables = shape.value.get("variables") if isinstance(shape.value, dict) else None
    for index, variable in enumerate(variables if isinstance(variables, list) else []):
        place = below(shape.pointer, "variables", index)
        one = Shape(shape.problems, place, shape.what, variable, shape.missing_code, shape.wrong_code)
        one.requires("name", non_empty_text)
        one.requires("type", _VARIABLE_TYPES)
        if isinstance(variable, dict):
            one.allows("value", _of_variable(variable.get("type")))


def _of_variable(kind: Json) -> Callable[[Json], str | None]:
    """The check of a literal for a variable of some type (reference 6.15): integers fit floats, null some "
    "kinds."""
    wanted = kind.lower() if isinstance(kind, str) else ""

    def check(value: Json) -> str | None:
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        fits = {
            "string": isinstance(value, str),
            "integer": numeric and isinstance(value, int),
            "float": numeric,
            "boolean": isinstance(value, bool),
            "array": isinstance(value, list),
            "object": isinstance(value, dict),
        }.get(wanted, True)
        return None if fits else f"does not fit a variable of type {wanted}"

    return check


def _variable(shape: Shape) -> None:
    shape.requires("name", non_empty_text)


def _variable_and_value(shape: Shape) -> None:
    shape.requires("name", non_empty_text)
    shape.requires("value")


def _expression_kind(shape: Shape) -> None:
    shape.allows("timeUnit", _UNITS)


_MOVED: Final = ("baseTime", "interval", "timeUnit")
_OF_EXPRESSIONS: Final[dict[str, tuple[str, ...]]] = {
    "AddToTime": _MOVED,
    "SubtractFromTime": _MOVED,
    "ConvertTimeZone": ("baseTime", "sourceTimeZone", "destinationTimeZone"),
    "CurrentTime": (),
    "GetFutureTime": _MOVED[1:],
    "GetPastTime": _MOVED[1:],
}


def _check_expression(action: Action, problems: Problems) -> None:
    """The kind of a date-time action, and what it needs (reference 6.18)."""
    kinds = {name.lower(): name for name in _OF_EXPRESSIONS}
    kind = kinds.get(action.kind.lower())
    whole = _whole(action, problems)
    if kind is None:
        whole.requires("kind", one_of(*_OF_EXPRESSIONS))
    elif not open_ended(action.inputs):
        inputs = whole.inner("inputs")
        inputs.missing_code = "WorkflowRunActionInputsMissingProperty"
        for name in _OF_EXPRESSIONS[kind]:
            inputs.requires(name)


def _content(shape: Shape) -> None:
    shape.requires("content")


def _api_management(shape: Shape) -> None:
    if isinstance(shape.value, dict) and "apiManagement" not in shape.value:  # as Standard writes it
        shape.requires("api", an_object)
    shape.allows("apiManagement", an_object)
    shape.requires("method", _VERBS)
    check_retry(shape)


def _local_function(shape: Shape) -> None:
    shape.requires("functionName", non_empty_text)


def _artifact(shape: Shape) -> None:
    shape.requires("artifactType", non_empty_text)
    shape.requires("artifactName", non_empty_text)


def _send_to_batch(shape: Shape) -> None:
    shape.requires("batchName", non_empty_text)
    shape.requires("content")


def _script(shape: Shape) -> None:
    shape.requires("code", text)


_INPUTS: Final[dict[str, Callable[[Shape], None]]] = {
    "Http": _http,
    "HttpWebhook": _webhook,
    "ApiConnection": _connection,
    "ApiConnectionWebhook": _connection,
    "OpenApiConnection": _connection,
    "OpenApiConnectionWebhook": _connection,
    "Function": _function,
    "Workflow": _workflow,
    "ServiceProvider": _service_provider,
    "Response": _response,
    "ParseJson": _parse_json,
    "Query": _query,
    "Select": _select,
    "Join": _join,
    "Table": _table,
    "Wait": _wait,
    "Terminate": _terminate,
    "InitializeVariable": _initialize,
    "SetVariable": _variable_and_value,
    "AppendToArrayVariable": _variable_and_value,
    "AppendToStringVariable": _variable_and_value,
    "IncrementVariable": _variable,
    "DecrementVariable": _variable,
    "Expression": _expression_kind,
    "SendToBatch": _send_to_batch,
    "JavaScriptCode": _script,
    "ApiManagement": _api_management,
    "InvokeFunction": _local_function,
    "IntegrationAccountArtifactLookup": _artifact,
    "Liquid": _content,
    "Xslt": _content,
    "XmlValidation": _content,
    "XmlParse": _content,
    "XmlCompose": _content,
    "FlatFileDecoding": _content,
    "FlatFileEncoding": _content,
}
_INPUTS_OPTIONAL: Final = frozenset({"Response", "Terminate", "Expression"})


def check_actions(outline: Outline, problems: Problems) -> None:
    for sibling in outline.every():
        action = sibling.action
        _check_type(action, problems)
        if action.is_container:
            _check_container(action, problems)
        else:
            _check_inputs(action, problems)
        if action.type == "Expression":
            _check_expression(action, problems)
        _whole(action, problems).allows("trackedProperties", an_object)


def _check_type(action: Action, problems: Problems) -> None:
    kind = action.raw.get("type")
    if not isinstance(kind, str) or not kind:
        problems.error(
            "WorkflowRunActionTypeUnsupported",
            action.pointer,
            f"'{action.name}' has no type: write what it does.",
        )
    elif action.type not in ACTION_TYPES:
        place = below(action.pointer, "type")
        if kind.lower() in _FOREIGN:
            problems.warning(
                "WorkflowRunActionTypeUnsupported",
                place,
                f"Nothing here runs actions of type '{kind}': '{action.name}' is kept, but fails when it is "
                "reached.",
            )
        else:
            problems.error(
                "WorkflowRunActionTypeUnsupported",
                place,
                f"There is no action type '{kind}' ('{action.name}').",
            )


def _check_inputs(action: Action, problems: Problems) -> None:
    check = _INPUTS.get(action.type)
    if check is None or open_ended(action.inputs):
        return
    pointer = below(action.pointer, "inputs")
    if action.inputs is None:
        if action.type not in _INPUTS_OPTIONAL:
            problems.error(
                "WorkflowRunActionInputsMissingProperty", action.pointer, f"'{action.name}' has no 'inputs'."
            )
        return
    if not isinstance(action.inputs, dict):
        problems.error(
            "WorkflowRunActionInputsInvalidProperty",
            pointer,
            f"The inputs of '{action.name}' must be an object, as its type is {action.type}.",
        )
        return
    check(
        Shape(
            problems,
            pointer,
            f"'{action.name}'",
            action.inputs,
            "WorkflowRunActionInputsMissingProperty",
            "WorkflowRunActionInputsInvalidProperty",
        )
    )


def _whole(action: Action, problems: Problems) -> Shape:
    return Shape(
        problems,
        action.pointer,
        f"'{action.name}'",
        dict(action.raw),
        "PropertyNotSpecified",
        "WorkflowRunActionInputsInvalidProperty",
    )


def _check_container(action: Action, problems: Problems) -> None:
    shape = _whole(action, problems)
    if action.type == "Foreach":
        shape.requires("foreach", an_array)
    elif action.type in ("If", "Until"):
        shape.requires("expression", _condition)
    elif action.type == "Switch":
        shape.requires("expression", anything)
        shape.allows("cases", an_object)
        shape.allows("default", an_object)
        _check_cases(action, problems)
    if action.type != "Switch":
        shape.allows("actions", an_object)
    shape.allows("else", an_object)
    _check_branches(action, problems)


def _condition(value: Json) -> str | None:
    """A literal condition is a boolean text at best (reference 7.2)."""
    if isinstance(value, dict | list | bool) or (
        isinstance(value, str) and value.strip().lower() in ("true", "false")
    ):
        return None
    return "must be an expression that gives true or false"


def _check_branches(action: Action, problems: Problems) -> None:
    for branch in action.branches:
        parent: Json = dict(action.raw)
        for token in branch.pointer[len(action.pointer) :].split("/")[1:-1]:
            name = token.replace("~1", "/").replace("~0", "~")
            parent = parent.get(name) if isinstance(parent, dict) else None
        inner = parent.get("actions") if isinstance(parent, dict) else None
        for name, item in inner.items() if isinstance(inner, dict) else ():
            if not isinstance(item, dict):
                problems.error(
                    "InvalidTemplate", below(branch.pointer, name), f"The action '{name}' must be an object."
                )


def _check_cases(action: Action, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for branch in action.branches:
        if not branch.is_case:
            continue
        place = branch.pointer.removesuffix("/actions")
        if branch.case is None:
            problems.error(
                "PropertyNotSpecified", place, f"The case '{branch.key}' of '{action.name}' has no 'case'."
            )
            continue
        if isinstance(branch.case, bool) or not isinstance(branch.case, str | int):
            problems.error(
                "WorkflowRunActionInputsInvalidProperty",
                below(place, "case"),
                f"The case '{branch.key}' of '{action.name}' must compare with a text or an integer.",
            )
        key = repr(branch.case)
        if key in seen:
            problems.error(
                "WorkflowRunActionInputsInvalidProperty",
                below(place, "case"),
                f"The cases '{seen[key]}' and '{branch.key}' of '{action.name}' compare with the same value.",
            )
        seen.setdefault(key, branch.key)
