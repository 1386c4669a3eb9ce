"""Finding fault with a definition: every rule of the reference, each problem with its place.

`validate` takes a text, `check` a definition already read. Both are linear in the size of the definition. An
*error* is a defect that stops the definition or one of its runs here or in Logic Apps; a *warning* is
something that may go wrong or that only this place cannot do; *info* is worth knowing. Problems are never
raised: a text that is no JSON is a problem like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from runtime.language.definition import Definition, read
from runtime.language.document import Document, DocumentError, Node, parse, pointer_of, tokens
from runtime.language.validate.advice import check_connections, check_secrets
from runtime.language.validate.inputs import check_actions
from runtime.language.validate.limits import check_limits
from runtime.language.validate.parameters import check_duplicates, check_outputs, check_parameters
from runtime.language.validate.problems import Problem, Problems
from runtime.language.validate.references import check_references
from runtime.language.validate.settings import check_settings
from runtime.language.validate.structure import Outline, check_structure
from runtime.language.validate.triggers import check_triggers
from runtime.language.validate.variables import check_variables
from runtime.language.values import Json

__all__ = ["Problem", "Problems", "check", "definition_node", "validate"]

_STANDARD = frozenset({"stateful", "stateless", "agentic", "agent"})


def validate(
    text: str,
    *,
    kind: str = "",
    parameters: Mapping[str, Json] | None = None,
    connections: Mapping[str, Json] | None = None,
) -> list[Problem]:
    """The problems of a definition document (bare, or wrapped with its kind).

    `parameters` and `connections` are what is supplied beside it; None where that is not known. Pointers lead
    into the definition, not into the wrapper.
    """
    try:
        document = parse(text)
    except DocumentError as wrong:
        return [Problem("error", wrong.code, "", str(wrong), wrong.position, wrong.position)]
    node = definition_node(document)
    if node.kind != "object":
        return [
            Problem(
                "error", "InvalidTemplate", "", "A definition is a JSON object with triggers and actions."
            )
        ]
    problems = Problems()
    check_duplicates(document, node, problems)
    written = document.root.get("kind")
    kind = kind or (str(written.value) if written is not None and node is not document.root else "")
    definition = read(document.plain())
    found = check(definition, kind=kind, parameters=parameters, connections=connections)
    frame = Document(text, node, 0, 0, 0)  # pointers lead into the definition
    return sorted([*problems.found, *found], key=lambda problem: (_rank(problem), _position(frame, problem)))


def _rank(problem: Problem) -> int:
    return ("error", "warning", "info").index(problem.severity)


def _position(frame: Document, problem: Problem) -> int:
    """Where in the text the problem is; what is missing there counts as the nearest thing around it."""
    path = tokens(problem.pointer)
    while path and frame.at(pointer_of(*path)) is None:
        path.pop()
    found = frame.at(pointer_of(*path))
    return found.start if found is not None else 0


def definition_node(document: Document) -> Node:
    """The definition inside a document: the value of `definition`, or the whole."""
    inner = document.root.get("definition")
    return inner if inner is not None and document.root.get("actions") is None else document.root


def check(
    definition: Definition,
    *,
    kind: str = "",
    parameters: Mapping[str, Json] | None = None,
    connections: Mapping[str, Json] | None = None,
) -> list[Problem]:
    """The problems of a definition that was read from JSON."""
    problems = Problems()
    _check_frame(definition, problems)
    outline = Outline(definition)
    check_triggers(definition, problems)
    check_structure(outline, problems)
    check_actions(outline, problems)
    check_settings(outline, problems)
    check_limits(outline, kind.lower(), problems)
    check_parameters(definition, parameters, problems)
    check_outputs(definition, problems)
    known = frozenset(name.lower() for name in (*definition.parameters, *(parameters or {})))
    # The parameters of a Standard project stand in a file beside the definition (reference 1.1).
    standard = kind.lower() in _STANDARD
    complete = parameters is not None or not standard
    settings = standard or not kind  # only Standard knows app settings
    uses = check_references(outline, known, complete, settings, problems)
    check_variables(outline, uses, problems)
    check_secrets(definition, problems)
    check_connections(outline, connections, problems)
    return problems.found


def _check_frame(definition: Definition, problems: Problems) -> None:
    for name in ("parameters", "triggers", "actions", "outputs", "staticResults"):
        value = definition.raw.get(name)
        if value is not None and not isinstance(value, dict):
            problems.error("InvalidTemplate", f"/{name}", f"'{name}' must be an object.")
    actions = definition.raw.get("actions")
    for name, item in actions.items() if isinstance(actions, dict) else ():
        if not isinstance(item, dict):
            pointer = "/actions/" + name.replace("~", "~0").replace("/", "~1")
            problems.error("InvalidTemplate", pointer, f"The action '{name}' must be an object.")
    if actions is None and not definition.triggers:
        problems.error(
            "PropertyNotSpecified", "", "A definition needs 'triggers' and 'actions'; this has neither."
        )
