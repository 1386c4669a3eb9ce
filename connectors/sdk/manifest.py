"""Manifests: what a connector offers. The declaration is the form, the documentation and the catalogue entry.

    @action(title="Send a message", inputs=Message, outputs=Receipt, effect="write")
    async def send_message(context: Context[Server], message: Message) -> Receipt:
        \"\"\"Sends one message and waits until the server has taken it.\"\"\"

The operation's id is the function's name in camel case (`sendMessage`), its description the docstring.
`def` operations run in a thread, `async def` ones on the event loop.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from connectors.sdk.content import Json
from connectors.sdk.context import Context
from connectors.sdk.forms import Field, Form, camel

Effect = Literal["none", "read", "idempotent", "write"]
Kind = Literal["action", "trigger", "values"]


class Nothing(Form):
    """The inputs of an operation that takes none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with more to say than its value, e.g. an HTTP answer that counts as a failure but has outputs.

    `retryable` and `retry_after` (seconds) are for the action's retry policy.
    """

    value: Any
    code: str = "OK"
    failed: bool = False
    retryable: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """What a polling trigger found: one run per item, and the state to be given back next time."""

    items: list[Json]
    state: Json = None


@dataclass(frozen=True)
class Operation:
    """One action, trigger or list of choices; calling it calls the author's function."""

    id: str
    kind: Kind
    title: str
    description: str
    inputs: type[Form]
    outputs: type[Form] | None
    effect: Effect
    at_most_once: bool
    whole_outputs: bool
    category: str
    keywords: tuple[str, ...]
    advanced: bool
    needs_connection: bool
    handler: Callable[..., Any] = field(repr=False)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.handler)

    def __call__(self, *arguments: Any) -> Any:
        return self.handler(*arguments)

    def outputs_schema(self) -> dict[str, Json]:
        """Schema of the whole outputs object of the action: what the token list is made from."""
        inner: dict[str, Json] = self.outputs.schema() if self.outputs else {}
        if self.whole_outputs:
            return inner
        return {"type": "object", "properties": {"body": {"title": "Body", **inner}}}


