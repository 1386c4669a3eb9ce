"""What a host tells about itself with every heartbeat: figures, and when it last looked around."""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runtime.figures import Histogram
from runtime.store.writer import Writer

if TYPE_CHECKING:
    from runtime.host.loop import Host

# The loops of a host that find what is due and what is lost. A host whose loops stand still is no sweeper.
SWEEPS = ("timers", "looks")


# Use of more tenants than this in one process is told as that of nobody in particular.
MOST_TENANTS = 500


@dataclass(slots=True)
class Use:
    """What one tenant has used of one process."""

    runs: int = 0
    engine_seconds: float = 0.0
    operations: int = 0
    operation_seconds: float = 0.0


class Watch:
    """Times of one host. Lives on its loop; others read."""

    def __init__(self) -> None:
        self.turn_seconds = Histogram()
        self.effect_seconds: dict[str, Histogram] = {}
        self.ended: dict[str, int] = {}
        self.use: dict[UUID | None, Use] = {}
        self.in_flight = 0
        self._swept: dict[str, float] = {}

    def swept(self, name: str) -> None:
        self._swept[name] = time.monotonic()

    def turn(self, tenant: UUID, seconds: float) -> None:
        self.turn_seconds.observe(seconds)
        self._use(tenant).engine_seconds += seconds

    def effect(self, tenant: UUID, kind: str, seconds: float) -> None:
        use = self._use(tenant)
        use.operations += 1
        use.operation_seconds += seconds
        histogram = self.effect_seconds.get(kind)
        if histogram is None:
            histogram = self.effect_seconds[kind] = Histogram()
        histogram.observe(seconds)

    def run_ended(self, tenant: UUID, status: str) -> None:
        self.ended[status] = self.ended.get(status, 0) + 1
        self._use(tenant).runs += 1

    def _use(self, tenant: UUID) -> Use:
        use = self.use.get(tenant)
        if use is not None:
            return use
        return self.use.setdefault(tenant if len(self.use) < MOST_TENANTS else None, Use())

    @property
    def sweep_age(self) -> float | None:
        """Seconds since the slower of the sweeping loops last came round; None before both have once."""
        moments = [self._swept.get(name) for name in SWEEPS]
        known = [moment for moment in moments if moment is not None]
        return time.monotonic() - min(known) if len(known) == len(SWEEPS) else None


def of_writer(writer: Writer) -> dict[str, Any]:
    figures = writer.figures
    return {
        "commits": figures.commits,
        "refused": figures.refused,
        "unwritten": writer.waiting,
        "commit_seconds": figures.commit_seconds.dump(),
        "commit_rows": figures.commit_rows.dump(),
    }


def of_host(host: Host, writer: Writer, abandoned: int) -> dict[str, Any]:
    """Plain JSON; see `runtime.metrics` for what each number means."""
    watch = host.watch
    return {
        **of_writer(writer),
        "queues": sorted(host.queues),
        "clock": time.time(),
        "counts": dict(host.figures),
        "ended": dict(watch.ended),
        "runs": len(host.runs),
        "in_flight": watch.in_flight,
        "abandoned": abandoned,
        "unreadable_snapshots": host.snapshots.unreadable,
        "turn_seconds": watch.turn_seconds.dump(),
        "use": {str(tenant or ""): astuple(use) for tenant, use in list(watch.use.items())},
        "effect_seconds": {kind: held.dump() for kind, held in list(watch.effect_seconds.items())},
    }
