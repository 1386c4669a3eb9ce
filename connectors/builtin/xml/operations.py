"""XML maps, schemas and flat files (reference 6.21). All work on documents is done in an isolated process."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

from connectors.sdk import ConnectorError, Content, Context, Field, Form, Json, MediaType, action, choices
from connectors.sdk.artifacts import Artifacts
from connectors.sdk.content import decode_text, envelope
from connectors.sdk.isolation import Isolated

SECONDS = 60
CONTENT_LIMIT = 104_857_600
_REFERENCE = re.compile(rb"""\b(?:schemaLocation|href)\s*=\s*["']([^"'\s<>]{1,255})["']""")


class XmlContent(Form):
    """An XML document."""

    content: Content = Field(title="Content", important=True, description="XML as text or with its type.")


class TransformXml(XmlContent):
    """A document and the map for it."""

    map_: str = Field(title="Map", important=True, values="listMaps", example="OrderToInvoice.xslt")
    xslt_parameters: dict[str, Any] = Field(
        {}, title="XSLT parameters", editor="dictionary", description="Values of the map's parameters."
    )
    transform_options: str = Field(
        "",
        title="Options",
        advanced=True,
        description="ApplyXsltOutputAttributes, GenerateTextOutput, IncludeByteOrderMark, with commas.",
    )


class WithSchema(XmlContent):
    """A document and the schema for it."""

    schema_: str = Field(title="Schema", important=True, values="listSchemas", example="Order.xsd")


class ParseXml(WithSchema):
    """A document, the schema for it, and what shall be in the JSON."""

    json_writer_settings: Any = Field(
        None,
        title="JSON settings",
        advanced=True,
        description='{"ignoreAttributes": true} leaves attributes out.',
    )


class ComposeXml(Form):
    """A JSON object and the schema of the document to make."""

    content: Any = Field(
        title="Content", important=True, description="A JSON object, members as in the schema."
    )
    schema_: str = Field(title="Schema", important=True, values="listSchemas", example="Order.xsd")
    xml_writer_settings: Any = Field(
        None, title="XML settings", advanced=True, description='{"encoding": "utf-8", "indent": true}.'
    )


class DecodeFlatFile(Form):
    """A flat file and the schema that describes it."""

    content: Content = Field(title="Content", important=True, editor="multiline")
    schema_: str = Field(title="Schema", important=True, values="listSchemas", example="Orders.xsd")


class EncodeFlatFile(WithSchema):
    """A document and the schema that describes the flat file."""

    empty_node_generation_mode: Literal["ForcedDisabled", "HonorSchemaNodeProperty", "ForcedEnabled"] = Field(
        "ForcedDisabled",
        title="Empty nodes",
        advanced=True,
        description="Whether elements that are missing in the document are written as empty ones.",
    )


class Document(Form):
    """The document that was made."""

    body: Any = Field(None, title="Body")


class ParsedXml(Form):
    """The document as JSON."""

    json: Any = Field(None, title="JSON")


class ComposedXml(Form):
    """The document."""

    xml: Any = Field(None, title="XML")


class Checked(Form):
    """Nothing: the document fits, or the action fails."""


@cache
def inside() -> Isolated:
    return Isolated("connectors.builtin.xml.inside", seconds=SECONDS)


def maps(context: Context[None]) -> Artifacts:
    return Artifacts(context.folder, "Maps", (".xslt", ".xsl"))


def schemas(context: Context[None]) -> Artifacts:
    return Artifacts(context.folder, "Schemas", (".xsd",))


@action(
    "Transform XML",
    inputs=TransformXml,
    outputs=Document,
    effect="read",
    whole_outputs=True,
    category="XML",
    keywords=("xslt", "map", "xml", "convert"),
    needs_connection=False,
)
def transform_xml(context: Context[None], request: TransformXml) -> dict[str, Json]:
    """Applies a map in XSLT 1.0 from your folder Artifacts/Maps to a document."""
    options = {option.strip().lower() for option in request.transform_options.split(",")}
    arguments = {
        "parameters": {name: value for name, value in request.xslt_parameters.items() if value is not None},
        "asDeclared": "applyxsltoutputattributes" in options,
    }
    method, data = _work(
        context, "transform_xml", arguments, maps(context), request.map_, _xml(request.content), "The map"
    )
    if method == "text" or "generatetextoutput" in options:
        return {"body": data.decode("utf-8", "replace")}
    if "includebyteordermark" in options:
        data = b"\xef\xbb\xbf" + data
    kind = "text/html" if method == "html" else "application/xml"
    return {
        "body": data.decode("utf-8", "replace")
        if kind == "text/html"
        else envelope(f"{kind}; charset=utf-8", data)
    }


@action(
    "Validate XML",
    inputs=WithSchema,
    outputs=Checked,
    effect="read",
    whole_outputs=True,
    category="XML",
    keywords=("xsd", "schema", "check"),
    needs_connection=False,
)
def validate_xml(context: Context[None], request: WithSchema) -> dict[str, Json]:
    """Checks a document against a schema from your folder Artifacts/Schemas; fails where it does not fit."""
    _work(
        context,
        "validate_xml",
        {},
        schemas(context),
        request.schema_,
        _xml(request.content),
        "The validation",
    )
    return {}


@action(
    "Parse XML with a schema",
    inputs=ParseXml,
    outputs=ParsedXml,
    effect="read",
    category="XML",
    keywords=("xml", "json", "xsd", "read"),
    needs_connection=False,
)
def parse_xml(context: Context[None], request: ParseXml) -> ParsedXml:
    """Makes a JSON object of a document; the schema says what is a list, a number or a boolean."""
    settings = _settings(request.json_writer_settings)
    arguments = {"attributes": settings.get("ignoreattributes") is not True}
    _, data = _work(
        context, "parse_xml", arguments, schemas(context), request.schema_, _xml(request.content), "Parsing"
    )
    return ParsedXml(json=context.loads(data.decode()))


@action(
    "Compose XML with a schema",
    inputs=ComposeXml,
    outputs=ComposedXml,
    effect="read",
    category="XML",
    keywords=("xml", "json", "xsd", "create"),
    needs_connection=False,
)
def compose_xml(context: Context[None], request: ComposeXml) -> ComposedXml:
    """Makes a document of a JSON object, with elements in the order and namespaces of the schema."""
    settings = _settings(request.xml_writer_settings)
    encoding = str(settings.get("encoding") or "utf-8")
    arguments = {"indent": settings.get("indent") is True}
    content = context.dumps(request.content).encode("utf-8", "surrogatepass")
    _, data = _work(
        context, "compose_xml", arguments, schemas(context), request.schema_, content, "Composing"
    )
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    try:
        written = (head + data.decode()).encode(encoding, "xmlcharrefreplace")
    except LookupError:
        raise ConnectorError(f"There is no encoding '{encoding}'.", code="BadRequest") from None
    return ComposedXml(xml=envelope(f"application/xml; charset={encoding}", written))


@action(
    "Decode a flat file",
    inputs=DecodeFlatFile,
    outputs=Document,
    effect="read",
    whole_outputs=True,
    category="Flat files",
    keywords=("csv", "positional", "delimited", "edi", "text", "xml"),
    needs_connection=False,
)
def decode_flat_file(context: Context[None], request: DecodeFlatFile) -> dict[str, Json]:
    """Makes XML of delimited or positional text, as the annotations of a schema describe it."""
    text = decode_text(request.content.data, MediaType.parse(request.content.content_type).charset)
    content = text.encode("utf-8", "surrogatepass")
    _, data = _work(context, "decode_flat_file", {}, schemas(context), request.schema_, content, "Decoding")
    return {"body": data.decode()}


@action(
    "Encode a flat file",
    inputs=EncodeFlatFile,
    outputs=Document,
    effect="read",
    whole_outputs=True,
    category="Flat files",
    keywords=("csv", "positional", "delimited", "edi", "text", "xml"),
    needs_connection=False,
)
def encode_flat_file(context: Context[None], request: EncodeFlatFile) -> dict[str, Json]:
    """Makes delimited or positional text of XML, as the annotations of a schema describe it."""
    arguments = {"empty": request.empty_node_generation_mode}
    _, data = _work(
        context,
        "encode_flat_file",
        arguments,
        schemas(context),
        request.schema_,
        _xml(request.content),
        "Encoding",
    )
    return {"body": data.decode("utf-8", "surrogatepass")}


@choices("Maps")
def list_maps(context: Context[None], _: object) -> list[tuple[str, str]]:
    """The maps in the tenant's folder, for the field that asks for one."""
    return [(name, name) for name in maps(context).names() if name.lower().endswith((".xslt", ".xsl"))]


