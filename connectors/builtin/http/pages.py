"""Pagination (reference 8.5): whole pages are put together until there are enough items."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from connectors.sdk import HttpRequest, Json

PAGES = 1_000
_NEXT_MEMBERS = ("nextLink", "@odata.nextLink", "odata.nextLink")
_NEXT_HEADER = re.compile(r"<([^<>]*)>\s*;[^,<]*\brel=\"?next\b", re.IGNORECASE)
# What another server than the one they were written for may see. Keys go in headers of any name.
_FOR_ANYBODY = frozenset(
    ("accept", "accept-encoding", "accept-language", "content-type", "prefer", "user-agent")
)


class Pages:
    """The items of all pages so far. The first page gives status, headers and the rest of the body."""

    def __init__(self, sent: HttpRequest, outputs: dict[str, Json], minimum: int) -> None:
        self._sent = sent
        self._minimum = minimum
        self._first = outputs
        self._items: list[Json] = list(_items(outputs) or [])
        self._seen = {sent.url}
        self._next = _next_link(outputs) if _items(outputs) is not None else None

    def next_request(self) -> HttpRequest | None:
        """The request for the next page, None when there is enough or no more."""
        if self._next is None or len(self._items) >= self._minimum or len(self._seen) >= PAGES:
            return None
        url = urljoin(self._sent.url, self._next)
        if url in self._seen:
            return None
        self._seen.add(url)
        headers = self._sent.headers
        if origin(url) != origin(self._sent.url):
            headers = for_anybody(headers)
        certificate = self._sent.certificate if headers is self._sent.headers else None
        return replace(self._sent, method="GET", url=url, headers=headers, body=None, certificate=certificate)

    def add(self, outputs: dict[str, Json]) -> None:
        items = _items(outputs)
        self._items += items or []
        self._next = _next_link(outputs) if items is not None else None

    def outputs(self) -> dict[str, Json]:
        """The first page's outputs with the items of all pages and without its next link."""
        body = self._first.get("body")
        if _items(self._first) is None:
            return self._first
        if isinstance(body, dict):
            kept = {name: value for name, value in body.items() if name not in _NEXT_MEMBERS}
            return {**self._first, "body": {**kept, "value": self._items}}
        return {**self._first, "body": self._items}


def _items(outputs: dict[str, Json]) -> list[Json] | None:
    body = outputs.get("body")
    found = body.get("value") if isinstance(body, dict) else body
    return found if isinstance(found, list) else None


def _next_link(outputs: dict[str, Json]) -> str | None:
    body = outputs.get("body")
    if isinstance(body, dict):
        named = next(
            (body[name] for name in _NEXT_MEMBERS if isinstance(body.get(name), str) and body[name]), None
        )
        if named is not None:
            return str(named)
    link = next((value for name, value in outputs["headers"].items() if name.lower() == "link"), "")
    found = _NEXT_HEADER.search(link)
    return found[1] if found else None


def for_anybody(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The headers that may go along to another server."""
    return tuple(pair for pair in headers if pair[0].lower() in _FOR_ANYBODY)


def origin(url: str) -> tuple[str, str]:
    """Scheme, host and port: what decides whether credentials may go along."""
    parts = urlsplit(url)
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return parts.scheme, parts.netloc.lower().removesuffix(usual)
