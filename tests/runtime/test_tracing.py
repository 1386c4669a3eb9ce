"""Traces: one per run, from the arrival to each action, the same spans whoever makes them, and never a value."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from runtime import services, tracing
from runtime.engine.events import ActionEnded, ActionStarted, RunEnded
from tests.runtime.worlds import (
    Recorder,
    arrival,
    chain,
    compose,
    definition,
    ended,
    http,
    make_version,
    process,
    read,
)

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="the extra `traces` is not installed")


class Kept:
    """A processor that keeps."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.closed = False

    def on_end(self, span: Any) -> None:
        self.spans.append(span)

    def shutdown(self) -> None:
        self.closed = True


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(tracing, "active", tracing.Tracer(kept))
    return kept


@pytest.mark.usefixtures("database")
async def test_a_run_is_a_trace_with_its_id_and_a_span_for_each_action(kept: Kept) -> None:
    secret = "what nobody may read in a trace"
    steps = chain(
        ("First", compose(secret)), ("Call", http("http://x/1")), ("Last", compose("@body('Call')"))
    )
    version = await read(lambda: make_version(definition(steps)))
    async with process(executor=Recorder()):
        receipt = await services.receive(arrival(version, {"n": secret}))
        run = await ended(receipt.run_id)
    assert run.status == "Succeeded"
    assert kept.closed
    spans = {span.name: span for span in kept.spans}
    assert {"arrival", "First", "Call", "Last"} < set(spans)
    assert {span.context.trace_id for span in kept.spans} == {receipt.run_id.int}
    root = next(span for span in kept.spans if span.parent is None)
    assert all(span.parent.span_id == root.context.span_id for span in kept.spans if span is not root)
    assert len({span.context.span_id for span in kept.spans}) == len(kept.spans) == 5
    assert spans["Call"].attributes["millrace.status"] == "Succeeded"
    assert spans["Call"].attributes["millrace.run.id"] == str(receipt.run_id)
    assert all(span.start_time <= span.end_time for span in kept.spans)
    assert secret not in "".join(span.to_json() for span in kept.spans)


def test_failures_are_marked_and_long_loops_are_cut(kept: Kept) -> None:
    run, at = UUID(str(uuid7())), datetime.now(UTC)
    events = [event for turn in range(300) for event in (ActionStarted(at, "Step", (turn,)), ActionEnded(at, "Step", (turn,), "Failed", "BadRequest"))]  # fmt: skip
    assert tracing.active is not None
    tracing.active.happened(run, {"workflow": "w"}, [*events, RunEnded(at, "Failed", "ActionFailed")])
    assert len(kept.spans) == tracing.TURNS + 1
    assert {span.status.status_code.name for span in kept.spans} == {"ERROR"}


def test_a_share_of_the_runs_is_the_same_everywhere() -> None:
    first, second = tracing.Tracer(Kept(), 0.3), tracing.Tracer(Kept(), 0.3)
    runs = [UUID(str(uuid7())) for _ in range(2000)]
    chosen = [first._chosen(run) for run in runs]
    assert chosen == [second._chosen(run) for run in runs]
    assert 400 < sum(chosen) < 800


def test_nothing_is_traced_unless_asked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tracing, "active", None)
    for name in tracing.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    tracing.begin()
    assert tracing.active is None
    monkeypatch.setenv(tracing.ENDPOINTS[0], "http://127.0.0.1:9")

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(tracing.importlib, "import_module", missing)
    with caplog.at_level(logging.ERROR):
        tracing.begin()
    assert tracing.active is None
    assert "millrace[traces]" in caplog.text
