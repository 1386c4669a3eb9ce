"""The message that goes out: addresses, headers, text and HTML, attachments."""

from __future__ import annotations

import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, getaddresses

from lxml import etree

from connectors.sdk import ConnectorError, Content, MediaType

_SEPARATOR = re.compile(r"[;,]+")
_BLOCKS = frozenset(("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol"))
_HIDDEN = frozenset(("style", "script", "head"))
_PARSER = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)


def addresses(text: str, field: str) -> list[Address]:
    """The addresses of a field, separated by `;` or `,`; ConnectorError names the one that is none."""
    text = one_line(text.strip(), field)
    if not text:
        return []
    # Semicolons are what people type; the mail standard knows commas only.
    pairs = getaddresses([text.replace(";", ",")])
    if not pairs or any(not address for _, address in pairs):
        pairs = [("", part) for part in _SEPARATOR.split(text) if part.strip()]
    return [_address(name, address.strip(), field) for name, address in pairs]


def _address(name: str, address: str, field: str) -> Address:
    user, at, domain = address.rpartition("@")
    if not at or not user or not domain or re.search(r"[\s<>\"\r\n\0]", address):
        raise ConnectorError(f"{field}: '{address[:100]}' is not an email address.", code="BadRequest")
    try:
        return Address(display_name=one_line(name, field), username=user, domain=domain)
    except ValueError as error:
        message = f"{field}: '{address[:100]}' is not an email address."
        raise ConnectorError(message, code="BadRequest") from error


def one_line(text: str, field: str) -> str:
    """The text, refused when it holds a line break: it would begin another header."""
    if re.search(r"[\r\n\0]", text):
        raise ConnectorError(f"{field} must be a single line.", code="BadRequest")
    # Other characters that Python, not mail, takes for line ends.
    return " ".join(text.splitlines())


def build(
    *,
    sender: Address,
    to: list[Address],
    cc: list[Address],
    reply_to: list[Address],
    subject: str,
    body: str,
    html: bool,
    importance: str,
    message_id: str,
) -> EmailMessage:
    """A message without its hidden recipients, who must not be named in it."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    if to:
        message["To"] = to
    if cc:
        message["Cc"] = cc
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = one_line(subject, "Subject")
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = message_id
    if importance != "Normal":
        message["Importance"] = importance.lower()
        message["X-Priority"] = "1" if importance == "High" else "5"
    message.set_content(plain_text(body) if html else body)
    if html:
        message.add_alternative(body, subtype="html")
    return message


def attach(message: EmailMessage, name: str, content: Content) -> None:
    """Add a file; the name is what the reader sees, without folders."""
    shown = one_line(name.replace("\\", "/").rpartition("/")[2], "The name of an attachment") or "attachment"
    media = MediaType.parse(content.content_type).name
    main, _, sub = media.partition("/")
    if not sub or main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    message.add_attachment(content.data, maintype=main, subtype=sub, filename=shown)


def plain_text(html: str) -> str:
    """What a reader without HTML sees: the text, with a line break after each block."""
    # A parser, because patterns over "<" take quadratic time on hostile input.
    root = etree.fromstring(html.encode("utf-8", errors="replace") or b"<p>", _PARSER)
    if root is None:
        return "\n"
    parts: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            hidden += element.tag in _HIDDEN
            parts.append("" if hidden else element.text or "")
        else:
            hidden -= element.tag in _HIDDEN
            parts.append("\n" if element.tag in _BLOCKS else "")
            parts.append("" if hidden else element.tail or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
