"""Which operation of which connector an action means.

WDL names operations in several ways: `Http` and what is HTTP underneath (Function, ApiManagement, requests of
webhooks), `ServiceProvider` with a provider id, and managed connectors (`ApiConnection`,
`OpenApiConnection`) by method and path or by operation id. The last run where one of ours does the same work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors import registry
from connectors.sdk import Connector, ConnectorError, Operation
from runtime.engine.credentials import hide, without_credentials
from runtime.language.values import Json


@dataclass(frozen=True, slots=True)
class Target:
    """The operation, the parameters for its form, the name of the connection, the shape of its outputs."""

    connector: Connector
    operation: Operation
    parameters: Mapping[str, Json]
    connection_name: str = ""
    wrap: Callable[[Json], Json] = lambda body: {"body": body}

    @property
    def is_http(self) -> bool:
        return self.connector.id == "http"


def find_target(action_type: str, inputs: Json, purpose: str, action_kind: str = "") -> Target:
    """The target of an action. ConnectorError with a sentence when this installation has none for it."""
    if not isinstance(inputs, dict):
        raise ConnectorError("The action has no inputs.", code="BadRequest")
    kind = action_type.lower()
    if purpose == "poll" or kind in ("http", "httpwebhook"):
        return _http(inputs)
    if kind == "serviceprovider":
        return _service_provider(inputs, "trigger" if purpose == "trigger" else "action")
    if kind in _NATIVE_TYPES:
        return _native(kind, action_kind, inputs)
    finder = _FINDERS.get(kind)
    if finder is None:
        raise _not_available(f"Actions of type {action_type} cannot be executed by this version.")
    return finder(inputs)


def is_executed(action_type: str) -> bool:
    """Whether actions of this type have operations here at all, whatever their inputs say."""
    kind = action_type.lower()
    return kind in ("http", "httpwebhook", "serviceprovider") or kind in _NATIVE_TYPES or kind in _FINDERS


def without_secrets(action_type: str, inputs: Json) -> Json:
    """The inputs as people may see them (reference 6.2): without credentials and secret fields."""
    if isinstance(inputs, dict) and action_type.lower() == "serviceprovider":
        return _without_secret_fields(inputs)
    return without_credentials(inputs)


def _without_secret_fields(inputs: dict[str, Json]) -> Json:
    configuration = _object(inputs.get("serviceProviderConfiguration"))
    ids = (str(configuration.get("serviceProviderId") or ""), str(configuration.get("operationId") or ""))
    found = registry.find_operation(*ids)
    members = found[1].inputs.members() if found else ()
    secret = {member.name.lower() for member in members if member.shape.schema().get("writeOnly")}
    return {**inputs, "parameters": hide(inputs.get("parameters"), secret.__contains__)} if secret else inputs


def _not_available(sentence: str) -> ConnectorError:
    return ConnectorError(sentence, code="OperationNotAvailable")


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _http(inputs: Mapping[str, Json]) -> Target:
    return _ours("http", "sendRequest", inputs)


def _ours(connector_id: str, operation_id: str, parameters: Mapping[str, Json], **rest: Any) -> Target:
    found = registry.find_operation(connector_id, operation_id)
    if found is None:
        raise _not_available(f"The operation '{operation_id}' of '{connector_id}' is not installed here.")
    return Target(*found, parameters, **rest)


def _service_provider(inputs: Mapping[str, Json], wanted: str) -> Target:
    configuration = _object(inputs.get("serviceProviderConfiguration"))
    provider = str(configuration.get("serviceProviderId") or "")
    operation_id = str(configuration.get("operationId") or "")
    connector = registry.find(provider)
    name = str(configuration.get("connectionName") or "")
    provided = _PROVIDED.get((provider.lower().rpartition("/")[2], operation_id.lower()))
    if (
        provided is not None
        and wanted == "action"
        and (not connector or not connector.operation(operation_id))
    ):
        parameters = provided.convert(_object(inputs.get("parameters")))
        present = provided.present
        return _ours(
            provided.connector,
            provided.operation,
            parameters,
            connection_name=name,
            wrap=lambda body: {"body": present(body)},
        )
    if connector is None:
        raise _not_available(f"The connector '{provider.rpartition('/')[2]}' is not installed here.")
    operation = connector.operation(operation_id)
    if operation is None or operation.kind != wanted:
        what = "trigger" if wanted == "trigger" else "operation"
        raise _not_available(f"{connector.title} has no {what} '{operation_id}'.")
    return Target(connector, operation, _object(inputs.get("parameters")), connection_name=name)


@dataclass(frozen=True, slots=True)
class Native:
    """A WDL type that is one of our operations under a name of its own (reference 6.21).

    `artifact` is the member of the inputs that names a map or schema: `{"map": {"name": …}}`, or inside
    `integrationAccount`, stands for the operation's `map`.
    """

    type: str
    kind: str
    connector: str
    operation: str
    artifact: str = ""


NATIVE = (
    Native("Xslt", "", "xml", "transformXml", "map"),
    Native("XmlValidation", "", "xml", "validateXml", "schema"),
    Native("XmlParse", "", "xml", "parseXml", "schema"),
    Native("XmlCompose", "", "xml", "composeXml", "schema"),
    Native("FlatFileDecoding", "", "xml", "decodeFlatFile", "schema"),
    Native("FlatFileEncoding", "", "xml", "encodeFlatFile", "schema"),
    Native("Liquid", "JsonToJson", "liquid", "transformJsonToJson", "map"),
    Native("Liquid", "JsonToText", "liquid", "transformJsonToText", "map"),
    Native("Liquid", "XmlToJson", "liquid", "transformXmlToJson", "map"),
    Native("Liquid", "XmlToText", "liquid", "transformXmlToText", "map"),
    Native("IntegrationAccountArtifactLookup", "", "artifacts", "lookUpArtifact"),
)
_NATIVE_TYPES = frozenset(native.type.lower() for native in NATIVE)


def native_of(connector_id: str, operation_id: str) -> Native | None:
    """The WDL type that an operation of the registry is written as."""
    wanted = (connector_id, operation_id)
    return next((one for one in NATIVE if (one.connector, one.operation) == wanted), None)


def _native(action_type: str, kind: str, inputs: Mapping[str, Json]) -> Target:
    candidates = [one for one in NATIVE if one.type.lower() == action_type]
    # A kind that only some types have: Xslt of kind DataMapper is the same operation.
    found = [one for one in candidates if one.kind.lower() == kind.lower()] or candidates
    if len(found) != 1:
        kinds = ", ".join(one.kind for one in candidates)
        raise ConnectorError(
            f"The kind of an action of type {candidates[0].type} must be one of {kinds}; it is '{kind}'.",
            code="BadRequest",
        )
    native = found[0]
    if not native.artifact:
        return _ours(native.connector, native.operation, inputs)
    given = {name.lower(): value for name, value in inputs.items()}
    account = {name.lower(): value for name, value in _object(given.pop("integrationaccount", None)).items()}
    named = given.get(native.artifact, account.get(native.artifact))
    if isinstance(named, dict):
        named = next((value for name, value in named.items() if name.lower() == "name"), None)
    return _ours(native.connector, native.operation, {**given, native.artifact: named})


def _javascript(inputs: Mapping[str, Json]) -> Target:
    return _ours("javascript", "runScript", inputs)


def _function(inputs: Mapping[str, Json]) -> Target:
    """An Azure function by its resource id (reference 6.5): its public address follows from the id."""
    function = _object(inputs.get("function"))
    address = re.search(r"/sites/([^/]+)/functions/([^/]+)$", str(function.get("id") or ""), re.IGNORECASE)
    if address is None:
        raise _not_available("The function has no id that names its site, so there is no address to call.")
    rest = {name: value for name, value in inputs.items() if name not in ("function", "method", "uri")}
    uri = f"https://{address[1].lower()}.azurewebsites.net/api/{address[2]}"
    return _http({"method": inputs.get("method") or "POST", "uri": uri, **rest})


def _api_management(inputs: Mapping[str, Json]) -> Target:
    """An API by its resource id (reference 6.6); path values are encoded, the key goes into its header."""
    api = str(_object(inputs.get("api")).get("id") or "")
    address = re.search(r"/service/([^/]+)/apis/([^/]+)$", api, re.IGNORECASE)
    if address is None:
        raise _not_available("The API has no id that names its service, so there is no address to call.")
    template = _object(inputs.get("pathTemplate"))
    path = str(template.get("template") or "/")
    for name, value in _object(template.get("parameters")).items():
        path = path.replace("{" + name + "}", quote(str(value), safe=""))
    headers = dict(_object(inputs.get("headers")))
    if inputs.get("subscriptionKey"):
        headers.setdefault("Ocp-Apim-Subscription-Key", inputs["subscriptionKey"])
    kept = ("queries", "body", "authentication", "retryPolicy")
    rest = {name: inputs[name] for name in kept if inputs.get(name) is not None}
    uri = f"https://{address[1].lower()}.azure-api.net/{address[2].lower()}{path}"
    return _http({"method": str(inputs.get("method") or "GET"), "uri": uri, "headers": headers, **rest})


def _mail(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The mail connectors' message (office365, outlook, gmail, smtp) as email.sendEmail's inputs."""
    given = {name.lower(): value for name, value in fields.items()}
    names = {"to": "to", "cc": "cc", "bcc": "bcc", "subject": "subject", "importance": "importance"}
    message = {ours: given[theirs] for theirs, ours in names.items() if given.get(theirs) is not None}
    if isinstance(given.get("replyto"), str):
        message["replyTo"] = given["replyto"]
    is_html = given.get("ishtml")
    message["body"] = given.get("body") or given.get("text") or ""
    if given.get("from"):
        message["from"] = given["from"]
    message["bodyFormat"] = "Text" if is_html is False or str(is_html).lower() == "false" else "HTML"
    attachments = given.get("attachments")
    if isinstance(attachments, list):
        message["attachments"] = [_attachment(item) for item in attachments if isinstance(item, dict)]
    return message