def action(
    title: str,
    *,
    inputs: type[Form] = Nothing,
    outputs: type[Form] | None = None,
    effect: Effect,
    at_most_once: bool = False,
    whole_outputs: bool = False,
    category: str = "",
    keywords: tuple[str, ...] = (),
    advanced: bool = False,
    needs_connection: bool = True,
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare an action.

    `effect` says what repeating it does: `none` (pure), `read`, `idempotent` (a second call changes nothing
    more) or `write`. With `at_most_once` a call that a crash interrupted fails instead of being made again.
    `whole_outputs` means that `outputs` describes the outputs object itself rather than its `body`.
    """

    def declare(handler: Callable[..., Any]) -> Operation:
        return _operation(
            "action", handler, title, inputs, outputs, effect, at_most_once, whole_outputs, category,
            keywords, advanced, needs_connection,
        )  # fmt: skip

    return declare


def trigger(
    title: str,
    *,
    inputs: type[Form] = Nothing,
    outputs: type[Form] | None = None,
    category: str = "",
    keywords: tuple[str, ...] = (),
    needs_connection: bool = True,
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare a polling trigger: `handler(context, inputs, state) -> Polled`, called on its recurrence."""

    def declare(handler: Callable[..., Any]) -> Operation:
        return _operation(
            "trigger", handler, title, inputs, outputs, "read", False, False, category, keywords, False,
            needs_connection,
        )  # fmt: skip

    return declare


def choices(title: str, *, inputs: type[Form] = Nothing) -> Callable[[Callable[..., Any]], Operation]:
    """Declare what fills a field's list (`Field(values=...)`): returns a list of (value, title) pairs."""

    def declare(handler: Callable[..., Any]) -> Operation:
        return _operation("values", handler, title, inputs, None, "read", False, False, "", (), False, True)

    return declare


class Browse(Form):
    """What of a tree is asked for: the content of a folder, or whatever is named like `search`."""

    folder: str = Field("", title="Folder", max_length=2_000)
    search: str = Field("", title="Name", max_length=200)


def branches(title: str) -> Callable[[Callable[..., Any]], Operation]:
    """Declare what fills a field's tree (`Field(tree=...)`): gets a `Browse` and returns a list of
    (value, title, is_parent). What is longer than `BRANCHES_LIMIT` is cut there, and said to be.
    """
    return choices(title, inputs=Browse)


# As many as a person looks through; beyond that one searches.
BRANCHES_LIMIT = 500


def _operation(kind: Kind, handler: Callable[..., Any], *rest: Any) -> Operation:
    title, inputs, outputs, effect, at_most_once, whole, category, keywords, advanced, needs = rest
    return Operation(
        id=camel(handler.__name__),
        kind=kind,
        title=title,
        description=inspect.cleandoc(handler.__doc__ or ""),
        inputs=inputs,
        outputs=outputs,
        effect=effect,
        at_most_once=at_most_once,
        whole_outputs=whole,
        category=category,
        keywords=keywords,
        advanced=advanced,
        needs_connection=needs,
        handler=handler,
    )


@dataclass(frozen=True)
class Connector:
    """A connector: one per folder or package, named `connector` in its `manifest.py`.

    `connection` is the form of what has to be known to connect (None when nothing has), `test` is called by
    the "Test" button and answers with a sentence or raises ConnectorError. `color` is `#rrggbb`, `icon` the
    path of an SVG file.
    """

    id: str
    title: str
    description: str
    color: str
    icon: Path
    operations: tuple[Operation, ...]
    connection: type[Form] | None = None
    test: Callable[[Context[Any]], Awaitable[str]] | None = None
    category: str = "Connectors"
    keywords: tuple[str, ...] = ()

    def operation(self, operation_id: str) -> Operation | None:
        """The operation of this id, ignoring case as WDL does."""
        return next((o for o in self.operations if o.id.lower() == operation_id.lower()), None)

    def icon_text(self) -> str:
        """The icon as SVG text."""
        return self.icon.read_text(encoding="utf-8")

    def faults(self) -> list[str]:
        """Everything that is wrong with this manifest, as sentences; what the contract test checks."""
        found = [text for text, wrong in self._checks() if wrong]
        for operation in self.operations:
            where = f"Operation {self.id}.{operation.id}"
            if len(operation.description) < 20:
                found.append(f"{where} has no description: write a docstring of a sentence.")
            if operation.effect not in ("none", "read", "idempotent", "write"):
                found.append(f"{where} declares no effect.")
            for member in operation.inputs.members():
                for values in (member.info.values, member.info.tree):
                    if values and (self.operation(values) is None):
                        found.append(f"{where}: the choices of {member.name} name no operation '{values}'.")
        return found

    def _checks(self) -> list[tuple[str, bool]]:
        ids = [operation.id.lower() for operation in self.operations]
        svg = self.icon_text() if self.icon.is_file() else ""
        return [
            (
                f"The id '{self.id}' must be letters and digits.",
                not re.fullmatch(r"[a-z][A-Za-z0-9]*", self.id),
            ),
            (f"{self.id}: the title is missing.", not self.title),
            (f"{self.id}: the description must be a sentence.", not self.description.endswith(".")),
            (f"{self.id}: the color must look like #1a2b3c.", not re.fullmatch(r"#[0-9a-f]{6}", self.color)),
            (f"{self.id}: the icon must be an SVG file without scripts.", not _clean_svg(svg)),
            (f"{self.id}: there are no operations.", not self.operations),
            (f"{self.id}: two operations have the same id.", len(set(ids)) != len(ids)),
            (
                f"{self.id}: a connection form needs a test.",
                self.connection is not None and self.test is None,
            ),
        ]


def _clean_svg(text: str) -> bool:
    lower = text.lower()
    return lower.lstrip().startswith("<svg") and not any(
        word in lower for word in ("<script", "onload", "href=", "<foreignobject", "<!entity", "javascript:")
    )
