"""The way out. Every connection of every connector goes to an address that was checked after resolution.

Checking a name is not enough: it can resolve to something else a moment later, and a redirect or an address
written in digits never asks the resolver. So names are resolved here, refused addresses are dropped, and the
function that makes the socket checks the very address it is about to connect to once more.

Link-local and metadata addresses are refused always. Private and loopback ones are refused unless the
installation allows them (`MILLRACE_PRIVATE_ADDRESSES=allow`, or the ids of the tenants that may). The default
allows them for one process that listens on loopback only and has no public address (MILLRACE_PUBLIC_URL).
"""

from __future__ import annotations

import asyncio
import io
import ipaddress
import os
import socket
import ssl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from yarl import URL

from connectors.sdk import ClientCertificate, ConnectionRefused, ConnectorError, HttpAnswer, HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Metadata services that are not in a link-local range.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"))
)
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
CONNECT_TIMEOUT = 15.0
_NO_IDENTITY = (
    "This installation has no managed identity. Use another kind of authentication, such as Active Directory "
    "OAuth with a client id and secret."
)


def inner_address(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries (mapped, NAT64, 6to4, Teredo), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        return address.sixtofour
    return address.teredo[1] if address.teredo else address


def refusal(text: str, *, allow_private: bool) -> str | None:
    """Why nobody may connect to this address, or None when it is allowed."""
    try:
        address = inner_address(ipaddress.ip_address(text.split("%")[0]))
    except ValueError:
        return f"'{text}' is not an address"
    if address.is_link_local or address in _METADATA:
        return "link-local and metadata addresses are never allowed"
    # 0.0.0.0 and :: reach this machine under another name; multicast and 240.0.0.0/4 no one in particular.
    if address.is_unspecified or address.is_multicast or (address.version == 4 and address.is_reserved):
        return "it does not stand for one particular machine"
    if address.is_loopback or address.is_private or address in _SHARED:
        return None if allow_private else "private and loopback addresses are not allowed here"
    return "it is reserved" if address.is_reserved else None


def private_addresses_allowed(tenant_id: str) -> bool:
    """What the installation says for this tenant; see the module's docstring."""
    setting = os.environ.get("MILLRACE_PRIVATE_ADDRESSES", "").strip()
    if not setting:
        return bool(settings.LOOPBACK_ONLY and settings.EMBEDDED)
    if setting in ("allow", "refuse"):
        return setting == "allow"
    return str(tenant_id) in {part.strip() for part in setting.split(",")}


@cache
def _shared(allow_private: bool) -> Egress:
    return Egress(allow_private=allow_private)


def egress_for(tenant_id: UUID | str) -> Egress:
    """The way out of a tenant. Tenants under the same policy share connections that wait for reuse."""
    return _shared(private_addresses_allowed(str(tenant_id)))


async def close_all() -> None:
    """Close what is open on the running loop; call it before the loop ends."""
    for allowed in (True, False):
        await _shared(allowed).close()


def unresolvable(host: str) -> ConnectorError:
    """The error for a name without an address (reference 6.2)."""
    message = f"The provided host name '{host}' could not be resolved."
    return ConnectorError(message, code="UnresolvableHostName", retryable=True)


def _refused(host: str, address: str, reason: str) -> ConnectionRefused:
    shown = host if host == address else f"{host} ({address})"
    return ConnectionRefused(
        f"The connection to {shown} is not allowed: {reason}. An administrator can allow private addresses "
        "for this tenant."
    )


@cache
def _lookup_threads() -> ThreadPoolExecutor:
    """Threads of their own: names that never resolve must not hold up the database and everything else."""
    return ThreadPoolExecutor(16, thread_name_prefix="lookup")


async def system_lookup(host: str, port: int) -> list[str]:
    """Addresses of a name by the system's resolver, which runs in a thread."""
    lookup = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_lookup_threads(), lookup)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedResolver(AbstractResolver):
    """Resolves for aiohttp and leaves out refused addresses; refuses when none is left."""

    def __init__(self, allow_private: bool, lookup: Any = system_lookup) -> None:
        self.allow_private = allow_private
        self.lookup = lookup

    async def addresses(self, host: str, port: int) -> list[str]:
        """Allowed addresses of a host name or literal, at least one. ConnectorError otherwise."""
        try:
            found = await self.lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise unresolvable(host) from error
        reasons = {text: refusal(text, allow_private=self.allow_private) for text in found}
        allowed = [text for text, reason in reasons.items() if reason is None]
        if not allowed and reasons:
            address, reason = next(iter(reasons.items()))
            raise _refused(host, address, reason or "")
        if not allowed:
            raise unresolvable(host)
        return allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self.addresses(host, port)
        ]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class Egress:
    """A `Network` under one policy. Sessions belong to the event loop they were made on; close them there."""

    allow_private: bool
    resolver: CheckedResolver
    _sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession]

    def __init__(self, *, allow_private: bool, lookup: Any = system_lookup) -> None:
        self.allow_private = allow_private
        self.resolver = CheckedResolver(allow_private, lookup)
        self._sessions = WeakKeyDictionary()

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """One request and its whole answer; redirects are answers like any other (reference 6.2)."""
        if request.purpose == "identity":
            # The machine's identity belongs to the installation, not to a tenant.
            raise ConnectorError(_NO_IDENTITY, code="ManagedIdentityNotAvailable")
        url = URL(request.url, encoded=True)
        if request.timeout is not None and request.timeout <= 0:
            # aiohttp takes 0 for "no limit".
            raise _explain(TimeoutError(), url.host or "")
        timeout = aiohttp.ClientTimeout(total=request.timeout, connect=CONNECT_TIMEOUT)
        try:
            async with self._session().request(
                request.method,
                url,
                headers=_outgoing_headers(request),
                data=request.body,
                allow_redirects=False,
                timeout=timeout,
                ssl=_tls(request.certificate),
                auto_decompress=request.decompress,
                skip_auto_headers=("Accept", "User-Agent", "Content-Type", "Accept-Encoding"),
            ) as response:
                body = await _read(response, request.max_bytes)
                return HttpAnswer(response.status, _headers(response), body)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _explain(error, url.host or "") from error

    async def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connected non-blocking socket to the first allowed address that answers."""
        last: OSError | TimeoutError | None = None
        try:
            async with asyncio.timeout(timeout):
                addresses = await self.resolver.addresses(host, port)
        except TimeoutError as error:
            raise unresolvable(host) from error
        for address in addresses:
            opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            opened.setblocking(False)
            try:
                async with asyncio.timeout(timeout):
                    await asyncio.get_running_loop().sock_connect(opened, (address, port))
            except (OSError, TimeoutError) as error:
                opened.close()
                last = error
            except BaseException:
                opened.close()
                raise
            else:
                return opened
        raise _no_connection(f"{host}:{port}", last)

    async def close(self) -> None:
        """Close the connections of the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            connector = aiohttp.TCPConnector(
                resolver=self.resolver,
                socket_factory=self._make_socket,
                limit=400,
                ttl_dns_cache=30,
                # Shorter than the five seconds after which many servers hang up: a POST that meets a closed
                # connection cannot be told from one that was lost.
                keepalive_timeout=4.0,
            )
            # No cookies are kept and no proxy of the environment is used: runs must not see one another.
            session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._sessions[loop] = session
        return session

    def _make_socket(self, info: Any) -> socket.socket:
        """Called by aiohttp with the address it is about to connect to: the last word, also for literals."""
        family, kind, protocol, _, address = info
        reason = refusal(str(address[0]), allow_private=self.allow_private)
        if reason is not None:
            raise _AddressRefused(str(address[0]), reason)
        return socket.socket(family, kind, protocol)