def _attachment(item: Mapping[str, Json]) -> dict[str, Json]:
    given = {name.lower(): value for name, value in item.items()}
    content = given.get("contentbytes", given.get("contentdata"))
    if isinstance(content, str):
        # Managed mail connectors take base64 text here, and an envelope gives its own.
        content = {
            "$content-type": given.get("contenttype") or "application/octet-stream",
            "$content": content,
        }
    return {"name": given.get("name") or given.get("filename") or "attachment", "content": content}


def _message(inputs: Mapping[str, Json]) -> dict[str, Json]:
    return _mail(_object(inputs.get("body")) or _fields(inputs.get("parameters")))


def _shared_mailbox(inputs: Mapping[str, Json]) -> dict[str, Json]:
    fields = _object(inputs.get("body")) or _fields(inputs.get("parameters"))
    sender = next((value for name, value in fields.items() if name.lower() == "mailboxaddress"), None)
    return {**_mail(fields), "from": sender}


def _file_fields(inputs: Mapping[str, Json]) -> dict[str, Json]:
    """What a file connector is told, by query or by name; paths begin with a slash there."""
    given = {**_object(inputs.get("queries")), **_fields(inputs.get("parameters"))}
    return {name.lower(): value for name, value in given.items()}


def _new_file(inputs: Mapping[str, Json]) -> dict[str, Json]:
    given = _file_fields(inputs)
    folder = str(given.get("folderpath") or "").strip("/")
    path = f"{folder}/{given.get('name') or ''}".strip("/")
    return {"path": path, "content": inputs.get("body", given.get("body")), "overwrite": True}


