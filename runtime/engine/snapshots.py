"""A state as plain lists and back, so that a long history need not be folded from its beginning.

A snapshot is a shortcut and never the truth: whoever cannot read one folds the history. `SCHEMA` names the
shape of everything in it; a release that has another shape leaves the snapshot alone. The law:
`load(dump(fold(history[:n])))` folded with the rest equals `fold(history)`.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any

from msgspec.structs import astuple
from msgspec.structs import fields as members

from runtime.engine.events import Outcome, ResponseGiven, RunStarted
from runtime.engine.state import Effort, Loop, Record, RunState, Tally, Try, Turn, Variable

_NAMES = {cls: tuple(field.name for field in fields(cls)) for cls in (Try, Effort, Turn, Tally, Loop, Record)}
_SHAPE = [
    *((cls.__name__, names) for cls, names in _NAMES.items()),
    ("RunState", tuple(field.name for field in fields(RunState))),
    *(
        (cls.__name__, tuple(member.name for member in members(cls)))
        for cls in (RunStarted, ResponseGiven, Outcome)
    ),
    ("layout", 1),
]
SCHEMA = hashlib.blake2b(repr(_SHAPE).encode(), digest_size=12).hexdigest()


def dump(state: RunState) -> list[Any]:
    """Lists, strings, numbers, times, Refs and Outcomes; what it shares with the state is not to be
    changed.
    """
    return [
        list(astuple(state.run)) if state.run else None,
        list(astuple(state.response)) if state.response else None,
        [
            state.status, state.code, state.error, state.outputs, state.started, state.ended,
            state.response_expired, state.cancelled_by, state.expired, state.first_failed,
        ],
        [
            [name, [[repetition, _record(record)] for repetition, record in records.items()]]
            for name, records in state.records.items()
        ],
        [[name, _plain(tally)] for name, tally in state.tallies.items()],
        [[name, *variable.parts()] for name, variable in state.variables.items()],
    ]  # fmt: skip


def load(given: list[Any]) -> RunState:
    """The inverse of `dump`. What it is given becomes part of the state."""
    run, response, facts, records, tallies, variables = given
    state = RunState.empty()
    state.run = RunStarted(*run) if run else None
    state.response = ResponseGiven(*response) if response else None
    (
        state.status, state.code, state.error, state.outputs, state.started, state.ended,
        state.response_expired, state.cancelled_by, state.expired, state.first_failed,
    ) = facts  # fmt: skip
    for name, held in records:
        state.records[name] = {tuple(repetition): _read_record(parts) for repetition, parts in held}
    state.tallies = {name: Tally(*parts) for name, parts in tallies}
    state.variables = {name: Variable.of(*parts) for name, *parts in variables}
    return state


def _plain(value: Any) -> list[Any]:
    return [getattr(value, name) for name in _NAMES[type(value)]]


def _record(record: Record) -> list[Any]:
    parts: list[Any] = [
        record.status, record.code, record.started, record.ended, record.inputs, record.outputs, record.error,
        record.tracked, record.branch,
    ]  # fmt: skip
    if record.loop is not None or record.effort is not None:
        parts.append(_loop(record.loop) if record.loop else None)
        parts.append(_effort(record.effort) if record.effort else None)
    return parts


def _loop(loop: Loop) -> list[Any]:
    turns = [[index, turn.status, turn.code, turn.started, turn.ended] for index, turn in loop.turns.items()]
    return [loop.count, turns, loop.counts, loop.again]


def _effort(effort: Effort) -> list[Any]:
    parts = _plain(effort)
    parts[-1] = [_plain(one) for one in effort.tries]
    return parts


def _read_record(parts: list[Any]) -> Record:
    record = Record(*parts[:9])
    if len(parts) > 9:
        loop, effort = parts[9:]
        if loop is not None:
            count, turns, counts, again = loop
            record.loop = Loop(count, {turn[0]: Turn(*turn[1:]) for turn in turns}, counts, again)
        if effort is not None:
            effort[-1] = [Try(*one) for one in effort[-1]]
            record.effort = Effort(*effort)
    return record