@choices("Schemas")
def list_schemas(context: Context[None], _: object) -> list[tuple[str, str]]:
    """The schemas in the tenant's folder, for the field that asks for one."""
    return [(name, name) for name in schemas(context).names() if name.lower().endswith(".xsd")]


def _work(
    context: Context[None],
    function: str,
    arguments: dict[str, Json],
    artifacts: Artifacts,
    name: str,
    content: bytes,
    what: str,
) -> tuple[Json, bytes]:
    if len(content) > CONTENT_LIMIT:
        raise ConnectorError(f"The content is larger than {CONTENT_LIMIT:,} bytes.", code="LimitExceeded")
    first = artifacts.read(name)
    files = artifacts.closure(first, _mentioned)
    blobs = {"content": content, **{f"file:{file}": data for file, data in files.items()}}
    return inside().call(
        function, {**arguments, "name": first.name}, blobs, seconds=context.remaining(SECONDS), what=what
    )


def _mentioned(data: bytes) -> list[str]:
    return [name.decode("utf-8", "replace") for name in _REFERENCE.findall(data)]


def _xml(content: Content) -> bytes:
    """Bytes that say their encoding themselves: a declared charset other than UTF-8 is honoured here."""
    charset = MediaType.parse(content.content_type).charset.lower()
    if charset in ("utf-8", "utf8") or content.data.lstrip()[:5] == b"<?xml":
        return content.data
    return decode_text(content.data, charset).encode("utf-8", "surrogatepass")


def _settings(given: Json) -> dict[str, Json]:
    return {str(name).lower(): value for name, value in given.items()} if isinstance(given, dict) else {}
