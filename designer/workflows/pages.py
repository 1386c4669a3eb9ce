"""Cursor pages: stable while rows are added, because a cursor names the last row seen, not a position."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from designer.tenants.errors import FieldsInvalid
from runtime.language.values import dumps, loads

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: list[Item]
    next_cursor: str | None


def encode_cursor(*values: str) -> str:
    return base64.urlsafe_b64encode(dumps(list(values)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[str]:
    try:
        values: Any = loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not (isinstance(values, list) and len(values) == parts and all(type(item) is str for item in values)):
        raise FieldsInvalid({"cursor": ["This cursor is not one this list has given."]})
    return values


def page_by_number(rows: QuerySet[Row], column: str, cursor: str | None, size: int = PAGE_SIZE) -> Page[Row]:
    """Newest number first."""
    if cursor:
        (last,) = decode_cursor(cursor, 1)
        if not last.isdecimal() or len(last) > 18:
            raise FieldsInvalid({"cursor": ["This cursor is not one this list has given."]})
        rows = rows.filter(**{f"{column}__lt": int(last)})
    items = list(rows[: size + 1])
    more = len(items) > size
    return Page(items[:size], encode_cursor(str(getattr(items[size - 1], column))) if more else None)


def page_by_text(
    rows: QuerySet[Row], column: str, cursor: str | None, *, descending: bool, size: int = PAGE_SIZE
) -> Page[Row]:
    """Ordered by a column, then by id."""
    rows = rows.order_by(f"{'-' if descending else ''}{column}", f"{'-' if descending else ''}id")
    if cursor:
        value, last_id = decode_cursor(cursor, 2)
        try:
            field: Any = rows.model._meta.get_field(column)
            field.to_python(value)
            UUID(last_id)
        except (ValidationError, ValueError):
            raise FieldsInvalid({"cursor": ["This cursor is not one this list has given."]}) from None
        step = "lt" if descending else "gt"
        rows = rows.filter(Q(**{f"{column}__{step}": value}) | Q(**{column: value, f"id__{step}": last_id}))
    items = list(rows[: size + 1])
    if len(items) <= size:
        return Page(items, None)
    last = items[size - 1]
    value = getattr(last, column)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return Page(items[:size], encode_cursor(text, str(last.pk)))