class _AddressRefused(OSError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    held = io.BytesIO()  # gives its bytes away without a copy
    size = 0
    async for part in response.content.iter_chunked(65536):
        size += len(part)
        if size > limit:
            raise ConnectorError(
                f"The answer is larger than the {limit} bytes an action may receive.",
                code="ResponseSizeLimitExceeded",
            )
        held.write(part)
    return held.getvalue()


def _outgoing_headers(request: HttpRequest) -> list[tuple[str, str]]:
    named = {name.lower() for name, _ in request.headers}
    offer = request.decompress and "accept-encoding" not in named
    return [*request.headers, ("Accept-Encoding", "gzip, deflate")] if offer else list(request.headers)


def _headers(response: aiohttp.ClientResponse) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("utf-8", errors="replace"))
        for name, value in response.raw_headers
    )


def _tls(certificate: ClientCertificate | None) -> ssl.SSLContext | bool:
    if certificate is None:
        return True
    context = ssl.create_default_context()
    # The ssl module reads certificates from files only; this one lives for a moment, readable by us alone.
    with tempfile.NamedTemporaryFile(prefix="millrace-", suffix=".pem") as file:
        file.write(certificate.certificate + certificate.key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _explain(error: BaseException, host: str) -> ConnectorError:
    """The sentence and code for a failure to get an answer; the cause may be several exceptions deep."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, ConnectorError):
            return cause
        if isinstance(cause, _AddressRefused):
            return _refused(host, cause.address, cause.reason)
    if any(isinstance(cause, aiohttp.ClientConnectorCertificateError) for cause in causes):
        return ConnectorError(
            f"The server {host} could not prove who it is: its certificate is not trusted. {causes[-1]}",
            code="TrustFailure",
            retryable=False,
        )
    if isinstance(error, TimeoutError):
        return ConnectorError(
            f"Http request failed: the server {host} did not respond within the timeout limit.",
            code="GatewayTimeout",
            retryable=True,
        )
    if isinstance(error, (aiohttp.InvalidURL, ValueError)):
        return ConnectorError(f"The request could not be made: {error}", code="BadRequest", retryable=False)
    return _no_connection(host, error)


def _no_connection(where: str, error: BaseException | None) -> ConnectorError:
    if isinstance(error, TimeoutError):
        reason = "it did not answer in time"
    elif isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    else:
        reason = str(error) or type(error).__name__
    return ConnectorError(f"No connection to {where}: {reason}.", code="BadGateway", retryable=True)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    pending = [error]
    while pending:
        current = pending.pop()
        if current is None or current in found:
            continue
        found.append(current)
        pending += [current.__cause__, current.__context__, getattr(current, "os_error", None)]
        pending += list(current.exceptions) if isinstance(current, BaseExceptionGroup) else []
    return found
