"""Every expression of a definition: does it parse, and does what it names exist there (reference 2.13,
7.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from runtime.language.definition import Action, Trigger
from runtime.language.document import pointer_of, utf16_length
from runtime.language.expressions.compile import compile_tree
from runtime.language.expressions.errors import ExpressionError, TemplateError
from runtime.language.expressions.functions.registry import find
from runtime.language.expressions.nodes import Call, Literal, Node, Reference, references
from runtime.language.expressions.parser import parse
from runtime.language.expressions.strings import Segment, split_string
from runtime.language.template import Place
from runtime.language.validate.problems import Problems, below
from runtime.language.validate.structure import Outline, Sibling
from runtime.language.values import Json

_OF_ACTIONS: Final = frozenset(
    [
        "actions",
        "outputs",
        "body",
        "formdatavalue",
        "formdatamultivalues",
        "multipartbody",
        "actionoutputs",
        "actionbody",
    ]
)
# Members of an action that are templates (reference 2.1); inputs are treated apart.
_EVALUATED: Final = ("foreach", "limit", "runtimeConfiguration", "correlation")
_LITERAL_INPUTS: Final[dict[str, tuple[str, ...]]] = {
    "ParseJson": ("schema",),
    "Response": ("schema",),
    "JavaScriptCode": ("code",),
}
# Documented short forms of actions('X').outputs and .body that the function table need not know.
_SHORT_FORMS: Final = frozenset({"actionoutputs", "actionbody"})
# What an ARM deployment would have resolved before anybody reads it as WDL (reference 1.3).
_DEPLOYMENT: Final = re.compile(r"\[[A-Za-z]+\s*\(.*\][\s]*", re.DOTALL)
_UNSTEADY: Final = frozenset({"guid", "rand", "range", "utcNow"})
_WITH_ITEM: Final = frozenset({"Query", "Select", "Table"})


@dataclass(frozen=True, slots=True)
class Context:
    """Who reads: an action, a trigger or an output; and which functions its place allows."""

    reader: Sibling | None
    where: str
    place: Place
    everything_ended: bool = False  # outputs of the workflow
    inside: Sibling | None = None  # an Until whose own actions its condition may read


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is read somewhere."""

    reference: Reference
    pointer: str
    span: tuple[int, int]
    context: Context


def check_references(
    outline: Outline,
    known_parameters: frozenset[str],
    parameters_complete: bool,
    settings: bool,
    problems: Problems,
) -> list[Use]:
    """Check all expressions; what they read comes back for the rules about variables."""
    reading = _Reading(outline, Place.SETTINGS if settings else Place.INPUTS, problems)
    for trigger in outline.definition.triggers.values():
        reading.trigger(trigger)
    for sibling in outline.every():
        reading.action(sibling)
    for name, output in outline.definition.outputs.items():
        context = Context(None, f"the output '{name}'", Place.INPUTS, everything_ended=True)
        value = output.get("value") if isinstance(output, dict) else None
        reading.value(value, pointer_of("outputs", name, "value"), context)
    for use in reading.uses:
        _check_use(use, outline, known_parameters, parameters_complete, problems)
    return reading.uses


