"""Parameter values beside a definition: those of secure parameters are sealed wherever they are stored."""

from __future__ import annotations

import base64
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from connectors import secrets
from runtime.language.definition import Definition
from runtime.language.values import Json, dumps, loads

_MARK: Final = "$sealed"
_PURPOSE: Final = "parameter"


def is_sealed(value: Json) -> bool:
    return isinstance(value, dict) and list(value) == [_MARK] and isinstance(value[_MARK], str)


def _seal(tenant_id: UUID, value: Json) -> Json:
    data = secrets.seal(tenant_id, dumps(value).encode(), purpose=_PURPOSE)
    return {_MARK: base64.b64encode(data).decode()}


def seal_values(tenant_id: UUID, definition: Definition, values: Mapping[str, Json]) -> dict[str, Json]:
    """The values as they may be stored: what belongs to a secure parameter cannot be read in a row."""
    secure = _secure(definition)
    return {
        name: _seal(tenant_id, value) if name.casefold() in secure and not is_sealed(value) else value
        for name, value in values.items()
    }


def open_values(tenant_id: UUID, definition: Definition, values: Mapping[str, Json]) -> dict[str, Json]:
    """The values as runs read them. One whose parameter is not secure any more counts as never given, or a
    change of its type would bring it to light; so does one that no longer opens.
    """
    secure = _secure(definition)
    found: dict[str, Json] = {}
    for name, value in values.items():
        if not isinstance(value, dict) or not is_sealed(value):
            found[name] = value
        elif name.casefold() in secure:
            try:
                data = base64.b64decode(str(value[_MARK]), validate=True)
                found[name] = loads(secrets.open_(tenant_id, data, purpose=_PURPOSE).decode())
            except (secrets.SealBroken, NotBase64):
                continue
    return found


def _secure(definition: Definition) -> set[str]:
    return {name.casefold() for name, declared in definition.parameters.items() if declared.secure}
