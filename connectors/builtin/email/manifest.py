"""Email: sending through any SMTP server."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.email.operations import SmtpServer, send_email, try_server
from connectors.sdk import Connector

connector = Connector(
    id="email",
    title="Email",
    description="Send email through your own mail server.",
    color="#b4552d",
    icon=Path(__file__).with_name("icon.svg"),
    connection=SmtpServer,
    test=try_server,
    operations=(send_email,),
    keywords=("mail", "smtp", "outlook", "gmail"),
)
