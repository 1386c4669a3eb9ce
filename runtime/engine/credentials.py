"""Credentials among the inputs of a call: the call carries them, records never show them (reference 6.2)."""

from __future__ import annotations

from collections.abc import Callable

from runtime.language.values import Json

SANITIZED = "*sanitized*"
_SECRET_MEMBERS = frozenset(("password", "secret", "pfx", "value"))
_SECRET_HEADERS = frozenset(("authorization", "ocp-apim-subscription-key"))
_PARTS = frozenset(("authentication", "headers", "subscribe", "unsubscribe", "subscriptionkey", "cookie"))


def may_hold_credentials(inputs: Json) -> bool:
    """Whether the inputs, as written or evaluated, have a member that `without_credentials` looks at."""
    return isinstance(inputs, str) or (
        isinstance(inputs, dict) and any(name.lower() in _PARTS for name in inputs)
    )


def without_credentials(inputs: Json) -> Json:
    """The inputs of an HTTP call, or of a subscription, without passwords, keys and cookies."""
    if not isinstance(inputs, dict) or not may_hold_credentials(inputs):
        return inputs
    shown = dict(inputs)
    for name, value in inputs.items():
        key = name.lower()
        if key == "authentication":
            shown[name] = hide(value, _SECRET_MEMBERS.__contains__)
        elif key == "headers":
            shown[name] = hide(value, _SECRET_HEADERS.__contains__)
        elif key in ("subscribe", "unsubscribe"):
            shown[name] = without_credentials(value)
        elif key in ("subscriptionkey", "cookie") and value:
            shown[name] = SANITIZED
    return shown


def hide(value: Json, secret: Callable[[str], bool]) -> Json:
    """An object with the values of its secret members replaced; `secret` is asked in lower case."""
    if not isinstance(value, dict):
        return value
    return {name: SANITIZED if member and secret(name.lower()) else member for name, member in value.items()}