def _file_path(inputs: Mapping[str, Json]) -> dict[str, Json]:
    return {"path": str(_file_fields(inputs).get("path") or "").strip("/")}


def _stored(info: Json) -> Json:
    """What a file connector says of a file it has written."""
    known = _object(info)
    return {
        "Id": known.get("path"),
        "Name": known.get("name"),
        "DisplayName": known.get("name"),
        "Path": f"/{known.get('path')}",
        "LastModified": known.get("modified"),
        "Size": known.get("size"),
        "IsFolder": False,
    }


def _content(read: Json) -> Json:
    return _object(read).get("content")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A managed operation that one of ours can do. `api` is the managed connector, `path` a pattern.

    `convert` makes our inputs of the action's, `present` the body that the managed operation would give.
    """

    api: tuple[str, ...]
    method: str
    path: str
    operation_ids: tuple[str, ...]
    connector: str
    operation: str
    convert: Callable[[Mapping[str, Json]], dict[str, Json]]
    present: Callable[[Json], Json] = lambda body: body


# These speak of files in one way. A Storage connection under their connection's name takes their place.
_FILES = ("filesystem", "azurefile", "azureblob", "ftp", "sftp", "sftpwithssh")
_DATASET = r"(/v\d)?/datasets/[^/]+"

MAPPED = (
    Mapped(("office365", "outlook", "gmail"), "post", r"(/v\d)?/Mail", ("SendEmail", "SendEmailV2"),
           "email", "sendEmail", _message),
    Mapped(("office365",), "post", r"(/v\d)?/SharedMailbox/Mail",
           ("SharedMailboxSendEmail", "SharedMailboxSendEmailV2"), "email", "sendEmail", _shared_mailbox),
    Mapped(("smtp", "sendmail"), "post", r"(/v\d)?/(SendEmail(V\d)?|Mail/Send)",
           ("SendEmail", "SendEmailV2", "SendEmailV3"), "email", "sendEmail", _message),
    Mapped(_FILES, "post", _DATASET + "/files", ("CreateFile", "CreateFile_V2"),
           "storage", "writeFile", _new_file, _stored),
    Mapped(_FILES, "get", _DATASET + "/GetFileContentByPath",
           ("GetFileContentByPath", "GetFileContentByPath_V2"), "storage", "readFile", _file_path, _content),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provided:
    """An operation of a built-in connector of Azure that one of ours can do."""

    connector: str
    operation: str
    convert: Callable[[Mapping[str, Json]], dict[str, Json]]
    present: Callable[[Json], Json] = lambda body: body


def _at_path(given: Mapping[str, Json]) -> dict[str, Json]:
    """Where a file lies: by its path, or in a container, which is a folder here."""
    known = {name.lower(): value for name, value in given.items()}
    container = str(known.get("containername") or "").strip("/")
    path = str(known.get("filepath") or known.get("blobname") or "").strip("/")
    return {"path": f"{container}/{path}" if container else path}


def _written(given: Mapping[str, Json]) -> dict[str, Json]:
    known = {name.lower(): value for name, value in given.items()}
    content = next((known[n] for n in ("content", "filecontent", "body") if known.get(n) is not None), "")
    replaces = known.get("overwritefileifexists", known.get("overrideifexists", True))
    return {**_at_path(given), "content": content, "overwrite": str(replaces).lower() != "false"}


def _appended(given: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in _written(given).items() if name != "overwrite"}


_WRITE = Provided("storage", "writeFile", _written)
_READ = Provided("storage", "readFile", _at_path, _content)
_DELETE = Provided("storage", "deleteFile", _at_path)

# By provider and operation. A Storage or Email connection under their connection's name takes their place.
_PROVIDED = {
    ("filesystem", "createfile"): _WRITE,
    ("filesystem", "updatefile"): _WRITE,
    ("filesystem", "appendfile"): Provided("storage", "appendToFile", _appended),
    ("filesystem", "getfilecontent"): _READ,
    ("filesystem", "deletefile"): _DELETE,
    ("ftp", "createfile"): _WRITE,
    ("ftp", "getftpfilecontent"): _READ,
    ("ftp", "deleteftpfile"): _DELETE,
    ("sftp", "uploadfilecontent"): _WRITE,
    ("sftp", "getfilecontent"): _READ,
    ("sftp", "deletefile"): _DELETE,
    ("azureblob", "uploadblob"): _WRITE,
    ("azureblob", "readblob"): Provided("storage", "readFile", _at_path),
    ("azureblob", "deleteblob"): _DELETE,
    ("smtp", "sendemail"): Provided("email", "sendEmail", _mail),
}


def _as_managed(mapped: Mapped, body: Json) -> Json:
    return {"statusCode": 200, "headers": {}, "body": mapped.present(body)}


def _managed(inputs: Mapping[str, Json]) -> Target:
    host = _object(inputs.get("host"))
    connection = host.get("connection")
    reference = _object(connection)
    raw = reference.get("referenceName") or reference.get("name") or host.get("connectionName") or ""
    name = str(raw).rstrip("/").rpartition("/")[2]
    api = str(host.get("apiId") or _object(host.get("api")).get("runtimeUrl") or name).rpartition("/")[2]
    api = re.sub(r"[-_]\d+$", "", api.lower().removeprefix("shared_"))
    operation_id = str(host.get("operationId") or "")
    for mapped in MAPPED:
        if _matches(mapped, inputs, operation_id, api):
            return _ours(
                mapped.connector,
                mapped.operation,
                mapped.convert(inputs),
                connection_name=name,
                wrap=partial(_as_managed, mapped),
            )
    what = operation_id or f"{str(inputs.get('method') or '').upper()} {inputs.get('path') or ''}".strip()
    raise _not_available(
        f"'{what}' of the managed connector '{api or 'unknown'}' has no counterpart here. The action is kept "
        "as it is; replace it by an operation of an installed connector or an HTTP request."
    )


def _matches(mapped: Mapped, inputs: Mapping[str, Json], operation_id: str, api: str) -> bool:
    if operation_id:
        return api in mapped.api and operation_id.lower() in {known.lower() for known in mapped.operation_ids}
    if mapped.api is _FILES and not api.startswith(_FILES):
        return False  # SharePoint, OneDrive and many others have the same paths for files of their own
    same_path = re.fullmatch(mapped.path, str(inputs.get("path") or ""), re.IGNORECASE) is not None
    return same_path and str(inputs.get("method") or "").lower() == mapped.method


def _fields(parameters: Json) -> dict[str, Json]:
    """OpenApiConnection parameters are flat: `emailMessage/To` is the member To of the message."""
    return {name.rpartition("/")[2]: value for name, value in _object(parameters).items()}


_FINDERS: dict[str, Callable[[Mapping[str, Json]], Target]] = {
    "function": _function,
    "apimanagement": _api_management,
    "apiconnection": _managed,
    "openapiconnection": _managed,
    "javascriptcode": _javascript,
}
