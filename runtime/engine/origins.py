"""Which server an address is of: what was meant for one must not follow a `Location` to another."""

from __future__ import annotations

from urllib.parse import urlsplit

from runtime.language.values import Json

_PORTS = {"http": 80, "https": 443}


def same_origin(one: Json, other: Json) -> bool:
    """Scheme, host and port are the same. False where one of them is no address."""
    found = _origin(one)
    return found is not None and found == _origin(other)


def _origin(address: Json) -> tuple[str, str, int | None] | None:
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS.get(parts.scheme)


def moved(inputs: dict[str, Json], location: Json) -> dict[str, Json]:
    """The inputs of a request, sent to `location` instead; credentials and headers stay with their server."""
    if same_origin(inputs.get("uri"), location):
        return {**inputs, "uri": location}
    return {
        **{name: value for name, value in inputs.items() if name.lower() not in _OF_ITS_SERVER},
        "uri": location,
    }


_OF_ITS_SERVER = frozenset({"authentication", "headers", "cookie", "body"})
