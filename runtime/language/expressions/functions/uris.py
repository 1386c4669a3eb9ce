"""URI parsing functions (reference 4.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from runtime.language.expressions.functions.registry import failure, family, invalid_parameters
from runtime.language.values import Json, kind_of

function = family("uri parsing")

_PORTS = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "ftp": 21,
    "mailto": 25,
    "ldap": 389,
    "gopher": 70,
    "nntp": 119,
    "telnet": 23,
    "net.tcp": 808,
}
_NEEDS_HOST = frozenset({"http", "https", "ws", "wss", "ftp"})
_SHAPE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_ALLOWED = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|[^\x00-\x7f\s]|%[0-9A-Fa-f]{2})*")
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=%-]|[^\x00-\x7f])*")


@dataclass(frozen=True, slots=True)
class Uri:
    """The parts of an absolute URI, normalised as .NET does."""

    scheme: str
    host: str
    port: int
    path: str
    query: str


def parse_uri(text: str) -> Uri | None:
    """The parts, or None for what is not a well-formed absolute URI."""
    match = _SHAPE.fullmatch(text := text.strip())
    if match is None or not _ALLOWED.fullmatch(text) or len(text) > 65_519:
        return None
    scheme, authority = match[1].lower(), match[3]
    path, query = _escaped(match[4]), _escaped(match[5] or "")
    if scheme == "mailto" and authority is None:
        authority, path = path, ""
        if "@" not in authority:
            return None
    if authority is None:
        return None if scheme in _NEEDS_HOST else Uri(scheme, "", _PORTS.get(scheme, -1), path, query)
    split = _host_and_port(authority.rpartition("@")[2])
    if split is None or (not split[0] and scheme in _NEEDS_HOST):
        return None
    host, port = split
    if scheme != "mailto":
        path = _without_dots(path) or "/"
    return Uri(scheme, host.lower(), _PORTS.get(scheme, -1) if port is None else port, path, query)


def _escaped(text: str) -> str:
    """Characters beyond ASCII as the octets of UTF-8, as they travel."""
    return _BEYOND.sub(lambda match: quote(match[0].encode("utf-8", "replace")), text)


def _host_and_port(text: str) -> tuple[str, int | None] | None:
    host, colon, digits = text.rpartition(":")
    if not colon or digits.endswith("]"):
        host, digits = text, ""
    if not _HOST.fullmatch(host) or (digits and not re.fullmatch(r"[0-9]{1,5}", digits)):
        return None
    port = int(digits) if digits else None
    return None if port is not None and port > 65535 else (host, port)


def _without_dots(path: str) -> str:
    """The path with `.` and `..` segments resolved and needless escapes undone."""
    path = re.sub(r"%([0-9A-Fa-f]{2})", _unreserved, path)
    kept: list[str] = []
    segments = path.split("/")
    for index, segment in enumerate(segments):
        if segment in (".", ".."):
            if segment == ".." and len(kept) > 1:
                kept.pop()
            if index == len(segments) - 1:
                kept.append("")
        else:
            kept.append(segment)
    return "/".join(kept)


def _unreserved(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if re.fullmatch(r"[A-Za-z0-9._~-]", character) else match[0]


def _uri(name: str, value: Json) -> Uri:
    if type(value) is not str:
        kind_of(value)
        raise invalid_parameters(name)
    parsed = parse_uri(value)
    if parsed is None:
        raise failure(
            name, f"expects its parameter to be a well-formed absolute URI. The provided value was '{value}'."
        )
    return parsed


_USAGE = "must have only one parameter."


@function("uriHost(uri: string)", "string", "The host of a URI.", _USAGE)
def uri_host(uri: Json) -> str:
    return _uri("uriHost", uri).host


@function("uriPath(uri: string)", "string", "The path of a URI.", _USAGE)
def uri_path(uri: Json) -> str:
    return _uri("uriPath", uri).path


@function("uriPathAndQuery(uri: string)", "string", "The path and query of a URI.", _USAGE)
def uri_path_and_query(uri: Json) -> str:
    parsed = _uri("uriPathAndQuery", uri)
    return parsed.path + parsed.query


@function("uriPort(uri: string)", "integer", "The port of a URI; -1 when unknown.", _USAGE)
def uri_port(uri: Json) -> int:
    return _uri("uriPort", uri).port


@function("uriQuery(uri: string)", "string", "The query of a URI with its question mark.", _USAGE)
def uri_query(uri: Json) -> str:
    return _uri("uriQuery", uri).query


@function("uriScheme(uri: string)", "string", "The scheme of a URI.", _USAGE)
def uri_scheme(uri: Json) -> str:
    return _uri("uriScheme", uri).scheme
