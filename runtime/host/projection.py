"""What lists and the canvas see of a run, computed from its folded state: never values, except on demand.

Law: the snapshot at row n, with the entries of the changes after n put over it, is the snapshot at row m.
It holds because both take whole entries from the same function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from runtime.engine.events import Event, Repetition
from runtime.engine.plan import Plan
from runtime.engine.state import Loop, Record, RunState
from runtime.host.active import ActiveRun
from runtime.language.values import Json
from runtime.store import codec
from runtime.targets import without_secrets

# Of a loop's repetitions a change names at most these; the counts always cover all.
SHOWN_REPETITIONS = 200
_COUNTED = {
    "Succeeded": "succeeded", "Failed": "failed", "TimedOut": "failed", "Skipped": "skipped",
    "Cancelled": "cancelled", "Aborted": "cancelled",
}  # fmt: skip


def time_text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def repetition_text(repetition: Repetition) -> str:
    return "-".join(map(str, repetition))


def entry(record: Record) -> dict[str, Any]:
    """One execution: status, times, tries."""
    effort = record.effort
    shown: dict[str, Any] = {
        "status": record.status,
        "code": record.code if record.code != "NotSpecified" else None,
        "startedAt": time_text(record.started),
        "endedAt": time_text(record.ended),
        "tries": len(effort.tries) if effort else 0,
    }
    if record.error:
        shown["error"] = _short(record.error)
    return shown


def _short(error: Json) -> dict[str, str]:
    if not isinstance(error, dict):
        return {"code": "", "message": ""}
    return {"code": str(error.get("code", "")), "message": str(error.get("message", ""))[:2000]}


def action_entry(state: RunState, name: str) -> dict[str, Any] | None:
    """What the card of an action shows; of an action inside loops, its repetitions taken together."""
    records = state.records.get(name)
    if not records:
        return None
    only = records.get(())
    if only is not None:
        shown = entry(only)
        if only.loop is not None:
            loop = only.loop
            begun = loop.count if loop.count is not None else len(loop.turns) + (only.ended is None)
            shown["repetitions"] = _counts(begun, loop.counts)
        return shown
    tally = state.tallies[name]
    counts = _counts(tally.begun, tally.counts)
    status = _status_of(counts)
    shown = {
        "status": status,
        "code": None,
        "startedAt": time_text(tally.started),
        "endedAt": time_text(tally.ended) if status != "Running" else None,
        "tries": tally.tries,
        "repetitions": counts,
    }
    if tally.error:
        shown["error"] = _short(tally.error)
    return shown


def _counts(total: int, ended: Mapping[str, int]) -> dict[str, int]:
    """Executions, or turns of a loop, by what became of them; what has not ended counts as running."""
    counts = dict.fromkeys(("succeeded", "failed", "running", "skipped", "cancelled"), 0)
    for status, count in ended.items():
        counts[_COUNTED.get(status, "cancelled")] += count
    counts["running"] = total - sum(ended.values())
    return {"total": total, **counts}


def _status_of(counts: Mapping[str, int]) -> str:
    for name, status in (("running", "Running"), ("failed", "Failed"), ("cancelled", "Cancelled")):
        if counts[name]:
            return status
    return "Succeeded" if counts["succeeded"] else "Skipped"


def snapshot_actions(state: RunState) -> dict[str, dict[str, Any]]:
    return {name: shown for name in state.records if (shown := action_entry(state, name)) is not None}


def changes(state: RunState, events: Iterable[Event], seq: int) -> dict[str, Any]:
    """What the events (already in the state) changed: `{"seq", "actions", "run"?}`."""
    names: dict[str, dict[Repetition, None]] = {}
    for event in events:
        name = getattr(event, "name", None)
        if isinstance(name, str) and name in state.records:
            names.setdefault(name, {})[getattr(event, "repetition", ())] = None
    actions: list[dict[str, Any]] = []
    for name, repetitions in names.items():
        shown = action_entry(state, name)
        if shown is not None:
            actions.append({"action": name, "repetition": "", "seq": seq, **shown})
        for repetition in list(repetitions)[-SHOWN_REPETITIONS:]:
            record = state.record(name, repetition) if repetition else None
            if record is not None:
                actions.append(
                    {"action": name, "repetition": repetition_text(repetition), "seq": seq, **entry(record)}
                )
    change: dict[str, Any] = {"seq": seq, "actions": actions}
    if state.ended is not None:
        change["run"] = {
            "status": state.status,
            "endedAt": time_text(state.ended),
            "code": state.code if state.code != "NotSpecified" else None,
            "error": _short(state.error) if state.error else None,
        }
    return change


def detail(state: RunState, plan: Plan | None, name: str, repetition: Repetition) -> dict[str, Any] | None:
    """One execution with its values; secured ones are withheld and named in `secured`."""
    record = state.record(name, repetition)
    if record is None:
        return None
    secured = [
        side
        for side, names in (("inputs", plan.secured_inputs), ("outputs", plan.secured_outputs))
        if name in names
    ] if plan else []  # fmt: skip
    planned = plan.find(name) if plan else None
    inputs = without_secrets(planned.type, record.inputs) if planned else record.inputs
    return {
        "name": name,
        "repetition": repetition_text(repetition),
        **entry(record),
        "error": record.error,
        "inputs": None if "inputs" in secured else inputs,
        "outputs": None if "outputs" in secured else record.outputs,
        "trackedProperties": record.tracked if planned is None or planned.tracked is not None else None,
        "secured": secured,
        "tries": _tries(record),
    }


def _tries(record: Record) -> list[dict[str, Any]]:
    tries = record.effort.tries if record.effort else []
    return [
        {
            "number": item.attempt,
            "status": ("Failed" if item.error or not _fine(item.code) else "Succeeded")
            if item.ended
            else "Running",
            "code": item.code or None,
            "startedAt": time_text(item.started),
            "endedAt": time_text(item.ended),
            "error": item.error,
            "interrupted": item.interrupted,
        }
        for item in tries
    ]


def _fine(code: str) -> bool:
    return code in ("OK", "Created", "Accepted", "NoContent", "Succeeded", "") or code.startswith("2")


def repetitions(
    state: RunState, name: str, parent: Sequence[int], status: str | None, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Executions of an action under the given turns of its outer loops, in order, from the `after`th on."""
    prefix = tuple(parent)
    own = state.record(name, prefix)
    if own is not None and own.loop is not None:
        return _turns(own.loop, prefix, status, after, limit)
    found = sorted(
        repetition
        for repetition, record in state.records.get(name, {}).items()
        if repetition[: len(prefix)] == prefix and (status is None or record.status == status)
    )
    shown = found[after : after + limit]
    items = [
        {"repetition": repetition_text(repetition), **entry(state.records[name][repetition])}
        for repetition in shown
    ]
    return items, (after + limit if after + limit < len(found) else None)


def _turns(
    loop: Loop, prefix: Repetition, status: str | None, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """The finished turns of one execution of a loop; the last number of the repetition is the turn."""
    found = sorted(index for index, turn in loop.turns.items() if status in (None, turn.status))
    items = []
    for index in found[after : after + limit]:
        turn = loop.turns[index]
        items.append(
            {
                "repetition": repetition_text((*prefix, index)),
                "status": turn.status,
                "code": turn.code if turn.code != "NotSpecified" else None,
                "startedAt": time_text(turn.started),
                "endedAt": time_text(turn.ended),
                "tries": 0,
            }
        )
    return items, (after + limit if after + limit < len(found) else None)


def summary_bytes(run: ActiveRun) -> bytes | None:
    """The snapshot of a run as it is stored at its waits and its end."""
    return codec.pack_value(snapshot_actions(run.state))


def snapshot_from(data: bytes) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = codec.unpack_value(data)
    return found