class _Reading:
    def __init__(self, outline: Outline, everywhere: Place, problems: Problems) -> None:
        self.outline = outline
        self.everywhere = everywhere
        self.problems = problems
        self.uses: list[Use] = []

    def trigger(self, trigger: Trigger) -> None:
        where = f"the trigger '{trigger.name}'"
        plain = Context(None, where, Place.INPUTS)
        inputs = trigger.inputs
        if isinstance(inputs, dict):  # schemas describe bodies; `@odata.type` in them is a name
            inputs = {
                name: value for name, value in inputs.items() if name not in ("schema", "headersSchema")
            }
        self.value(
            inputs, below(trigger.pointer, "inputs"), Context(None, where, Place.CALLBACK | Place.ACTION)
        )
        for index, condition in enumerate(trigger.conditions):
            context = Context(None, f"a condition of {where}", Place.TRIGGERS | Place.ITEM)
            self.value(condition, below(trigger.pointer, "conditions", index, "expression"), context)
        for name in ("recurrence", "splitOn", "splitOnConfiguration", "correlation", "runtimeConfiguration"):
            self.value(trigger.raw.get(name), below(trigger.pointer, name), plain)

    def action(self, sibling: Sibling) -> None:
        action = sibling.action
        where = f"the action '{action.name}'"
        looped = any(outer.action.type == "Foreach" for outer in sibling.enclosing())
        agent = any(outer.action.type.startswith("Agent") for outer in sibling.enclosing())
        base = (Place.ITEM if looped else Place.INPUTS) | (Place.AGENT if agent else Place.INPUTS)
        context = Context(sibling, where, base)
        for name in _EVALUATED:
            self.value(action.raw.get(name), below(action.pointer, name), context)
        self.inputs(action, context)
        self.expression(action, sibling, context)
        own = Context(sibling, f"the tracked properties of '{action.name}'", base | Place.ACTION)
        self.value(action.tracked_properties, below(action.pointer, "trackedProperties"), own)

    def inputs(self, action: Action, context: Context) -> None:
        pointer = below(action.pointer, "inputs")
        if not isinstance(action.inputs, dict):
            self.value(action.inputs, pointer, context)
            return
        literal = ("schema",) if action.type.endswith("Webhook") else _LITERAL_INPUTS.get(action.type, ())
        for name, value in action.inputs.items():
            if name in literal:
                continue
            place = context.place
            if action.type in _WITH_ITEM and name != "from":
                place |= Place.ITEM
            if action.type.endswith(("Webhook", "Notification")):
                place |= Place.CALLBACK | Place.ACTION
            if action.type.startswith("Agent"):
                place |= Place.ANYWHERE
            inner = Context(context.reader, context.where, place)
            self.value(value, below(pointer, name), inner)
            if "@" in name:
                self.text(name, below(pointer, name), inner)

    def expression(self, action: Action, sibling: Sibling, context: Context) -> None:
        if action.type not in ("If", "Until", "Switch"):
            return
        place = context.place | (Place.ACTION if action.type == "Until" else Place.INPUTS)
        inside = sibling if action.type == "Until" else None
        here = Context(sibling, f"the condition of '{action.name}'", place, inside=inside)
        pointer = below(action.pointer, "expression")
        value = action.raw.get("expression")
        self.value(value, pointer, here)
        if isinstance(value, dict) and action.type != "Switch":
            self.functions(value, pointer)

    def functions(self, value: Json, pointer: str) -> None:
        """Conditions as objects: each has one member, whose name is a function (reference 7.2)."""
        waiting: list[tuple[Json, str]] = [(value, pointer)]
        while waiting:
            one, place = waiting.pop()
            if isinstance(one, list):
                waiting.extend((item, below(place, index)) for index, item in enumerate(one))
            elif isinstance(one, dict):
                for name, operand in one.items():
                    waiting.append((operand, below(place, name)))
                    if find(name) is None:
                        self.problems.error(
                            "InvalidTemplate",
                            below(place, name),
                            f"The template function '{name}' is not defined or not valid.",
                        )

    def value(self, value: Json, pointer: str, context: Context) -> None:
        """Every string inside a value, names of members included."""
        for text, place in _strings(value, pointer):
            self.text(text, place, context)

    def text(self, text: str, pointer: str, context: Context) -> None:
        if _DEPLOYMENT.fullmatch(text):
            self.problems.warning(
                "UnresolvedTemplateExpression",
                pointer,
                f"In {context.where}: this is an expression of an ARM template, which only a deployment "
                "resolves. "
                "Write the value instead.",
            )
            return
        try:
            parts = split_string(text)
        except TemplateError as wrong:
            self.refuse(wrong, text, wrong.position, pointer, context)
            return
        for piece in parts.pieces:
            if isinstance(piece, Segment):
                self.segment(piece, text, pointer, context)

    def segment(self, piece: Segment, text: str, pointer: str, context: Context) -> None:
        try:
            node = parse(piece.text)
        except TemplateError as wrong:
            self.refuse(wrong, text, piece.start + wrong.position, pointer, context)
            return
        for reference in references(node):
            span = (piece.start + reference.start, piece.start + reference.end)
            wide = (utf16_length(text[: span[0]]), utf16_length(text[: span[1]]))
            self.uses.append(Use(reference, pointer, wide, context))
        try:
            compile_tree(node, piece.text, lambda name: bool(Place[name] & (context.place | self.everywhere)))
        except TemplateError as wrong:
            if not any(f"'{short}'" in wrong.message.lower() for short in _SHORT_FORMS):
                self.refuse(wrong, text, piece.start + wrong.position, pointer, context)
            return
        self.constants(node, piece, text, pointer, context)

    def constants(self, node: Node, piece: Segment, text: str, pointer: str, context: Context) -> None:
        """Calls that fail whatever happens, as all their arguments are literals (reference 2.13).

        Where something runs after that failure they are there on purpose: authors throw errors so.
        """
        for call in _constant_calls(node):
            try:
                compile_tree(call, piece.text, lambda name: True)(None)
            except ExpressionError as wrong:
                span = (piece.start + call.start, piece.start + call.end)
                wide = (utf16_length(text[: span[0]]), utf16_length(text[: span[1]]))
                message = f"In {context.where}, this always fails: {wrong.message}"
                caught = context.reader is not None and self.outline.failure_is_caught(context.reader)
                found = self.problems.warning if caught else self.problems.error
                found("InvalidTemplate", pointer, message, wide)

    def refuse(self, wrong: TemplateError, text: str, position: int, pointer: str, context: Context) -> None:
        start = utf16_length(text[:position])
        end = min(start + 1, utf16_length(text))
        self.problems.error(
            wrong.code, pointer, f"In {context.where}: {wrong.message}", (start, max(start, end))
        )


