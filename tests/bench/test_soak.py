"""The short form of `make soak`: a minute in parts of six seconds, at a load any machine carries."""

from __future__ import annotations

import pytest

from tests.bench import server
from tests.bench.soak import Minute, soak, verdict


@pytest.mark.slow
def test_memory_and_latency_stay_flat_for_a_minute() -> None:
    with server.embedded() as running:
        assert soak(running, 10, rate=20, seconds=6) == []


def test_growth_is_told() -> None:
    minutes = [Minute(number, memory=100 + 10 * number, times=[5.0, 6.0]) for number in range(30)]
    assert [sentence.split(" from ")[0] for sentence in verdict(minutes)] == ["memory grew"]
    slower = [Minute(number, memory=100, times=[number + 1.0, 3 * number + 1.0]) for number in range(30)]
    assert [sentence.split(" from ")[0] for sentence in verdict(slower)] == ["p50 grew"]
    failing = [Minute(number, errors=number == 7) for number in range(30)]
    assert list(verdict(failing)) == ["1 requests failed"]
