"""Everything a connector's author imports."""

from __future__ import annotations

from connectors.sdk.content import Content, Json, MediaType, decode_text, envelope, is_envelope, text_of
from connectors.sdk.context import (
    Caller,
    Chunking,
    ClientCertificate,
    Context,
    HttpAnswer,
    HttpRequest,
    Network,
)
from connectors.sdk.errors import ConnectionRefused, ConnectorError, Fault, FormError, SignInFailed
from connectors.sdk.forms import Field, Form
from connectors.sdk.manifest import (
    BRANCHES_LIMIT,
    Answer,
    Browse,
    Connector,
    Nothing,
    Operation,
    Polled,
    action,
    branches,
    choices,
    trigger,
)
from connectors.sdk.shapes import Secret

__all__ = [
    "BRANCHES_LIMIT",
    "Answer",
    "Browse",
    "Caller",
    "Chunking",
    "ClientCertificate",
    "ConnectionRefused",
    "Connector",
    "ConnectorError",
    "Content",
    "Context",
    "Fault",
    "Field",
    "Form",
    "FormError",
    "HttpAnswer",
    "HttpRequest",
    "Json",
    "MediaType",
    "Network",
    "Nothing",
    "Operation",
    "Polled",
    "Secret",
    "SignInFailed",
    "action",
    "branches",
    "choices",
    "decode_text",
    "envelope",
    "is_envelope",
    "text_of",
    "trigger",
]
