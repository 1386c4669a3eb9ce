"""Warnings about what is legal but unwise or incomplete: secrets in clear text, connections that are not
there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from runtime.language.definition import Action, Definition, Trigger
from runtime.language.validate.expectations import open_ended
from runtime.language.validate.problems import Problems, below
from runtime.language.validate.structure import Outline
from runtime.language.values import Json

_SECRET_MEMBERS: Final = frozenset({"password", "secret", "pfx", "value"})
_SECRET_HEADERS: Final = re.compile(
    r"(authorization|x-api-key|api-?key|x-functions-key|ocp-apim-subscription-key|x-auth-token)",
    re.IGNORECASE,
)
_SECRET_QUERY: Final = re.compile(
    r"[?&](sig|code|api[-_]?key|access_token|subscription-key)=(?!@|\[)[^&@]{8,}", re.IGNORECASE
)


def check_secrets(definition: Definition, problems: Problems) -> None:
    steps: list[Trigger | Action] = [*definition.triggers.values(), *definition.every_action()]
    for step in steps:
        _secrets_of(step, problems)
    for parameter in definition.parameters.values():
        if parameter.secure and parameter.default not in (None, "", {}) and not open_ended(parameter.default):
            problems.warning(
                "SecretInClearText",
                below(parameter.pointer, "defaultValue"),
                f"The secure parameter '{parameter.name}' has its value in the definition. Remove the "
                "default and supply "
                "the value outside.",
            )


def _secrets_of(step: Trigger | Action, problems: Problems) -> None:
    pointer = below(step.pointer, "inputs")
    inputs = step.inputs if isinstance(step.inputs, dict) else {}
    authentication = inputs.get("authentication")
    for name, value in authentication.items() if isinstance(authentication, dict) else ():
        if name.lower() in _SECRET_MEMBERS and _clear(value):
            _warn(problems, below(pointer, "authentication", name), f"The {name} of '{step.name}'")
    headers = inputs.get("headers")
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if _SECRET_HEADERS.fullmatch(name) and _clear(value):
            _warn(problems, below(pointer, "headers", name), f"The header '{name}' of '{step.name}'")
    for name in ("uri", "url"):
        address = inputs.get(name)
        if isinstance(address, str) and _SECRET_QUERY.search(address):
            _warn(problems, below(pointer, name), f"The key in the address of '{step.name}'")


def _clear(value: Json) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not open_ended(value)


def _warn(problems: Problems, pointer: str, what: str) -> None:
    problems.warning(
        "SecretInClearText",
        pointer,
        f"{what} stands in clear text, where everybody who sees the definition can read it. Use a "
        "SecureString "
        "parameter or a connection.",
    )


def check_connections(outline: Outline, connections: Mapping[str, Json] | None, problems: Problems) -> None:
    """Operations whose connection is not among those supplied; None means that nobody knows."""
    steps: list[Trigger | Action] = [
        *outline.definition.triggers.values(),
        *(s.action for s in outline.every()),
    ]
    known = None if connections is None else _names(connections)
    for step in steps:
        name, place = _connection_of(step)
        if name is None:
            continue
        if known is None or name.lower() not in known:
            problems.warning(
                "MissingConnection",
                below(step.pointer, "inputs", *place),
                f"'{step.name}' uses the connection '{name}', which is not set up. Create a connection for "
                "it, or choose "
                "another one.",
            )


def _names(connections: Mapping[str, Json]) -> frozenset[str]:
    """Names of connections, whether listed directly or by family as in connections.json (reference 1.1)."""
    names: set[str] = set()
    for name, value in connections.items():
        if name.lower().endswith("connections") and isinstance(value, dict):
            names.update(value)
        else:
            names.add(name)
    return frozenset(name.lower() for name in names)


def _connection_of(step: Trigger | Action) -> tuple[str | None, tuple[str, ...]]:
    """The connection an operation names, and where."""
    inputs = step.inputs if isinstance(step.inputs, dict) else {}
    if step.type == "ServiceProvider":
        provider = inputs.get("serviceProviderConfiguration")
        name = provider.get("connectionName") if isinstance(provider, dict) else None
        return _name(name), ("serviceProviderConfiguration", "connectionName")
    if not step.type.startswith(("ApiConnection", "OpenApiConnection")):
        return None, ()
    host = inputs.get("host")
    if not isinstance(host, dict):
        return None, ()
    connection = host.get("connection")
    if isinstance(connection, dict):
        reference = _name(connection.get("referenceName"))
        if reference is not None:
            return reference, ("host", "connection", "referenceName")
        written = connection.get("name")
        match = re.search(r"\$connections'\)\??\['([^']+)'\]", written) if isinstance(written, str) else None
        return (match[1], ("host", "connection", "name")) if match else (None, ())
    return _name(host.get("connectionName")), ("host", "connectionName")


def _name(value: Json) -> str | None:
    return value if isinstance(value, str) and value and not open_ended(value) else None
