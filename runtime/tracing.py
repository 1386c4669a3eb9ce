"""OpenTelemetry traces: one per run, whose id is the run's id, with a span for the arrival and each action.

Off, and costing one comparison a turn, until `OTEL_EXPORTER_OTLP_ENDPOINT` is set; the packages come with the
extra `traces`. Spans are made afterwards, from the facts that are journaled, so every process adds its part
without a context being handed on. Names, statuses and codes are told; values never are.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from runtime.engine.events import ActionEnded, ActionStarted, Event, RunEnded, address

log = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# Of a loop the first turns are told: a trace of 100,000 spans is of no use to anybody.
TURNS = 100
MOST_BEGUN = 100_000
_FAILED = {"Failed", "TimedOut", "Aborted"}

active: Tracer | None = None


class Tracer:
    """Makes spans and gives them to a processor of the SDK, which sends them in the background."""

    def __init__(self, processor: Any, share: float = 1.0) -> None:
        """`share` of the runs, 0 to 1, is traced: the same ones in every process."""
        self._processor, self._share = processor, share
        self._api = importlib.import_module("opentelemetry.trace")
        self._sdk = importlib.import_module("opentelemetry.sdk.trace")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        self._resource = resources.Resource.create(
            {"service.name": os.environ.get("OTEL_SERVICE_NAME", "millrace")}
        )
        self._scope = importlib.import_module("opentelemetry.sdk.util.instrumentation").InstrumentationScope(
            "millrace"
        )
        self._begun: OrderedDict[tuple[UUID, str], datetime] = OrderedDict()

    def arrived(self, run: UUID, about: Mapping[str, str], began: datetime, stored: datetime) -> None:
        """A call was accepted: it is durable from `stored` on, under this id."""
        if self._chosen(run):
            self._span(run, "arrival", "arrival", began, stored, about, kind="SERVER")

    def happened(self, run: UUID, about: Mapping[str, str], events: Iterable[Event]) -> None:
        """What one turn of a run has produced."""
        if not self._chosen(run):
            return
        for event in events:
            kind = type(event)
            if kind is ActionStarted:
                self._begin(run, event)  # type: ignore[arg-type]
            elif kind is ActionEnded:
                self._action(run, about, event)  # type: ignore[arg-type]
            elif kind is RunEnded:
                ended: Any = event
                self._span(
                    run,
                    "",
                    about.get("workflow", "run"),
                    _begun_at(run),
                    ended.at,
                    about,
                    ended.status,
                    ended.code,
                )

    def close(self) -> None:
        """Send what is left. Blocking."""
        self._processor.shutdown()

    def _begin(self, run: UUID, event: ActionStarted) -> None:
        self._begun[run, address(event.name, event.repetition)] = event.at
        if len(self._begun) > MOST_BEGUN:
            self._begun.popitem(last=False)

    def _action(self, run: UUID, about: Mapping[str, str], event: ActionEnded) -> None:
        place = address(event.name, event.repetition)
        began = self._begun.pop((run, place), event.at)
        if any(turn >= TURNS for turn in event.repetition):
            return
        more = {**about, "action": event.name}
        if event.repetition:
            more["repetition"] = "-".join(map(str, event.repetition))
        self._span(run, place, event.name, began, event.at, more, event.status, event.code)

    def _chosen(self, run: UUID) -> bool:
        return self._share >= 1 or (run.int & 0xFFFFFFFF) / 2**32 < self._share

    def _span(
        self, run: UUID, place: str, name: str, began: datetime, ended: datetime, about: Mapping[str, str],
        status: str = "", code: str = "", kind: str = "INTERNAL",
    ) -> None:  # fmt: skip
        api = self._api
        attributes = {
            "millrace.run.id": str(run),
            **{f"millrace.{key}": value for key, value in about.items()},
        }
        if status:
            attributes |= {"millrace.status": status, "millrace.code": code}
        failed = api.Status(api.StatusCode.ERROR, code) if status in _FAILED else api.Status()
        self._processor.on_end(
            self._sdk.ReadableSpan(
                name, self._context(run, place), self._context(run, "") if place else None, self._resource,
                attributes, kind=api.SpanKind[kind], status=failed, instrumentation_scope=self._scope,
                start_time=_nanoseconds(min(began, ended)), end_time=_nanoseconds(ended),
            )
        )  # fmt: skip

    def _context(self, run: UUID, place: str) -> Any:
        """The same span has the same id wherever it is made, also after a crash."""
        digest = hashlib.blake2b(run.bytes + place.encode(), digest_size=8).digest()
        return self._api.SpanContext(
            run.int, int.from_bytes(digest, "big") or 1, False, self._api.TraceFlags(1)
        )


def begin() -> None:
    """Where the environment asks for traces, start sending them."""
    global active
    if active is not None or not any(os.environ.get(name) for name in ENDPOINTS):
        return
    try:
        exporter = importlib.import_module(
            "opentelemetry.exporter.otlp.proto.http.trace_exporter"
        ).OTLPSpanExporter()
        processor = importlib.import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(exporter)
        active = Tracer(processor, _share(os.environ.get("OTEL_TRACES_SAMPLER_ARG", "")))
    except ImportError:
        log.error(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, but their packages are missing: "
            "pip install 'millrace[traces]'"
        )


def end() -> None:
    """Send what is left and stop. Blocking."""
    global active
    if active is not None:
        ending, active = active, None
        ending.close()


def _share(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text))) if text else 1.0
    except ValueError:
        log.warning("OTEL_TRACES_SAMPLER_ARG is no number between 0 and 1: all runs are traced")
        return 1.0


def _begun_at(run: UUID) -> datetime:
    """Ids of runs begin with the moment of their arrival, in milliseconds."""
    return datetime.fromtimestamp((run.int >> 80) / 1000, tz=UTC)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