def _constant_calls(node: Node) -> Iterator[Call]:
    """The outermost calls without anything variable inside. Nothing here is costly: the text is short."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Call):
            if _is_constant(one):
                yield one
            else:
                waiting.extend(one.arguments)
                waiting.extend(step.key for step in one.steps)


def _is_constant(node: Node) -> bool:
    if isinstance(node, Literal):
        return True
    function = find(node.name)
    inner = (*node.arguments, *(step.key for step in node.steps))
    steady = function is not None and function.form == "plain" and function.name not in _UNSTEADY
    return steady and all(_is_constant(one) for one in inner)


def _strings(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[Json, str]] = [(value, pointer)]
    while waiting:
        one, place = waiting.pop()
        if isinstance(one, str):
            if "@" in one:
                yield one, place
        elif isinstance(one, dict):
            for name, inner in one.items():
                if "@" in name:
                    yield name, below(place, name)
                waiting.append((inner, below(place, name)))
        elif isinstance(one, list):
            waiting.extend((item, below(place, index)) for index, item in enumerate(one))


def _check_use(use: Use, outline: Outline, known: frozenset[str], complete: bool, problems: Problems) -> None:
    function, name = use.reference.function.lower(), use.reference.name
    if function in _OF_ACTIONS:
        _check_action(use, outline, problems)
    elif function == "parameters":
        placeholder = "#workflowname#" in name  # gallery templates: filled in when one is used
        if not placeholder and name.lower() not in known and name not in ("$connections", "$authentication"):
            severity = problems.error if complete else problems.warning
            severity(
                "InvalidTemplate",
                use.pointer,
                f"In {use.context.where}: the workflow parameter '{name}' is not found. Declare it under "
                "'parameters'.",
                use.span,
            )
    elif function in ("items", "iterationindexes"):
        _check_loop(use, outline, problems)
    elif function == "result":
        _check_action(use, outline, problems)


def _check_action(use: Use, outline: Outline, problems: Problems) -> None:
    name, context = use.reference.name, use.context
    target = outline.find(name)
    if target is None:
        problems.error(
            "InvalidTemplate",
            use.pointer,
            f"In {context.where}: the template action '{name}' is not defined. Check its spelling, or "
            "whether it was "
            "renamed or deleted.",
            use.span,
        )
    elif context.everything_ended:
        return
    elif context.reader is None:
        problems.error(
            "InvalidTemplate",
            use.pointer,
            f"In {context.where}: actions cannot be read here, as none has run yet ('{name}').",
            use.span,
        )
    elif (
        target is not context.reader
        and context.place & Place.ACTION
        and "tracked properties" in context.where
    ):
        problems.warning(
            "TrackedPropertiesEvaluationFailed",
            use.pointer,
            f"In {context.where}: tracked properties see their own action only, not '{target.action.name}'.",
            use.span,
        )
    elif not _may_read(context, target, outline):
        (problems.warning if outline.implicit_order else problems.error)(
            "InvalidTemplate",
            use.pointer,
            f"In {context.where}: the action '{target.action.name}' cannot be read here, because it need not "
            "have "
            "finished: it comes neither before this one by 'runAfter' nor before a container of it.",
            use.span,
        )


def _may_read(context: Context, target: Sibling, outline: Outline) -> bool:
    reader = context.reader
    if reader is None or outline.finished_before(target, reader):
        return True
    if target is reader:
        return bool(context.place & Place.ACTION)
    return context.inside is not None and context.inside in target.enclosing()


def _check_loop(use: Use, outline: Outline, problems: Problems) -> None:
    name, context = use.reference.name, use.context
    function = use.reference.function
    loop = outline.find(name)
    around = list(context.reader.enclosing()) if context.reader else []
    if context.inside is not None:
        around.append(context.inside)
    if loop is None or loop not in around or not loop.action.is_loop:
        what = "is not defined" if loop is None else "is not a loop around it"
        problems.error(
            "InvalidTemplate",
            use.pointer,
            f"In {context.where}: {function}('{name}') names a loop that {what}.",
            use.span,
        )
