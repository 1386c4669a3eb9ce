"""What is counted and timed while runs are carried out, and the text in which Prometheus reads it.

Counting costs an addition: figures are plain numbers that belong to one thread, and whoever shows them copies
them. A process tells its figures with its heartbeat, so any web process can show those of all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)

Labels = Mapping[str, object]


class Histogram:
    """How many values were at most each bound; not safe to observe from two threads at once."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def dump(self) -> dict[str, Any]:
        """Plain JSON, for `Exposition.histogram`."""
        return {"bounds": list(self.bounds), "counts": list(self.counts), "total": self.total}


class Exposition:
    """Text format 0.0.4: one family after the other, each with its help and type once."""

    def __init__(self) -> None:
        self._families: dict[str, list[str]] = {}

    def declare(self, name: str, kind: str, meaning: str) -> None:
        self._families[name] = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]

    def put(self, name: str, value: float, labels: Labels | None = None) -> None:
        self._families[name].append(f"{name}{_labels(labels)} {_number(value)}")

    def histogram(self, name: str, dumped: Mapping[str, Any], labels: Labels | None = None) -> None:
        lines, reached = self._families[name], 0
        bounds: Iterable[object] = [*map(_number, dumped["bounds"]), "+Inf"]
        for bound, count in zip(bounds, dumped["counts"], strict=True):
            reached += count
            lines.append(f"{name}_bucket{_labels({**(labels or {}), 'le': bound})} {reached}")
        lines.append(f"{name}_sum{_labels(labels)} {_number(dumped['total'])}")
        lines.append(f"{name}_count{_labels(labels)} {reached}")

    def text(self) -> str:
        return "\n".join(line for lines in self._families.values() for line in lines) + "\n"


def _labels(labels: Labels | None) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) else repr(float(value))
