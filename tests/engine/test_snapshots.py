"""The law of snapshots: taken after any event and folded on, the state is what the whole history comes to."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from runtime.engine import snapshots
from runtime.engine.state import RunState, fold
from runtime.host.snapshots import packed, unpacked
from runtime.language.values import Ref
from tests.engine.test_histories import EVENTS, FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_can_go_on_from_a_snapshot_after_any_event(path: Path) -> None:
    events = EVENTS.decode(msgspec.json.encode(json.loads(path.read_text("utf-8"))["events"]))
    whole = fold(events, RunState.empty())
    for cut in range(len(events) + 1):
        begun = fold(events[:cut], RunState.empty())
        restored = unpacked(packed(begun))
        assert restored == begun
        assert fold(events[cut:], restored) == whole


def test_values_kept_elsewhere_and_what_was_appended_stay_apart() -> None:
    from runtime.engine.events import VariableSet

    ref = Ref("h", 10_000, "Array")
    set_first = VariableSet(name="a", value=ref, type="array")
    state = fold([set_first, VariableSet(name="a", value=5, append=True)], RunState.empty())
    restored = unpacked(packed(state))
    assert restored == state
    assert restored.variables["a"].parts() == ("array", ref, [5])


def test_the_shape_is_named() -> None:
    """A changed shape must change the name. Whoever changes a field writes the new name here, knowingly."""
    assert snapshots.SCHEMA == "b4ae019664bad5250f6982e8"
