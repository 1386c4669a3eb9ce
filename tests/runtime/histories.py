"""Long histories as journal rows, made by the engine itself."""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Any

from runtime.engine.entropy import Entropy
from runtime.engine.events import Continue, Event, RunStarted
from runtime.engine.machine import react
from runtime.engine.state import RunState
from runtime.host.plans import plan_of
from runtime.store import codec
from runtime.store.records import JournalEntry, VersionText
from tests.runtime.worlds import compose, definition


def long_history(items: int, row: int = 500) -> list[JournalEntry]:
    """A loop of so many items with a step each: two events an item."""
    loop = {
        "type": "Foreach",
        "foreach": f"@range(0, {items})",
        "actions": {"Step": compose("@add(item(), 1)")},
    }
    text = json.dumps({"definition": definition({"Loop": loop}), "kind": "Stateful"})
    plan = plan_of(VersionText(uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), "w", "t", 1, text, "{}")).plan
    state, now, entropy = RunState.empty(), datetime.now(UTC), Entropy(os.urandom(32))
    about = {"id": "x", "name": "w", "version": "1"}
    event: Any = RunStarted("r", about, "manual", {"name": "manual"}, "t", False, None, "")
    events: list[Event] = []
    while True:
        reaction = react(plan, state, event, now, entropy)
        events += reaction.events
        if not reaction.more:
            break
        event = Continue()
    return [
        JournalEntry(at // row + 1, now, codec.pack_events(events[at : at + row]))
        for at in range(0, len(events), row)
    ]
