"""Certificates: shown to a server that asks, and as proof of who an OAuth client is."""

from __future__ import annotations

import base64
import json
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from connectors.builtin.http.operations import SendRequest, send_request
from connectors.egress import Egress
from connectors.sdk import ConnectorError, HttpAnswer
from connectors.sdk.testing import ScriptedNetwork, context


@pytest.fixture(scope="module")
def pair():
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate


def pfx(pair, password=b"pw"):
    encryption = serialization.BestAvailableEncryption(password)
    return base64.b64encode(pkcs12.serialize_key_and_certificates(b"n", *pair, None, encryption)).decode()


@pytest.fixture
async def https(pair, tmp_path):
    """A server that demands a client certificate; answers with the subject it saw."""
    key, certificate = pair
    pem = serialization.Encoding.PEM
    (tmp_path / "c.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (tmp_path / "k.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    tls.load_verify_locations(tmp_path / "c.pem")
    tls.verify_mode = ssl.CERT_REQUIRED

    async def answer(request):
        return web.json_response({"serial": request.transport.get_extra_info("peercert")["serialNumber"]})

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield f"https://localhost:{runner.addresses[0][1]}/", tmp_path / "c.pem"
    await runner.cleanup()


async def send(network, uri, authentication):
    inputs = SendRequest.parse({"method": "GET", "uri": uri, "authentication": authentication})
    try:
        return await send_request(context(network=network), inputs)
    finally:
        if isinstance(network, Egress):
            await network.close()


async def test_a_client_certificate_is_shown_to_the_server(https, pair, monkeypatch):
    uri, authority = https
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    authentication = {"type": "ClientCertificate", "pfx": pfx(pair), "password": "pw"}
    answer = await send(Egress(allow_private=True), uri, authentication)
    assert answer.value["body"] == {"serial": "07"}


async def test_a_server_nobody_vouches_for_is_not_trusted(https):
    uri, _ = https
    with pytest.raises(ConnectorError) as caught:
        await send(Egress(allow_private=True), uri, None)
    assert caught.value.code == "TrustFailure"
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "change,part",
    [({"pfx": "%%"}, "base64"), ({"password": "no"}, "password is wrong"), ({"pfx": ""}, "missing")],
)
async def test_a_certificate_that_cannot_be_opened_is_told(pair, change, part):
    authentication = {"type": "ClientCertificate", "pfx": pfx(pair), "password": "pw", **change}
    with pytest.raises(ConnectorError, match=part):
        await send(ScriptedNetwork(lambda request: HttpAnswer(200)), "https://x.example", authentication)


async def test_a_certificate_proves_who_an_oauth_client_is(pair):
    network = ScriptedNetwork(lambda request: HttpAnswer(200, (), b'{"access_token": "t", "expires_in": 60}'))
    authentication = {
        "type": "ActiveDirectoryOAuth",
        "tenant": "t",
        "clientId": "c",
        "pfx": pfx(pair),
        "password": "pw",
    }
    await send(network, "https://x.example", authentication)
    fields = parse_qs(network.requests[0].body.decode())
    head, claims, signature = (part.encode() for part in fields["client_assertion"][0].split("."))
    pair[1].public_key().verify(decoded(signature), head + b"." + claims, padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(decoded(claims))["aud"] == "https://login.microsoftonline.com/t/oauth2/token"
    assert fields["resource"] == ["https://management.core.windows.net/"]


def decoded(part):
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


async def test_there_is_no_managed_identity_here_and_it_says_so():
    with pytest.raises(ConnectorError, match="no managed identity"):
        await send(Egress(allow_private=True), "https://x.example", {"type": "ManagedServiceIdentity"})


async def test_an_unknown_kind_is_told():
    with pytest.raises(ConnectorError, match="'Magic' is not supported"):
        await send(ScriptedNetwork(lambda request: HttpAnswer(200)), "https://x.example", {"type": "Magic"})


async def test_a_token_that_is_refused_is_not_used_again():
    statuses = iter((401, 200))

    def answer(request):
        if request.purpose == "token":
            return HttpAnswer(200, (), b'{"access_token": "revoked", "expires_in": "3600"}')
        return HttpAnswer(next(statuses))

    network = ScriptedNetwork(answer)
    authentication = {"type": "ActiveDirectoryOAuth", "tenant": "t9", "clientId": "c", "secret": "s"}
    for _ in range(2):
        await send(network, "https://x.example", authentication)
    assert [request.purpose for request in network.requests] == ["token", "operation"] * 2
