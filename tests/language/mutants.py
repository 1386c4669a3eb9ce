"""Definitions of other people broken on purpose: one mutant for each way in which a rule can be broken."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from runtime.language.definition import Action, Definition, Trigger, read
from runtime.language.document import decode, pointer_of, tokens
from runtime.language.validate import Problem, validate

DEFINITIONS = Path(__file__).parents[3] / "shared" / "conformance" / "definitions"


class Broken:
    """A definition broken on purpose: the changed value and what has to be said about it.

    `follows` begins the other errors that are bound to come with it.
    """

    def __init__(
        self, value: Any, code: str, pointer: str, words: str, severity: str = "error", follows: str = "-"
    ) -> None:
        self.value = value
        self.code = code
        self.pointer = pointer
        self.words = words
        self.severity = severity
        self.follows = follows


class Subject:
    """A sound definition, with a way to change a copy of it."""

    def __init__(self, value: Any, kind: str, parameters: Any, connections: Any) -> None:
        self.value = value
        self.kind = kind
        self.parameters = parameters
        self.connections = connections
        self.read: Definition = read(value)

    def problems(self, value: Any) -> list[Problem]:
        known = {"parameters": self.parameters or None, "connections": self.connections or None}
        return validate(json.dumps(value), kind=self.kind, **known)

    def changed(self, pointer: str, change: Callable[[Any], Any]) -> Any:
        """A copy in which the value at a pointer is what `change` makes of it; None takes it away."""
        whole = copy.deepcopy(self.value)
        *path, last = tokens(pointer)
        parent: Any = whole
        for token in path:
            parent = parent[int(token)] if isinstance(parent, list) else parent[token]
        key: Any = int(last) if isinstance(parent, list) else last
        made = change(parent[key] if isinstance(parent, list) or key in parent else None)
        if made is None:
            del parent[key]
        else:
            parent[key] = made
        return whole

    def put(self, pointer: str, value: Any) -> Any:
        return self.changed(pointer, lambda _: value)

    def actions(self, *types: str) -> list[Action]:
        return [one for one in self.read.every_action() if not types or one.type in types]

    def triggers(self, *types: str) -> list[Trigger]:
        return [one for one in self.read.triggers.values() if not types or one.type in types]

    def plain_actions(self) -> list[Action]:
        """Those that others do not depend on, whatever their type."""
        return [one for one in self.actions() if not one.is_container and "Variable" not in one.type]

    def nested(self) -> list[Action]:
        return [one for one in self.read.every_action() if len(tokens(one.pointer)) > 2]


@cache
def subjects() -> list[Subject]:
    """The real definitions without errors of their own, in an order that mixes their sources."""
    found: list[Subject] = []
    files = sorted(DEFINITIONS.rglob("*.json"))
    random.Random(1).shuffle(files)
    for file in files[:500]:
        whole = json.loads(decode(file.read_bytes()).lstrip("\ufeff"))
        definition = whole.get("definition")
        if not isinstance(definition, dict) or not isinstance(definition.get("actions"), dict):
            continue
        one = Subject(definition, whole.get("kind") or "", whole.get("parameters"), whole.get("connections"))
        if 0 < len(one.actions()) < 80 and not any(p.severity == "error" for p in one.problems(definition)):
            found.append(one)
    return found


Mutant = Callable[[Subject], Broken | None]
MUTANTS: dict[str, Mutant] = {}


def mutant(function: Mutant) -> Mutant:
    MUTANTS[function.__name__] = function
    return function


def at(*path: str | int, under: str = "") -> str:
    return under + pointer_of(*path)


def first(items: list[Any]) -> Any:
    return items[len(items) // 2] if items else None


def setting(
    types: tuple[str, ...],
    name: str,
    wrong: Any,
    words: str,
    code: str = "WorkflowRunActionInputsInvalidProperty",
) -> Mutant:
    """An input of actions of some types that is replaced with something wrong."""

    def make(subject: Subject) -> Broken | None:
        found = first([one for one in subject.actions(*types) if isinstance(one.inputs, dict)])
        if found is None:
            return None
        place = at("inputs", name, under=found.pointer)
        return Broken(subject.put(place, wrong), code, place, words)

    return make


def missing(types: tuple[str, ...], name: str) -> Mutant:
    """A required input that is taken away."""

    def make(subject: Subject) -> Broken | None:
        have = [one for one in subject.actions(*types) if isinstance(one.inputs, dict) and name in one.inputs]
        found = first(have)
        if found is None:
            return None
        value = subject.changed(at("inputs", name, under=found.pointer), lambda _: None)
        place = at("inputs", under=found.pointer)
        code, follows = "WorkflowRunActionInputsMissingProperty", "InvalidVariableName"
        return Broken(value, code, place, f"needs '{name}'", follows=follows if name == "variables" else "-")

    return make


MUTANTS |= {
    "verb": setting(("Http",), "method", "FETCH", "must be one of GET"),
    "no address": setting(("Http",), "uri", "", "must be a text that is not empty"),
    "headers": setting(("Http",), "headers", "x", "must be an object"),
    "status code": setting(("Response",), "statusCode", 302, "must be 2xx, 4xx or 5xx"),
    "rows": setting(("Query", "Select", "Join", "Table"), "from", {"a": 1}, "must be an array"),
    "format": setting(("Table",), "format", "XLS", "must be one of CSV"),
    "run status": setting(("Terminate",), "runStatus", "Done", "must be one of Failed"),
    "no schema": missing(("ParseJson",), "schema"),
    "no content": missing(("ParseJson",), "content"),
    "no method": missing(("Http",), "method"),
    "no where": missing(("Query",), "where"),
    "no variables": missing(("InitializeVariable",), "variables"),
    "no name": missing(("SetVariable", "IncrementVariable"), "name"),
    "no value": missing(("AppendToArrayVariable", "AppendToStringVariable", "SetVariable"), "value"),
    "no host": missing(("ApiConnection", "OpenApiConnection"), "host"),
    "no operation": missing(("ServiceProvider",), "serviceProviderConfiguration"),
}


@mutant
def retries(subject: Subject) -> Broken | None:
    found = first([one for one in subject.actions("Http") if isinstance(one.inputs, dict)])
    if found is None:
        return None
    place = at("inputs", "retryPolicy", under=found.pointer)
    value = subject.put(place, {"type": "fixed", "interval": "10s"})
    pointer = at("interval", under=place)
    return Broken(value, "WorkflowRunActionInputsInvalidProperty", pointer, "must be an ISO 8601 duration")


@mutant
def no_type(subject: Subject) -> Broken | None:
    found = first(subject.plain_actions())
    if found is None:
        return None
    value = subject.changed(at("type", under=found.pointer), lambda _: None)
    return Broken(value, "WorkflowRunActionTypeUnsupported", found.pointer, "has no type")


@mutant
def unknown_type(subject: Subject) -> Broken | None:
    found = first(subject.plain_actions())
    place = at("type", under=found.pointer) if found else ""
    return (
        Broken(subject.put(place, "Compsoe"), "WorkflowRunActionTypeUnsupported", place, "no action type")
        if found
        else None
    )


@mutant
def unknown_trigger_type(subject: Subject) -> Broken | None:
    found = first(subject.triggers())
    if found is None or subject.actions("Response") or "@" in json.dumps(found.raw):
        return None
    place = at("type", under=found.pointer)
    return Broken(subject.put(place, "Requets"), "WorkflowTriggerTypeUnsupported", place, "no trigger type")


@mutant
def unknown_predecessor(subject: Subject) -> Broken | None:
    found = first([one for one in subject.actions() if not one.run_after])
    if found is None:
        return None
    value = subject.put(at("runAfter", under=found.pointer), {"No/such~one": ["Succeeded"]})
    return Broken(
        value, "InvalidTemplate", at("runAfter", "No/such~one", under=found.pointer), "no such action"
    )


@mutant
def status_to_run_after(subject: Subject) -> Broken | None:
    found = first([one for one in subject.actions() if len(one.run_after) == 1])
    if found is None:
        return None
    [name] = found.raw["runAfter"]
    place = at("runAfter", name, under=found.pointer)
    return Broken(subject.put(place, ["Finished"]), "ValueNotSupported", at(0, under=place), "no status")


@mutant
def circle(subject: Subject) -> Broken | None:
    found = first([one for one in subject.actions() if len(one.run_after) == 1])
    if found is None:
        return None
    [name] = found.raw["runAfter"]
    first_place = found.pointer[: found.pointer.rindex("/")] + pointer_of(name)
    before = next((one for one in subject.actions() if one.pointer == first_place), None)
    if before is None or before.run_after:
        return None
    value = subject.put(at("runAfter", under=before.pointer), {found.name: ["Succeeded"]})
    # what reads the two can no longer rely on them
    return Broken(value, "InvalidTemplate", "*/runAfter", "wait for each other", follows="Invalid")


@mutant
def same_name_twice(subject: Subject) -> Broken | None:
    found = first([one for one in subject.nested() if not one.run_after])
    if found is None:
        return None
    other = found.pointer[: found.pointer.rindex("/")]
    taken = first(
        [one for one in subject.read.actions.values() if not found.pointer.startswith(one.pointer + "/")]
    )
    if taken is None:
        return None
    name = taken.name.upper()
    value = subject.put(f"{other}{pointer_of(name)}", {"type": "Compose", "inputs": 1})
    return Broken(value, "InvalidWorkflowRunActionName", f"{other}{pointer_of(name)}", "is used twice")


def reading(expression: str, words: str) -> Mutant:
    """An action at the beginning of the definition that reads something."""

    def make(subject: Subject) -> Broken | None:
        if "parameters" in expression and not subject.parameters:
            return None  # those of a Standard project may stand in a file that is not here
        value = subject.put("/actions/Added_here", {"type": "Compose", "inputs": {"a/b": ["", expression]}})
        return Broken(value, "InvalidTemplate", "/actions/Added_here/inputs/a~1b/1", words)

    return make


MUTANTS |= {
    "unknown action": reading("@body('Nobody')", "'Nobody' is not defined"),
    "unknown action in text": reading("x @{outputs('Nobody')?['a']} y", "'Nobody' is not defined"),
    "unknown parameter": reading("@parameters('Nobody')", "'Nobody' is not found"),
    "unknown loop": reading("@items('Nobody')", "names a loop that is not defined"),
    "unknown function": reading("@concta('a')", "'concta' is not defined or not valid"),
    "arity": reading("@length('a', 'b')", "'length' expects"),
    "no item": reading("@item()", "'item' is not expected at this location"),
    "unclosed": reading("@{concat('a'", "not terminated"),
    "syntax": reading("@concat('a' 'b')", "Unable to parse"),
    "own outputs": reading("@outputs('Added_here')", "cannot be read here"),
    "always fails": reading("@int('abc')", "this always fails"),
}


@mutant
def not_finished_yet(subject: Subject) -> Broken | None:
    """The first action reads one that comes later."""
    later = first([one for one in subject.read.actions.values() if one.run_after])
    if later is None:
        return None
    name = later.name.replace("'", "''")
    value = subject.put("/actions/Added_here", {"type": "Compose", "inputs": f"@outputs('{name}')"})
    return Broken(value, "InvalidTemplate", "/actions/Added_here/inputs", "need not have finished")


@mutant
def not_a_loop_around(subject: Subject) -> Broken | None:
    loop = first(subject.actions("Foreach"))
    if loop is None:
        return None
    name = loop.name.replace("'", "''")
    value = subject.put("/actions/Added_here", {"type": "Compose", "inputs": f"@items('{name}')"})
    return Broken(value, "InvalidTemplate", "/actions/Added_here/inputs", "not a loop around it")


@mutant
def variable_nobody_initialises(subject: Subject) -> Broken | None:
    added = {"type": "SetVariable", "inputs": {"name": "no_such_variable", "value": "x"}}
    place = "/actions/Added_here/inputs/name"
    return Broken(subject.put("/actions/Added_here", added), "InvalidVariableName", place, "not initialised")


@mutant
def variable_read_before_it_is_there(subject: Subject) -> Broken | None:
    value = subject.put(
        "/actions/Added_here", {"type": "Compose", "inputs": "@variables('no_such_variable')"}
    )
    return Broken(value, "InvalidVariableName", "/actions/Added_here/inputs", "no_such_variable")


@mutant
def variable_initialised_twice(subject: Subject) -> Broken | None:
    found = first(subject.actions("InitializeVariable"))
    variables = found.inputs.get("variables") if found and isinstance(found.inputs, dict) else None
    if not variables or len(variables) != 1 or "@" in str(variables[0].get("name")):
        return None
    again = {
        "type": "InitializeVariable",
        "inputs": {"variables": [{"name": variables[0]["name"], "type": "string"}]},
    }
    again["runAfter"] = {one.name: ["Succeeded"] for one in subject.read.actions.values()}  # type: ignore[assignment]
    place = "/actions/Added_here/inputs/variables/0/name"
    return Broken(
        subject.put("/actions/Added_here", again), "InvalidVariableName", place, "initialised twice"
    )


@mutant
def variable_inside_a_scope(subject: Subject) -> Broken | None:
    inner = {"type": "InitializeVariable", "inputs": {"variables": [{"name": "added_one", "type": "string"}]}}
    value = subject.put("/actions/Added_here", {"type": "Scope", "actions": {"Inner_one": inner}})
    return Broken(value, "InvalidWorkflowRunAction", "/actions/Added_here/actions/Inner_one", "top level")


@mutant
def wrong_type_of_a_variable(subject: Subject) -> Broken | None:
    inner = {"variables": [{"name": "added_one", "type": "integer", "value": "x"}]}
    value = subject.put("/actions/Added_here", {"type": "InitializeVariable", "inputs": inner})
    place = "/actions/Added_here/inputs/variables/0/value"
    return Broken(value, "WorkflowRunActionInputsInvalidProperty", place, "does not fit a variable")


def inside_a_loop(kind: str, inputs: dict[str, Any], words: str) -> Mutant:
    def make(subject: Subject) -> Broken | None:
        loop = first(subject.actions("Foreach"))
        if (
            loop is None
            or subject.actions("Response")
            or (kind == "Response" and not subject.triggers("Request"))
        ):
            return None
        place = at("actions", "Added_here", under=loop.pointer)
        value = subject.put(place, {"type": kind, "inputs": inputs})
        return Broken(value, "InvalidWorkflowRunAction", place, words)

    return make


MUTANTS["terminate in a loop"] = inside_a_loop(
    "Terminate", {"runStatus": "Failed"}, "ends the run inside the loop"
)
MUTANTS["response in a loop"] = inside_a_loop(
    "Response", {"statusCode": 200}, "answers the caller inside the loop"
)


@mutant
def loop_without_an_array(subject: Subject) -> Broken | None:
    loop = first(subject.actions("Foreach"))
    place = at("foreach", under=loop.pointer) if loop else ""
    code = "WorkflowRunActionInputsInvalidProperty"
    return Broken(subject.put(place, {"a": 1}), code, place, "must be an array") if loop else None


@mutant
def condition_that_is_none(subject: Subject) -> Broken | None:
    found = first(subject.actions("If"))
    place = at("expression", under=found.pointer) if found else ""
    code = "WorkflowRunActionInputsInvalidProperty"
    return Broken(subject.put(place, "yes"), code, place, "true or false") if found else None


@mutant
def function_of_a_condition(subject: Subject) -> Broken | None:
    found = first(subject.actions("If"))
    place = at("expression", under=found.pointer) if found else ""
    value = {"and": [{"equals": [1, 1]}, {"not": {"equlas": [1, 2]}}]}
    pointer = at("and", 1, "not", "equlas", under=place)
    return Broken(subject.put(place, value), "InvalidTemplate", pointer, "'equlas'") if found else None


@mutant
def case_twice(subject: Subject) -> Broken | None:
    found = first(subject.actions("Switch"))
    if found is None or len(found.raw.get("cases") or {}) < 2:
        return None
    one, other = list(found.raw["cases"])[:2]
    place = at("cases", other, "case", under=found.pointer)
    value = subject.put(place, found.raw["cases"][one].get("case"))
    return Broken(value, "WorkflowRunActionInputsInvalidProperty", place, "same value")


@mutant
def timeout(subject: Subject) -> Broken | None:
    found = first(subject.actions())
    place = at("limit", under=found.pointer)
    pointer = at("timeout", under=place)
    code = "WorkflowRunActionInputsInvalidProperty"
    return Broken(subject.put(place, {"timeout": "1 hour"}), code, pointer, "ISO 8601 duration")


@mutant
def static_result(subject: Subject) -> Broken | None:
    found = first(
        [one for one in subject.actions() if not one.is_container and not one.runtime_configuration]
    )
    if found is None:
        return None
    place = at("runtimeConfiguration", under=found.pointer)
    wrong = {"staticResult": {"name": "Nobody0", "staticResultOptions": "Enabled"}}
    pointer = at("staticResult", "name", under=place)
    return Broken(subject.put(place, wrong), "InvalidStaticResultName", pointer, "'Nobody0'")


@mutant
def recurrence(subject: Subject) -> Broken | None:
    found = first([one for one in subject.triggers() if one.recurrence])
    if found is None:
        return None
    place = at("recurrence", "frequency", under=found.pointer)
    return Broken(
        subject.put(place, "Daily"), "InvalidWorkflowTriggerRecurrence", place, "must be one of Second"
    )


@mutant
def time_zone(subject: Subject) -> Broken | None:
    found = first([one for one in subject.triggers() if one.recurrence])
    if found is None:
        return None
    place = at("recurrence", "timeZone", under=found.pointer)
    value = subject.put(place, "Mars Standard Time")
    return Broken(value, "InvalidWorkflowTriggerRecurrence", place, "time zone")


@mutant
def parameter_type(subject: Subject) -> Broken | None:
    value = copy.deepcopy(subject.value)
    value.setdefault("parameters", {})["added"] = {"type": "Text"}
    return Broken(value, "InvalidTemplate", "/parameters/added/type", "has the type 'Text'")


@mutant
def parameter_default(subject: Subject) -> Broken | None:
    value = copy.deepcopy(subject.value)
    value.setdefault("parameters", {})["added"] = {"type": "Int", "defaultValue": "5"}
    return Broken(value, "InvalidTemplate", "/parameters/added/defaultValue", "not of its type Int")


@mutant
def output_without_a_type(subject: Subject) -> Broken | None:
    value = copy.deepcopy(subject.value)
    value["outputs"] = {**(value.get("outputs") or {}), "added": {"value": 1}}
    return Broken(value, "InvalidTemplate", "/outputs/added", "needs a type")


@mutant
def secret(subject: Subject) -> Broken | None:
    found = first([one for one in subject.actions("Http") if isinstance(one.inputs, dict)])
    if found is None:
        return None
    place = at("inputs", "authentication", under=found.pointer)
    value = subject.put(place, {"type": "Basic", "username": "u", "password": "clear"})
    return Broken(value, "SecretInClearText", at("password", under=place), "clear text", "warning")


@mutant
def race(subject: Subject) -> Broken | None:
    loops = [
        one
        for one in subject.read.actions.values()
        if one.type == "Foreach" and not one.runtime_configuration
    ]
    found, start = first(loops), first(subject.actions("InitializeVariable"))
    names = (
        [v.get("name") for v in start.inputs.get("variables", [])]
        if start and isinstance(start.inputs, dict)
        else []
    )
    if found is None or not names or "Sequential" in str(found.raw.get("operationOptions")):
        return None
    place = at("actions", "Added_here", under=found.pointer)
    value = subject.put(place, {"type": "SetVariable", "inputs": {"name": names[0], "value": "@null"}})
    return Broken(value, "VariableRace", place, "run in parallel", "warning", follows="InvalidVariableName")


@mutant
def long_name(subject: Subject) -> Broken | None:
    name = "A" * 81
    value = subject.put(f"/actions/{name}", {"type": "Compose", "inputs": 1})
    return Broken(value, "InvalidWorkflowRunActionName", f"/actions/{name}", "at most 80", "warning")


@mutant
def after_the_end(subject: Subject) -> Broken | None:
    value = subject.put("/actions/Added_here", {"type": "Terminate", "inputs": {"runStatus": "Failed"}})
    value["actions"]["Added_too"] = {
        "type": "Compose",
        "inputs": 1,
        "runAfter": {"Added_here": ["Succeeded"]},
    }
    return Broken(value, "ActionUnreachable", "/actions/Added_too", "never runs", "warning")


@mutant
def strange_member(subject: Subject) -> Broken | None:
    found = first(subject.actions())
    place = at("retryPolicy", under=found.pointer)
    return Broken(subject.put(place, {}), "PropertyNotAllowed", place, "belongs into 'inputs'", "warning")
