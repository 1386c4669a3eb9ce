"""A file to import that lies at an address: fetched by the server, never by the browser.

Under the same rules as every connector (`connectors/egress.py`): the address is checked after it was
resolved, at each redirect again. Size and time are bounded, and nothing of ours is sent along.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from django.conf import settings

from connectors.egress import Egress, private_addresses_allowed
from connectors.sdk import ConnectorError, HttpAnswer, HttpRequest
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid

SECONDS: Final = 20.0
REDIRECTS: Final = 5
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = (("Accept", "application/json, application/zip, */*"), ("User-Agent", "Millrace import"))
# The page that shows a file is not the file.
_GITHUB_PAGE: Final = re.compile(r"https://github\.com/([^/]+)/([^/]+)/(?:blob|raw)/(.+)")


def fetch(actor: Actor, url: str) -> tuple[str, bytes]:
    """Name and content of the file at the address. FieldsInvalid says why there is none."""
    actor.require("workflow.create")
    url = _GITHUB_PAGE.sub(r"https://raw.githubusercontent.com/\1/\2/\3", url.strip())
    try:
        reached, answer = asyncio.run(_follow(url, str(actor.tenant.pk)))
    except ConnectorError as error:
        raise _wrong(error.message) from error
    except TimeoutError as error:
        raise _wrong(f"{_host(url)} did not give the file within {SECONDS:g} seconds.") from error
    if answer.status != 200:
        raise _wrong(f"{_host(reached)} answered {answer.status}{_meaning(answer.status)}")
    if answer.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise _wrong("There is a web page at this address, not a file. Look for its “raw” or download link.")
    return _filename(reached), answer.body


async def _follow(url: str, tenant_id: str) -> tuple[str, HttpAnswer]:
    network = Egress(allow_private=private_addresses_allowed(tenant_id))
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(REDIRECTS + 1):
                url = _checked(url)
                limit = settings.IMPORT_SIZE_LIMIT
                request = HttpRequest("GET", url, _HEADERS, timeout=SECONDS, max_bytes=limit)
                answer = await network.send(request)
                target = answer.header("Location") if answer.status in _REDIRECTING else None
                if not target:
                    return url, answer
                url = urljoin(url, target)
    finally:
        await network.close()
    raise _wrong(f"{_host(url)} redirects more than {REDIRECTS} times.")


def _checked(url: str) -> str:
    """With scheme http or https and a host, without a password in it and without a fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong("This is not an address.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _wrong("Give an address that begins with https:// or http://.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, where, parts.path or "/", parts.query, ""))


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"


def _meaning(status: int) -> str:
    if status in {401, 403}:
        return ": the file is not public. Download it and drop it here instead."
    return ": there is no file at this address." if status in {404, 410} else "."


def _filename(url: str) -> str:
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    return re.sub(r"[^\w. ()-]+", "_", name)[-120:] or "definition.json"


def _wrong(sentence: str) -> FieldsInvalid:
    return FieldsInvalid({"url": [sentence]})
