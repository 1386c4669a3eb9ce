"""Authentication of HTTP requests (reference 6.2): Basic, Raw, client certificates, OAuth, identity."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from connectors.builtin.http.bodies import decode_base64
from connectors.sdk import ClientCertificate, ConnectorError, Context, HttpAnswer, HttpRequest, Json, text_of

LOGIN = "https://login.microsoftonline.com/"
DEFAULT_AUDIENCE = "https://management.core.windows.net/"
EARLY = 120  # seconds before its end at which a token is no longer used
_tokens: dict[bytes, tuple[str, float]] = {}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What authentication adds to a request."""

    authorization: str | None = None
    certificate: ClientCertificate | None = None

    def rejected(self) -> None:
        """The server answered 401: a kept token may have been revoked, so the next call asks anew."""
        token = (self.authorization or "").removeprefix("Bearer ")
        for key in [key for key, (kept, _) in _tokens.items() if kept == token]:
            del _tokens[key]


async def authenticate(given: Json, context: Context[Any]) -> Credentials:
    """Credentials for an `authentication` object; ConnectorError with a sentence where it cannot be used."""
    if not given or not isinstance(given, dict):
        return Credentials()
    members = {str(name).lower(): value for name, value in given.items()}
    kind = str(members.get("type") or "None").lower()
    if kind == "none":
        return Credentials()
    if kind == "basic":
        pair = f"{_text(members, 'username')}:{_text(members, 'password')}"
        return Credentials("Basic " + base64.b64encode(pair.encode()).decode())
    if kind == "raw":
        return Credentials(_text(members, "value", "The Authorization header's value"))
    if kind == "clientcertificate":
        return Credentials(certificate=_certificate(members))
    if kind == "activedirectoryoauth":
        return Credentials("Bearer " + await _oauth_token(members, context))
    if kind == "managedserviceidentity":
        return Credentials("Bearer " + await _identity_token(members, context))
    raise ConnectorError(
        f"Authentication of type '{members.get('type')}' is not supported.", code="BadRequest"
    )


def _text(members: dict[str, Json], name: str, what: str = "") -> str:
    value = text_of(members.get(name))
    if not value and what:
        raise ConnectorError(f"{what} is missing in the authentication.", code="BadRequest")
    return value


@dataclass(frozen=True, slots=True)
class _KeyPair:
    key: Any
    certificate: Any
    others: list[Any]


def _open_pfx(members: dict[str, Json]) -> _KeyPair:
    data = decode_base64(_text(members, "pfx", "The certificate (pfx)"), "The certificate (pfx)")
    password = _text(members, "password").encode() or None
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, password)
    except ValueError as error:
        raise ConnectorError(
            "The certificate (pfx) could not be opened: it is damaged or the password is wrong.",
            code="BadRequest",
        ) from error
    if key is None or certificate is None:
        raise ConnectorError("The certificate (pfx) holds no private key.", code="BadRequest")
    return _KeyPair(key, certificate, list(others))


def _certificate(members: dict[str, Json]) -> ClientCertificate:
    pair = _open_pfx(members)
    pem = serialization.Encoding.PEM
    chain = b"".join(certificate.public_bytes(pem) for certificate in (pair.certificate, *pair.others))
    key = pair.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return ClientCertificate(chain, key)


async def _oauth_token(members: dict[str, Json], context: Context[Any]) -> str:
    """OAuth client credentials, version 1 of the endpoint, as Logic Apps asks for them."""
    authority = (_text(members, "authority") or LOGIN).rstrip("/")
    tenant = _text(members, "tenant", "The OAuth tenant")
    url = f"{authority}/{quote(tenant, safe='')}/oauth2/token"
    fields = {
        "grant_type": "client_credentials",
        "client_id": _text(members, "clientid", "The OAuth client id"),
        "resource": _text(members, "audience") or DEFAULT_AUDIENCE,
    }
    cache_key = _cache_key(url, fields, members)
    if (known := _known(cache_key)) is not None:
        return known
    if members.get("secret"):
        fields["client_secret"] = _text(members, "secret")
    else:
        fields["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        fields["client_assertion"] = _assertion(_open_pfx(members), fields["client_id"], url)
    request = HttpRequest(
        "POST",
        url,
        (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")),
        urlencode(fields).encode(),
        timeout=context.remaining(30),
        max_bytes=1_000_000,
        purpose="token",
    )
    return _remember(cache_key, await context.network.send(request))


async def _identity_token(members: dict[str, Json], context: Context[Any]) -> str:
    query = {"resource": _text(members, "audience") or DEFAULT_AUDIENCE, "api-version": "2019-08-01"}
    if _text(members, "identity"):
        query["mi_res_id"] = _text(members, "identity")
    url = "http://169.254.169.254/metadata/identity/oauth2/token?" + urlencode(query)
    cache_key = _cache_key(url, query, {})
    if (known := _known(cache_key)) is not None:
        return known
    request = HttpRequest("GET", url, timeout=context.remaining(30), max_bytes=1_000_000, purpose="identity")
    return _remember(cache_key, await context.network.send(request))


def _cache_key(url: str, fields: dict[str, str], members: dict[str, Json]) -> bytes:
    secret = [text_of(members.get(name)) for name in ("secret", "pfx", "password")]
    return hashlib.sha256(json.dumps([url, fields, secret]).encode()).digest()


def _known(key: bytes) -> str | None:
    token, until = _tokens.get(key, ("", 0.0))
    return token if until > time.monotonic() else None


def _remember(key: bytes, answer: HttpAnswer) -> str:
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    if answer.status == 200 and isinstance(body, dict) and isinstance(body.get("access_token"), str):
        lifetime = float(body.get("expires_in") or 0)
        if len(_tokens) > 1000:
            _tokens.clear()
        _tokens[key] = (body["access_token"], time.monotonic() + lifetime - EARLY)
        return str(body["access_token"])
    reason = body.get("error_description") or body.get("error") if isinstance(body, dict) else None
    raise ConnectorError(
        "Http request failed as there is an error getting AD OAuth token: "
        f"'{text_of(reason)[:500] or f'status {answer.status}'}'.",
        code="BadRequest" if answer.status < 500 else "BadGateway",
        retryable=answer.status >= 500 or answer.status == 429,
    )


def _assertion(pair: _KeyPair, client_id: str, url: str) -> str:
    """A signed statement of who the client is (RFC 7523), instead of a secret."""
    if not isinstance(pair.key, rsa.RSAPrivateKey):
        raise ConnectorError("The certificate for OAuth must have an RSA key.", code="BadRequest")
    thumbprint = pair.certificate.fingerprint(hashes.SHA1())  # noqa: S303 - the format asks for it
    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", "x5t": _url64(thumbprint)}
    claims = {
        "aud": url,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 600,
    }
    text = f"{_url64(json.dumps(head).encode())}.{_url64(json.dumps(claims).encode())}"
    signature = pair.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_url64(signature)}"


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
