"""The names WDL uses for statuses and headers (reference 6.2)."""

from __future__ import annotations

from collections.abc import Iterable

_STATUS = """
100 Continue, 101 SwitchingProtocols, 200 OK, 201 Created, 202 Accepted, 203 NonAuthoritativeInformation,
204 NoContent, 205 ResetContent, 206 PartialContent, 300 MultipleChoices, 301 MovedPermanently, 302 Found,
303 SeeOther, 304 NotModified, 305 UseProxy, 306 Unused, 307 TemporaryRedirect, 400 BadRequest, 401
Unauthorized, 402 PaymentRequired, 403 Forbidden, 404 NotFound, 405 MethodNotAllowed, 406 NotAcceptable, 407
ProxyAuthenticationRequired, 408 RequestTimeout, 409 Conflict, 410 Gone, 411 LengthRequired, 412
PreconditionFailed, 413 RequestEntityTooLarge, 414 RequestUriTooLong, 415 UnsupportedMediaType, 416
RequestedRangeNotSatisfiable, 417 ExpectationFailed, 426 UpgradeRequired, 500 InternalServerError, 501
NotImplemented, 502 BadGateway, 503 ServiceUnavailable, 504 GatewayTimeout, 505 HttpVersionNotSupported
"""
_CODES = {int(number): name for number, name in (part.split() for part in _STATUS.split(","))}

# Names that .NET writes in its own letter case, whatever the server sent.
_KNOWN = """
Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Age Allow Authorization Cache-Control
Connection Content-Disposition Content-Encoding Content-Language Content-Length Content-Location Content-MD5
Content-Range Content-Security-Policy Content-Type Cookie Date ETag Expect Expires From Host If-Match
If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive Last-Modified Link Location
Max-Forwards Origin P3P Pragma Proxy-Authenticate Proxy-Authorization Proxy-Connection Range Referer
Retry-After Server Set-Cookie Set-Cookie2 Strict-Transport-Security TE Trailer Transfer-Encoding Upgrade
User-Agent Vary Via Warning WWW-Authenticate X-AspNet-Version X-Content-Type-Options X-Frame-Options
X-MSEdge-Ref X-Powered-By X-Request-ID X-UA-Compatible X-XSS-Protection
"""
_CANONICAL = {name.lower(): name for name in _KNOWN.split()}

_NEVER_SENT = frozenset(("allow", "cookie", "expires", "host", "last-modified", "origin", "set-cookie"))
_CONTENT_SENT = frozenset(("content-disposition", "content-encoding", "content-type"))


def status_code_name(status: int) -> str:
    """The action's code: the status' .NET name, or its digits where .NET has none (429, 422)."""
    return _CODES.get(status, str(status))


def may_be_sent(header: str) -> bool:
    """Whether an author's header goes out; the others belong to the transport or to other inputs."""
    name = header.lower()
    if name in _NEVER_SENT or name == "transfer-encoding":
        return False
    if name.startswith("accept-"):
        return name == "accept-version"
    return not name.startswith("content-") or name in _CONTENT_SENT


def received(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as the outputs show them: known names in canonical case, repeated ones joined by `,`."""
    found: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for name, value in headers:
        key = spelled.setdefault(name.lower(), _CANONICAL.get(name.lower(), name))
        found[key] = f"{found[key]},{value}" if key in found else value
    return found
