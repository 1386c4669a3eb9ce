"""ARM templates: finding the workflows, and resolving what a deployment would resolve before WDL sees it.

A deployment evaluates every string that begins with `[` and ends with `]` (`[[` is an escaped `[`). Resolved
here: literals, `parameters` (value given or default), `variables`, `copy` and `copyIndex`, the functions of
template_functions.py, and property access on what these give. A definition that stands in a variable or in a
parameter, as Bicep's loadJsonContent puts it, is found there. What depends on a subscription
(`resourceGroup()`, `resourceId()`, `listCallbackUrl()`, `uniqueString()`) cannot be known: such strings stay
as they are and are named in the report (reference 1.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from runtime.language.document import Document, DocumentError, Node, parse, plain, quote
from runtime.language.importing.template_functions import FUNCTIONS, FunctionError
from runtime.language.values import Json, dumps

WORKFLOW_TYPE: Final = "microsoft.logic/workflows"
_DEPLOYMENT_TYPE: Final = "microsoft.resources/deployments"
_MAXIMUM_DEPTH: Final = 32
_MOST_COPIES: Final = 800  # as a deployment has it
_MOST_RESOURCES: Final = 20  # workflows that one resource with `copy` is read as
_WORK: Final = 400_000  # values and characters that the expressions of one template may make
_REFERENCE: Final = re.compile(
    r"\[\s*(?P<function>variables|parameters)\s*\(\s*'(?P<name>(?:[^']|'')+)'\s*\)"
    r"(?P<path>(?:\.\w+|\['[^']+'\])*)\s*\]",
    re.IGNORECASE,
)
_UNKNOWN: Final[Json] = object()  # an argument that only a deployment knows
_STEP: Final = re.compile(r"\.(\w+)|\['([^']+)'\]")
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_][\w]*(?:\.[\w]+)*)|(?P<mark>[()\[\],.]))"
)


class Unresolvable(Exception):
    """A template expression whose value is known only at deployment."""


@dataclass(frozen=True, slots=True)
class WorkflowResource:
    """A `Microsoft.Logic/workflows` resource: its definition where it stands in the text, and its
    surroundings.
    """

    name: str
    definition: Node
    properties: Node
    scope: Deployment
    document: Document | None = None  # of the definition, where it was computed and stands nowhere
    tags: Node | None = None


@dataclass(slots=True)
class Budget:
    """What is left to spend; shared by everything that one template evaluates."""

    left: int = _WORK

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise Unresolvable("the template makes too much of too little")


@dataclass(slots=True)
class Deployment:
    """What `parameters()` and `variables()` mean in one template."""

    parameters: Mapping[str, Node] = field(default_factory=dict)
    given: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Node] = field(default_factory=dict)
    depth: int = 0
    outer: Deployment | None = (
        None  # evaluates the strings of an embedded template before it is deployed itself
    )
    indexes: Mapping[str, int] = field(default_factory=dict)  # of the copies around, "" is the innermost
    budget: Budget = field(default_factory=Budget)
    literal: bool = False  # what json() gave is not evaluated again

    def text(self, value: str) -> Json:
        """The value of one string of the template; Unresolvable when only a deployment knows it."""
        if self.outer is not None:
            first = self.outer.text(value)
            return self.own_text(first) if isinstance(first, str) else first
        return self.own_text(value)

    def own_text(self, value: str) -> Json:
        self.budget.spend(1 + len(value) // 16)
        if self.literal or not (value.startswith("[") and value.endswith("]")):
            return value
        if value.startswith("[["):
            return value[1:]
        if self.depth > _MAXIMUM_DEPTH:
            raise Unresolvable(value)
        return _Expression(value[1:-1], self).whole()

    def json(self, node: Node) -> Json:
        """A whole value with its strings resolved."""
        self.budget.spend(1)
        if node.kind == "object":
            copied = self.copies(node.get("copy"))
            own = {m.name: self.json(m.value) for m in node.members if not copied or m.name != "copy"}
            return own | copied
        if node.kind == "array":
            return [self.json(item) for item in node.items]
        return self.text(str(node.value)) if node.kind == "string" else plain(node)

    def copies(self, loops: Node | None) -> dict[str, Json]:
        """The arrays that a member `copy` describes: one item for each index."""
        found: dict[str, Json] = {}
        for loop in loops.items if loops is not None else ():
            name, count, item = _word(loop.get("name")), loop.get("count"), loop.get("input")
            if not name or count is None or item is None:
                return {}  # a member that happens to be called so
            found[name] = self.copied(name, count, item)
        return found

    def copied(self, name: str, count: Node, item: Node) -> list[Json]:
        times = self.json(count)
        if not isinstance(times, int) or not 0 <= times <= _MOST_COPIES:
            raise Unresolvable(f"copy '{name}'")
        return [self.at_index(name, index).json(item) for index in range(times)]

    def at_index(self, name: str, index: int) -> Deployment:
        return replace(self, indexes={**self.indexes, "": index, name.lower(): index}, depth=self.depth + 1)

    def lenient(self, node: Node) -> Json:
        """As `json`, with what cannot be resolved left as written."""
        if node.kind == "object":
            return {member.name: self.lenient(member.value) for member in node.members}
        if node.kind == "array":
            return [self.lenient(item) for item in node.items]
        try:
            return self.json(node)
        except Unresolvable:
            return plain(node)

    def parameter(self, name: str) -> Json:
        folded = name.lower()
        if folded in self.given:
            return self.given[folded]
        declared = self.parameters.get(folded)
        default = declared.get("defaultValue") if declared is not None else None
        if default is None:
            raise Unresolvable(f"parameters('{name}')")
        return self.deeper().json(default)

    def variable(self, name: str) -> Json:
        declared = self.variables.get(name.lower())
        if declared is None:
            return self.copied_variable(name)
        return self.deeper().json(declared)

    def copied_variable(self, name: str) -> Json:
        loops = self.variables.get("copy")
        for loop in loops.items if loops is not None else ():
            count, item = loop.get("count"), loop.get("input")
            if _word(loop.get("name")).lower() == name.lower() and count is not None and item is not None:
                return self.deeper().copied(name, count, item)
        raise Unresolvable(f"variables('{name}')")

    def deeper(self) -> Deployment:
        if self.depth >= _MAXIMUM_DEPTH:
            raise Unresolvable("nested too deeply")
        return replace(self, depth=self.depth + 1)

    def copy_index(self, name: Json, offset: Json) -> Json:
        if isinstance(name, int):
            name, offset = "", name
        index = self.indexes.get(name.lower()) if isinstance(name, str) else None
        if index is None or not isinstance(offset, int):
            raise Unresolvable("copyIndex()")
        return index + offset


def deployment_of(template: Node, given: Mapping[str, Json] | None = None) -> Deployment:
    return Deployment(_folded(template.get("parameters")), given or {}, _folded(template.get("variables")))


def given_values(parameters_file: Node, template: Node) -> dict[str, Json]:
    """The values of a parameters file by folded name. Those of secure parameters stay where they are."""
    declared = _folded(template.get("parameters"))
    found: dict[str, Json] = {}
    for name, item in _folded(parameters_file.get("parameters")).items():
        kind = _word(declared[name].get("type")).lower() if name in declared else "secure"
        value = item.get("value")
        if value is not None and not kind.startswith("secure"):
            found[name] = plain(value)
    return found


def _folded(node: Node | None) -> dict[str, Node]:
    return {member.name.lower(): member.value for member in node.members} if node is not None else {}


def workflows_of(
    template: Node, around: Deployment | None = None, depth: int = 0
) -> Iterator[WorkflowResource]:
    """Every workflow of a template: in its resources, inside other resources, and in nested deployments."""
    here = around or deployment_of(template)
    resources = template.get("resources")
    if resources is None or depth > _MAXIMUM_DEPTH:
        return
    for resource in [*resources.items, *(member.value for member in resources.members)]:
        kind = _word(resource.get("type")).lower()
        properties = resource.get("properties")
        if kind == WORKFLOW_TYPE and properties is not None:
            for scope in _repetitions(resource, here):
                found = _workflow(resource, properties, scope)
                if found is not None:
                    yield found
        elif kind == _DEPLOYMENT_TYPE and properties is not None:
            inner = properties.get("template")
            if inner is not None:
                yield from workflows_of(inner, _inner(properties, inner, here), depth + 1)
        if properties is not None and (embedded := properties.get("mainTemplate")) is not None:
            scope = deployment_of(embedded)  # a content template: its strings are evaluated twice
            scope.outer = here
            yield from workflows_of(embedded, scope, depth + 1)
        yield from workflows_of(resource, here, depth + 1)


def _repetitions(resource: Node, scope: Deployment) -> Iterator[Deployment]:
    """The scope of each resource that one with `copy` stands for; itself without."""
    loop = resource.get("copy")
    count = loop.get("count") if loop is not None else None
    if loop is None or count is None:
        yield scope
        return
    try:
        times = scope.json(count)
    except Unresolvable:
        times = 1
    for index in range(min(times, _MOST_RESOURCES) if isinstance(times, int) else 1):
        yield scope.at_index(_word(loop.get("name")), index)


def _workflow(resource: Node, properties: Node, scope: Deployment) -> WorkflowResource | None:
    """The workflow of a resource; its definition may stand in a variable or be computed."""
    properties, made = _followed(properties, scope)
    written = properties.get("definition")
    if written is None:
        return None
    definition, document = _followed(written, replace(scope, literal=True) if made else scope)
    document = document or made
    if definition.kind == "string":
        return None
    here = scope if document is None else replace(scope, literal=True, outer=None)
    return WorkflowResource(
        _name(resource, scope), definition, properties, here, document, resource.get("tags")
    )


def _followed(node: Node, scope: Deployment) -> tuple[Node, Document | None]:
    """What a string of the template stands for: a value elsewhere in it, or one that is computed."""
    for _ in range(_MAXIMUM_DEPTH):
        target = _target(node, scope)
        if target is None:
            break
        node = target
    if not _word(node).startswith("["):
        return node, None
    try:
        value = scope.text(_word(node))
        document = parse(value if isinstance(value, str) else dumps(value))
    except (Unresolvable, DocumentError):
        return node, None
    return document.root, document


def _target(node: Node, scope: Deployment) -> Node | None:
    match = _REFERENCE.fullmatch(_word(node))
    if match is None or scope.outer is not None:
        return None
    name = match["name"].replace("''", "'").lower()
    if match["function"].lower() == "variables":
        found = scope.variables.get(name)
    elif name in scope.given or name not in scope.parameters:
        return None
    else:
        found = scope.parameters[name].get("defaultValue")
    for step in _STEP.finditer(match["path"]):
        found = found.get(step[1] or step[2]) if found is not None else None
    return found


def _inner(properties: Node, template: Node, outer: Deployment) -> Deployment:
    """The scope of a nested deployment: inner by request, else that of the template around it."""
    options = properties.get("expressionEvaluationOptions")
    if options is None or _word(options.get("scope")).lower() != "inner":
        return outer
    given: dict[str, Json] = {}
    passed = properties.get("parameters")
    for member in passed.members if passed is not None else ():
        value = member.value.get("value")
        if value is not None:
            try:
                given[member.name.lower()] = outer.json(value)
            except Unresolvable:
                continue
    return deployment_of(template, given)


def _word(node: Node | None) -> str:
    return str(node.value) if node is not None and node.kind == "string" else ""


def _name(resource: Node, scope: Deployment) -> str:
    written = _word(resource.get("name"))
    try:
        resolved = scope.text(written)
    except Unresolvable:
        inner = re.search(r"'([^']+)'", written)
        return inner[1] if inner else "workflow"
    return resolved if isinstance(resolved, str) and resolved else "workflow"


def resolved_text(document: Document, node: Node, scope: Deployment) -> tuple[str, list[str]]:
    """A value's text with the strings a deployment evaluates replaced, and those that could not be.

    Everything else keeps its spelling. Property names are never evaluated by a deployment.
    """
    edits: list[tuple[int, int, str]] = []
    left: list[str] = []
    waiting = [node]
    while waiting:
        value = waiting.pop()
        waiting.extend(member.value for member in value.members)
        waiting.extend(value.items)
        written = _word(value)
        if not (written.startswith("[") and written.endswith("]")):
            continue
        try:
            result = scope.text(written)
        except Unresolvable:
            left.append(written)
            continue
        edits.append((value.start, value.end, quote(result) if isinstance(result, str) else dumps(result)))
    parts: list[str] = []
    position = node.start
    for start, end, text in sorted(edits):
        parts.extend((document.text[position:start], text))
        position = end
    parts.append(document.text[position : node.end])
    return "".join(parts), sorted(set(left))


class _Expression:
    """One template expression, evaluated while it is read."""

    def __init__(self, text: str, scope: Deployment) -> None:
        self.text = text
        self.scope = scope
        self.position = 0
        self.depth = 0

    def whole(self) -> Json:
        value = self.value()
        if self.text[self.position :].strip():
            raise Unresolvable(self.text)
        return value

    def token(self) -> re.Match[str]:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            raise Unresolvable(self.text)
        self.position = match.end()
        return match

    def peek(self, mark: str) -> bool:
        match = _TOKEN.match(self.text, self.position)
        if match is None or match["mark"] != mark:
            return False
        self.position = match.end()
        return True

    def value(self) -> Json:
        self.depth += 1
        if self.depth > _MAXIMUM_DEPTH:
            raise Unresolvable(self.text)
        token = self.token()
        if token["text"] is not None:
            value: Json = token["text"][1:-1].replace("''", "'")
        elif token["number"] is not None:
            value = int(token["number"])
        elif token["name"] is not None and self.peek("("):
            value = self.call(token["name"].lower())
        else:
            raise Unresolvable(self.text)
        self.depth -= 1
        return self.accessed(value)

    def call(self, name: str) -> Json:
        arguments: list[Json] = []
        while not self.peek(")"):
            arguments.append(self.argument())
            self.peek(",")
        if name == "if" and len(arguments) == 3 and isinstance(arguments[0], bool):
            arguments = [True, arguments[1 if arguments[0] else 2], None]  # the other need not be known
        if any(argument is _UNKNOWN for argument in arguments):
            raise Unresolvable(self.text)
        if name in ("parameters", "variables") and len(arguments) == 1 and isinstance(arguments[0], str):
            return (self.scope.parameter if name == "parameters" else self.scope.variable)(arguments[0])
        if name == "copyindex" and len(arguments) <= 2:
            offset = arguments[1] if len(arguments) == 2 else 0
            return self.scope.copy_index(arguments[0] if arguments else "", offset)
        function = FUNCTIONS.get(name)
        if function is None:
            raise Unresolvable(name)
        try:
            value = function(*arguments)
        except FunctionError as wrong:
            raise Unresolvable(name) from wrong
        self.scope.budget.spend(len(value) if isinstance(value, str | list | dict) else 1)
        return value

    def argument(self) -> Json:
        """An argument, or _UNKNOWN and on behind it."""
        start, depth = self.position, self.depth
        try:
            return self.value()
        except Unresolvable:
            if self.scope.budget.left < 0:
                raise
        self.position, self.depth = start, depth
        open_marks = 0
        while True:
            before = self.position
            mark = self.token()["mark"]
            open_marks += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark or "", 0)
            if open_marks < 0 or (mark == "," and not open_marks):
                self.position = before
                return _UNKNOWN

    def accessed(self, value: Json) -> Json:
        while True:
            if self.peek("."):
                *path, key = (self.token()["name"] or "").split(".")  # a token may hold several steps
                for step in path:
                    value = self.entry(value, step)
            elif self.peek("["):
                key = self.value()
                self.peek("]")
            else:
                return value
            value = self.entry(value, key)

    def entry(self, value: Json, key: Json) -> Json:
        if isinstance(value, dict) and isinstance(key, str):
            folded = key.lower()
            name = key if key in value else next((n for n in value if n.lower() == folded), None)
            if name is not None:
                return value[name]
        if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
            return value[key]
        raise Unresolvable(self.text)
