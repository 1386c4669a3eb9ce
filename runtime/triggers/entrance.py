"""What can come of an inbox row, in words of the host."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from runtime.language.values import Json, Ref
from runtime.store.records import BatchMessage, InboxRow, Key, Slots


class TriggerRefused(Exception):
    """The arrival cannot start a run, now or later; the message says why."""


class NeedsContent(Exception):
    """A condition or splitOn looks into a value that is not in memory."""

    def __init__(self, refs: tuple[Ref, ...]) -> None:
        super().__init__(f"{len(refs)} stored values are needed")
        self.refs = refs


@dataclass(slots=True)
class Start:
    """One run to start: the trigger record it sees."""

    run_id: UUID
    record: dict[str, Json]
    client_tracking_id: str


@dataclass(slots=True)
class Entrance:
    """How a row ends (`models.Inbox.STATES`) and the runs it starts."""

    state: str = "started"
    detail: str = ""
    starts: list[Start] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    slots: Slots | None = None
    message: BatchMessage | None = None
    inbox: list[InboxRow] = field(default_factory=list)
