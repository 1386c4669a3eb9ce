"""Whether and when an operation is tried again (reference 8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from runtime.engine.codes import whole_number
from runtime.engine.durations import parse_duration
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.language.values import Json

_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(days=1)
_MOST = 90


@dataclass(frozen=True, slots=True)
class Policy:
    """`count` retries; an `exponential` n-th wait lies between D·2^(n-2) and D·2^(n-1), the first from 0."""

    count: int
    interval: timedelta = timedelta(0)
    exponential: bool = False
    minimum: timedelta = _SHORTEST
    maximum: timedelta = _LONGEST

    def wait(self, retry: int, outcome: Outcome, entropy: Entropy) -> timedelta:
        """How long to wait before retry number `retry` (from 1).

        What the other side asks for with Retry-After counts when it is longer.
        """
        if self.exponential:
            upper = self.interval * float(2 ** min(retry - 1, 40))
            lower = timedelta(0) if retry == 1 else upper / 2
            drawn = lower + (upper - lower) * entropy.fraction()
            planned = min(max(drawn, self.minimum), self.maximum)
        else:
            planned = self.interval
        return max(planned, asked_for(outcome))


def asked_for(outcome: Outcome) -> timedelta:
    """How long the other side wants us to wait: a day at most, nothing where it did not say."""
    seconds = outcome.retry_after or 0.0
    return timedelta(seconds=min(seconds, _LONGEST.total_seconds()) if seconds > 0 else 0)  # NaN is not


NONE = Policy(0)
DEFAULT = Policy(4, timedelta(seconds=7.5), True, timedelta(seconds=5), timedelta(seconds=45))


def policy_of(inputs: Json) -> Policy:
    """The policy inside evaluated inputs; what cannot be read is the default of reference 8.1."""
    given = inputs.get("retryPolicy") if isinstance(inputs, dict) else None
    kind = str(given.get("type", "default")).lower() if isinstance(given, dict) else "default"
    if kind == "none":
        return NONE
    if not isinstance(given, dict) or kind not in ("fixed", "exponential"):
        return DEFAULT
    count = _count(given.get("count"))
    interval = _bounded(given.get("interval"), DEFAULT.interval)
    if kind == "fixed":
        return Policy(count, interval)
    minimum = _bounded(given.get("minimumInterval"), _SHORTEST)
    return Policy(
        count, interval, True, minimum, max(minimum, _bounded(given.get("maximumInterval"), _LONGEST))
    )


def is_retryable(outcome: Outcome) -> bool:
    """Whether trying again may help: 408, 429, 5xx, no answer at all."""
    if outcome.status == "Succeeded":
        return False
    if outcome.retryable is not None:
        return outcome.retryable
    status = outcome.outputs.get("statusCode") if isinstance(outcome.outputs, dict) else None
    return isinstance(status, int) and (status in (408, 429) or status >= 500)


def _count(value: Json) -> int:
    number = whole_number(value)
    return DEFAULT.count if number is None else min(max(number, 0), _MOST)


def _bounded(value: Json, otherwise: timedelta) -> timedelta:
    parsed = parse_duration(value)
    return otherwise if parsed is None else min(max(parsed, _SHORTEST), _LONGEST)
