"""What an operation raises, and what a form says about bad values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ConnectorError(Exception):
    """An operation could not do its work; the message is shown to people as it is.

    `code` becomes the action's code (`reference 12`), `status` is the HTTP-like number where the other side
    gave one. `retryable` lets the retry policy of the action try again, not before `retry_after` seconds.
    Never put a secret into the message.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "ActionFailed",
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        outputs: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after
        self.outputs = outputs


class ConnectionRefused(ConnectorError):
    """The egress check does not let this connection out (`code` is AddressNotAllowed)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="AddressNotAllowed")


class SignInFailed(ConnectorError):
    """The other side did not accept the connection's credentials: trying again cannot help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="Unauthorized", status=401)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a value: where (JSON pointer into the form's object) and a sentence."""

    pointer: str
    message: str


class FormError(ConnectorError):
    """The values do not fit the form; `faults` names every field."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(fault.message for fault in faults), code="InvalidInputs")
