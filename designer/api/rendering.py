"""JSON out, in the spelling of the language: 1.0 stays 1.0, a decimal and a long integer
keep their digits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from runtime.language.values import dumps


def wire_time(value: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as browsers print it."""
    if value is None:
        return None
    return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JSONRenderer(BaseRenderer):
    """Presenters hand over plain JSON values: ids and times are text already."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data).encode()
