"""Sending mail over SMTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from connectors.builtin.email.message import addresses, attach, build
from connectors.sdk import (
    ConnectorError,
    Content,
    Context,
    Field,
    Form,
    Secret,
    SignInFailed,
    action,
)

SIZE_LIMIT = 35_000_000  # what common servers take, after base64
TIMEOUT = 60.0


class SmtpServer(Form):
    """A mail server to send through."""

    host: str = Field(title="Server", important=True, example="smtp.example.com", destination=True)
    port: int = Field(587, title="Port", important=True, minimum=1, maximum=65535, destination=True)
    encryption: Literal["STARTTLS", "TLS", "None"] = Field(
        "STARTTLS",
        title="Encryption",
        important=True,
        description="STARTTLS is usual on port 587, TLS on port 465. None sends everything readable.",
        destination=True,
    )
    username: str = Field("", title="User name", important=True)
    password: Secret = Field(Secret(""), title="Password", important=True)
    from_: str = Field(
        title="From",
        important=True,
        description="The sender, also with a name.",
        example="Shop <shop@example.com>",
    )


class Attachment(Form):
    """A file to send along."""

    name: str = Field(title="File name")
    content: Content = Field(title="Content")


class SendEmail(Form):
    """An email."""

    to: str = Field(
        title="To", important=True, description="Addresses, separated by semicolons.", editor="text"
    )
    subject: str = Field(title="Subject", important=True)
    body: str = Field("", title="Body", important=True, editor="html")
    body_format: Literal["HTML", "Text"] = Field("HTML", title="Body format")
    cc: str = Field("", title="Cc", description="Addresses, separated by semicolons.")
    bcc: str = Field("", title="Bcc", description="Hidden recipients, separated by semicolons.")
    reply_to: str = Field("", title="Reply to", advanced=True)
    from_: str = Field("", title="From", advanced=True, description="Instead of the connection's sender.")
    importance: Literal["Low", "Normal", "High"] = Field("Normal", title="Importance", advanced=True)
    attachments: list[Attachment] = Field([], title="Attachments", editor="array")


class Receipt(Form):
    """The server has taken the message."""

    message_id: str = Field(title="Message id")
    accepted: list[str] = Field(title="Accepted recipients")
    refused: list[str] = Field([], title="Refused recipients")


@action(
    "Send an email",
    inputs=SendEmail,
    outputs=Receipt,
    effect="write",
    category="Email",
    keywords=("mail", "smtp", "message", "outlook", "gmail", "notify", "send"),
)
async def send_email(context: Context[SmtpServer], mail: SendEmail) -> Receipt:
    """Sends a message with text or HTML and attachments, and waits until the server has taken it."""
    sender = _sender(mail.from_ or context.connection.from_)
    to, cc, bcc = addresses(mail.to, "To"), addresses(mail.cc, "Cc"), addresses(mail.bcc, "Bcc")
    if not to and not cc and not bcc:
        raise ConnectorError("The message has no recipient.", code="BadRequest")
    # The same id for every try, so that a mail system can drop a repeated delivery.
    message_id = f"<{context.key or uuid.uuid4()}@{sender.domain}>"
    message = build(
        sender=sender,
        to=to,
        cc=cc,
        reply_to=addresses(mail.reply_to, "Reply to"),
        subject=mail.subject,
        body=mail.body,
        html=mail.body_format == "HTML",
        importance=mail.importance,
        message_id=message_id,
    )
    for attachment in mail.attachments:
        attach(message, attachment.name, attachment.content)
    recipients = list(dict.fromkeys(address.addr_spec for address in (*to, *cc, *bcc)))
    refused = await _deliver(context, sender.addr_spec, recipients, message)
    accepted = [address for address in recipients if address not in refused]
    return Receipt(message_id=message_id, accepted=accepted, refused=list(refused))


async def try_server(context: Context[SmtpServer]) -> str:
    """Connects and signs in, without sending anything."""
    _sender(context.connection.from_)
    async with _session(context, 15.0) as session:
        await session.noop()
        greeting = "signed in" if context.connection.username else "connected without signing in"
    return f"{context.connection.host} answered; {greeting}."


def _sender(text: str) -> Address:
    found = addresses(text, "From")
    if len(found) != 1:
        raise ConnectorError("From must be exactly one email address.", code="BadRequest")
    return found[0]


async def _deliver(
    context: Context[SmtpServer], sender: str, recipients: list[str], message: EmailMessage
) -> dict[str, str]:
    """Hand the message over; the recipients that were refused while others were accepted, with reasons."""
    data = message.as_bytes()
    if len(data) > SIZE_LIMIT:
        raise ConnectorError(
            f"The message has {len(data):,} bytes with its attachments; at most {SIZE_LIMIT:,} can be sent.",
            code="BadRequest",
        )
    ascii_only = all(address.isascii() for address in (sender, *recipients))
    async with _session(context, TIMEOUT) as session:
        options = [] if ascii_only else ["SMTPUTF8"]
        refused, _ = await session.sendmail(sender, recipients, data, mail_options=options)
        return {address: f"{answer.code} {answer.message}" for address, answer in refused.items()}


@asynccontextmanager
async def _session(context: Context[SmtpServer], limit: float) -> AsyncIterator[aiosmtplib.SMTP]:
    server = context.connection
    timeout = context.remaining(limit)
    opened = await context.network.connect(server.host, server.port, timeout)
    session = aiosmtplib.SMTP(
        hostname=server.host,
        sock=opened,
        timeout=timeout,
        use_tls=server.encryption == "TLS",
        start_tls=server.encryption == "STARTTLS",
        local_hostname="localhost",
    )
    try:
        try:
            await session.connect()
            if server.username:
                await session.login(server.username, str(server.password))
            yield session
        except aiosmtplib.SMTPException as error:
            raise _explain(error, server) from error
        except OSError as error:
            raise _no_answer(server, str(error)) from error
        await _say_goodbye(session)
    finally:
        session.close()
        opened.close()


async def _say_goodbye(session: aiosmtplib.SMTP) -> None:
    # The message is delivered by now; a server that hangs up early must not make it a failure.
    try:
        await session.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError):
        return


def _explain(error: aiosmtplib.SMTPException, server: SmtpServer) -> ConnectorError:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return SignInFailed(
            f"{server.host} did not accept the user name and password of the connection ({error.code} "
            f"{error.message}). Correct them under Connections."
        )
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        shown = "; ".join(f"{one.recipient}: {one.code} {one.message}" for one in error.recipients[:5])
        later = all(400 <= one.code < 500 for one in error.recipients)
        return ConnectorError(
            f"No recipient was accepted. {shown}", code="RecipientsRefused", retryable=later
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        # Without the connection's secrets: the answer is the server's own text.
        return ConnectorError(
            f"{server.host} refused: {error.code} {error.message}",
            code="MailRefused",
            status=error.code,
            retryable=400 <= error.code < 500,
        )
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return ConnectorError(f"{server.host} cannot do that: {error}", code="MailRefused")
    return _no_answer(server, str(error))


def _no_answer(server: SmtpServer, reason: str) -> ConnectorError:
    return ConnectorError(
        f"The mail server {server.host}:{server.port} broke off: {reason.rstrip('.')}. Check the port and "
        f"the encryption ({server.encryption}) of the connection.",
        code="BadGateway",
        retryable=True,
    )
