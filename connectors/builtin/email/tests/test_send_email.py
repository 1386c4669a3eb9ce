"""Email against a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import email
import ssl
import time
from contextlib import asynccontextmanager, suppress
from email import policy

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.builtin.email.message import addresses, attach, build, plain_text
from connectors.builtin.email.operations import SendEmail, SmtpServer, send_email, try_server
from connectors.egress import Egress
from connectors.sdk import ConnectionRefused, ConnectorError, Content, FormError, SignInFailed, envelope
from connectors.sdk.testing import context


class Inbox:
    """Keeps envelopes; refuses recipients that begin with `no`."""

    def __init__(self):
        self.envelopes = []

    async def handle_RCPT(self, server, session, sent, address, options):
        if address.startswith("no"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 try again later"
        sent.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, sent):
        self.envelopes.append(sent)
        return "250 taken"

    def message(self, index=0):
        return email.message_from_bytes(self.envelopes[index].content, policy=policy.default)


def authenticator(server, session, sent, mechanism, data):
    good = data.login == b"ana" and data.password == b"right-password"
    return AuthResult(success=good, handled=good)


@pytest.fixture
def inbox():
    return Inbox()


@asynccontextmanager
async def listening(inbox, **options):
    loop = asyncio.get_running_loop()
    started = await loop.create_server(lambda: SMTP(inbox, loop=loop, **options), "127.0.0.1", 0)
    yield started
    started.close()


@pytest.fixture
async def smtp(inbox):
    async with listening(inbox, enable_SMTPUTF8=True) as started:
        yield started


def server(started, **more):
    port = started.sockets[0].getsockname()[1]
    parameters = {
        "host": "127.0.0.1",
        "port": port,
        "encryption": "None",
        "from": "Shop <shop@x.test>",
    }
    return SmtpServer.parse({**parameters, **more})


async def send(connection, mail, **members):
    network = Egress(allow_private=True)
    return await send_email(context(connection, network=network, **members), SendEmail.parse(mail))


async def test_a_message_arrives_with_text_and_html(smtp, inbox):
    receipt = await send(
        server(smtp),
        {"to": "ana@x.test; Bob B <bob@x.test>", "cc": "cy@x.test", "bcc": "dee@x.test", "subject": "Grüße",
         "body": "<h1>Hello</h1><p>A &amp; B</p>", "importance": "high", "replyTo": "desk@x.test"},
        key="k-1",
    )  # fmt: skip
    message = inbox.message()
    assert inbox.envelopes[0].mail_from == "shop@x.test"
    assert inbox.envelopes[0].rcpt_tos == ["ana@x.test", "bob@x.test", "cy@x.test", "dee@x.test"]
    assert message["Subject"] == "Grüße"
    assert message["From"] == "Shop <shop@x.test>"
    assert message["Importance"] == "high"
    assert "dee@x.test" not in inbox.envelopes[0].content.decode(), "hidden recipients stay hidden"
    assert message.get_body(("plain",)).get_content().split() == ["Hello", "A", "&", "B"]
    assert "<h1>Hello</h1>" in message.get_body(("html",)).get_content()
    assert receipt.message_id == message["Message-ID"] == "<k-1@x.test>"
    assert receipt.accepted == ["ana@x.test", "bob@x.test", "cy@x.test", "dee@x.test"]


async def test_every_try_has_the_same_message_id(smtp, inbox):
    mail = {"to": "ana@x.test", "subject": "s", "body": "b", "bodyFormat": "text"}
    for attempt in (1, 2):
        await send(server(smtp), mail, key="k-2", attempt=attempt)
    assert inbox.message(0)["Message-ID"] == inbox.message(1)["Message-ID"]
    assert inbox.message(0).get_content_type() == "text/plain"


async def test_attachments_keep_their_bytes_and_type(smtp, inbox):
    picture = bytes(range(256)) * 10
    files = [
        {"name": "../a/picture.png", "content": envelope("image/png", picture)},
        {"name": "data.json", "content": {"n": 1}},
        {"name": "nöte.txt", "content": "hällo"},
    ]
    await send(server(smtp), {"to": "ana@x.test", "subject": "s", "body": "b", "attachments": files})
    found = {part.get_filename(): part for part in inbox.message().iter_attachments()}
    assert found["picture.png"].get_content() == picture
    assert found["picture.png"].get_content_type() == "image/png"
    assert found["data.json"].get_payload(decode=True) == b'{"n":1}'
    assert found["nöte.txt"].get_payload(decode=True).decode() == "hällo"


async def test_some_refused_recipients_are_reported_and_all_refused_fail(smtp, inbox):
    receipt = await send(server(smtp), {"to": "ana@x.test,no@x.test", "subject": "s"})
    assert receipt.accepted == ["ana@x.test"]
    assert receipt.refused == ["no@x.test"]
    with pytest.raises(ConnectorError, match="no such mailbox") as caught:
        await send(server(smtp), {"to": "no@x.test", "subject": "s"})
    assert not caught.value.retryable
    with pytest.raises(ConnectorError) as caught:
        await send(server(smtp), {"to": "later@x.test", "subject": "s"})
    assert caught.value.retryable, "4xx of SMTP means later"


@pytest.mark.parametrize("field", ["subject", "to", "from"])
async def test_a_line_break_cannot_add_a_header(smtp, inbox, field):
    mail = {"to": "ana@x.test", "subject": "s", field: "a@x.test\r\nBcc: evil@x.test"}
    with pytest.raises(ConnectorError):
        await send(server(smtp), mail)
    assert inbox.envelopes == []


@pytest.fixture
async def guarded(inbox, tmp_path):
    """A server that asks for a password, over TLS with a certificate of its own."""
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    options = {"auth_require_tls": True, "auth_required": True, "authenticator": authenticator}
    async with listening(inbox, tls_context=tls, **options) as started:
        yield started, certificate


def self_signed(folder):
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "c.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "c.pem", folder / "k.pem"


async def test_signing_in_over_starttls(guarded, inbox, monkeypatch):
    started, certificate = guarded
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    connection = server(started, encryption="STARTTLS", username="ana", password="right-password")
    await send(connection, {"to": "ana@x.test", "subject": "s", "body": "b"})
    assert len(inbox.envelopes) == 1
    said = await try_server(context(connection, network=Egress(allow_private=True)))
    assert "signed in" in said


async def test_a_wrong_password_is_told_without_the_password(guarded, monkeypatch):
    started, certificate = guarded
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    connection = server(started, encryption="STARTTLS", username="ana", password="wrong-password")
    with pytest.raises(SignInFailed) as caught:
        await try_server(context(connection, network=Egress(allow_private=True)))
    assert "wrong-password" not in caught.value.message
    assert not caught.value.retryable


async def test_an_untrusted_certificate_stops_before_the_password(guarded):
    started, _ = guarded
    connection = server(started, encryption="STARTTLS", username="ana", password="right-password")
    with pytest.raises(ConnectorError, match="certificate"):
        await try_server(context(connection, network=Egress(allow_private=True)))


async def test_starttls_is_demanded_not_hoped_for(smtp, inbox):
    with pytest.raises(ConnectorError):
        await send(server(smtp, encryption="STARTTLS"), {"to": "ana@x.test", "subject": "s"})
    assert inbox.envelopes == []


async def test_mail_goes_through_the_egress_check(smtp):
    with pytest.raises(ConnectionRefused):
        await send_email(
            context(server(smtp), network=Egress(allow_private=False)),
            SendEmail.parse({"to": "a@x.test", "subject": "s"}),
        )


async def test_nobody_listening_is_worth_another_try(smtp):
    connection = server(smtp)
    smtp.close()
    with pytest.raises(ConnectorError) as caught:
        await send(connection, {"to": "ana@x.test", "subject": "s"})
    assert caught.value.retryable


def test_addresses_are_read_as_people_write_them():
    found = addresses('ana@x.test;"Last, First" <f@x.test> , Bob <bob@x.test>;', "To")
    assert [one.addr_spec for one in found] == ["ana@x.test", "f@x.test", "bob@x.test"]
    for wrong in ("ana", "ana@", "@x.test", "a b@x.test; c", "<>"):
        with pytest.raises(ConnectorError, match="is not an email address"):
            addresses(wrong, "To")


def test_what_is_missing_is_named():
    with pytest.raises(FormError) as caught:
        SendEmail.parse({"subject": ""})
    assert [fault.pointer for fault in caught.value.faults] == ["/to", "/subject"]
    assert caught.value.message == "To is required. Subject is required; it is empty."


def test_html_becomes_readable_text():
    html = "<html><head><title>t</title></head><style>p {}</style><p>One<br>two</p><div>&lt;three&gt;</div>"
    assert plain_text(html) == "One\ntwo\n<three>\n"
    assert plain_text("just text") == "just text\n"
    assert plain_text("") == "\n"
    assert plain_text("<!-- c --><p>ü <b>b</b> tail</p>") == "ü b tail\n"


@pytest.mark.parametrize("html", ["<script" * 50_000, "<" * 200_000, "<div>" * 50_000, "<!--" * 50_000])
def test_hostile_html_takes_no_long_time(html):
    started = time.monotonic()
    plain_text(html)
    assert time.monotonic() - started < 20


@given(st.text(max_size=20), st.text(max_size=30), st.text(max_size=20), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_sent_or_is_refused_with_a_sentence(subject, body, name, html):
    sender = addresses("a@x.test", "From")
    with suppress(ConnectorError):
        rest = {"cc": [], "reply_to": [], "importance": "Normal", "message_id": "<a@b>"}
        message = build(sender=sender[0], to=sender, subject=subject, body=body, html=html, **rest)
        attach(message, name, Content("text/plain", b"\xff"))
        again = email.message_from_bytes(message.as_bytes(), policy=policy.default)
        assert again["To"] == "a@x.test"
        assert "Bcc" not in again
