"""What the server needs to know of a definition's text: that it is one, its hash, its triggers."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from django.conf import settings

from designer.workflows.errors import TextRefused, TooLarge
from runtime.language.definition import Definition, read
from runtime.language.document import DocumentError, parse
from runtime.language.values import Json, loads

# Logic Apps refuses longer ones (reference 12.2).
DESCRIPTION_LIMIT: Final = 256
_SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
BLANK = f"""{{
  "definition": {{
    "$schema": "{_SCHEMA}",
    "contentVersion": "1.0.0.0",
    "parameters": {{}},
    "triggers": {{}},
    "actions": {{}},
    "outputs": {{}}
  }},
  "kind": "Stateful"
}}
"""


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check(text: str) -> str:
    """The text itself when it may be stored. Raises TooLarge, TextRefused."""
    check_size(text)
    try:
        document = parse(text)
    except DocumentError as error:
        raise TextRefused(f"This is not JSON. {error}") from error
    if document.root.kind != "object":
        kind = _named(document.root.kind)
        raise TextRefused(f"A workflow definition is a JSON object, and this is {kind}.")
    return text


def check_edited(text: str) -> str:
    """The same for a text that is known to be JSON, without reading it again."""
    check_size(text)
    return text if text.lstrip("\ufeff \t\r\n").startswith("{") else check(text)


def check_size(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise TextRefused(
            "The text contains half a character (a lone surrogate). Save it as UTF-8."
        ) from None
    if size > settings.DEFINITION_SIZE_LIMIT:
        raise TooLarge("The definition", size, settings.DEFINITION_SIZE_LIMIT)
    if "\x00" in text:
        raise TextRefused("The text contains a NUL character, which no JSON text may.")


def _named(kind: str) -> str:
    return {"array": "an array", "null": "null", "boolean": "true or false"}.get(kind, f"a {kind}")


@lru_cache(maxsize=64)
def definition_of(text: str) -> Definition:
    """The definition a stored text holds, compiled tolerantly; kept because several requests in a row need
    it.
    """
    return read(value_of(text))


def value_of(text: str) -> Json:
    """The C reader is several times faster; comments and the like are for the lossless one."""
    try:
        return loads(text)
    except ValueError:
        return parse(text).plain()


def first_trigger_type(text: str) -> str:
    """For lists: the type of the first trigger, or an empty text."""
    try:
        triggers = definition_of(text).triggers
    except (DocumentError, RecursionError):
        return ""
    return next((trigger.type for trigger in triggers.values()), "")[:60]


def description_of(text: str) -> str:
    """What the definition says of itself, as far as Logic Apps would keep it."""
    try:
        said = definition_of(text).raw.get("description")
    except (DocumentError, RecursionError):
        return ""
    if not isinstance(said, str):
        return ""
    # JSON can spell characters that no database takes.
    return said.encode(errors="replace").decode().replace("\x00", "")[:DESCRIPTION_LIMIT]


def definition_pointer(text: str) -> str:
    """Where in the text the definition stands: "" for a bare one, "/definition" for the wrapped form."""
    root, path = value_of(text), ""
    if isinstance(root.get("properties"), dict) and "actions" not in root:
        root, path = root["properties"], "/properties"
    if isinstance(root.get("definition"), dict) and "actions" not in root:
        path += "/definition"
    return path
