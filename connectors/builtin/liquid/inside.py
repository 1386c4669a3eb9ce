"""Liquid templates as DotLiquid understands them, in the isolated child (reference 6.21).

Logic Apps runs DotLiquid under C# names: filters are `Upcase` and `DividedBy`, `forloop.Last` and `list.Size`
are members, and `Date` takes .NET's formats. Liquid's own spelling works as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dateutil import parser as dates  # type: ignore[import-untyped]
from dateutil import tz as _zones  # noqa: F401 - loaded now, because the child may open no file later
from liquid import BoundTemplate, Environment, RenderContext
from liquid.builtin.tags.for_tag import ForLoop
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.undefined import Undefined
from lxml import etree

from connectors.builtin.liquid import moments
from connectors.sdk.content import Json, text_of
from connectors.sdk.errors import ConnectorError

ROUNDS = 1_000_000
OUTPUT = 104_857_600
_MEMBERS = {"Size": "size", "First": "first", "Last": "last"}
_TRAILING = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)


class _Context(RenderContext):
    def get_item(self, obj: Any, key: Any) -> Any:
        if isinstance(obj, ForLoop) and isinstance(key, str):
            return obj[key.lower()]
        try:
            return super().get_item(obj, key)
        except (KeyError, TypeError, IndexError):
            if isinstance(key, str) and key in _MEMBERS:
                return super().get_item(obj, _MEMBERS[key])
            raise


class _Template(BoundTemplate):
    context_class = _Context


class _Nothing(Undefined):
    """What is not there: empty, and neither more nor less than anything."""

    def _never(self, other: object) -> bool:
        return False

    __lt__ = __gt__ = __le__ = __ge__ = _never


class _Environment(Environment):
    template_class = _Template
    loop_iteration_limit = ROUNDS
    output_stream_limit = OUTPUT
    local_namespace_limit = OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in ("include", "render"):
            # They would read other files.
            self.tags.pop(name, None)
        self.filters["date"] = _date
        self.filters["json"] = lambda value, *_: json.dumps(_plain(value), ensure_ascii=False)
        for name, filter_ in list(self.filters.items()):
            self.filters["".join(part.capitalize() for part in name.split("_"))] = filter_


def _plain(value: Any) -> Any:
    return None if isinstance(value, Undefined) else value


def _date(value: Any, pattern: Any = None, *_: Any) -> str:
    """DotLiquid's Date; a format with `%` is Ruby's."""
    value, pattern = _plain(value), _plain(pattern)
    if value is None or not pattern:
        return text_of(value)
    moment = _moment(value)
    if moment is None:
        return text_of(value)
    written = str(pattern)
    return moment.strftime(written) if "%" in written else moments.write(moment, written)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and value.lower() in ("now", "today"):
        return datetime.now(UTC)
    try:
        return (
            datetime.fromtimestamp(value, UTC) if isinstance(value, (int, float)) else dates.parse(str(value))
        )
    except (ValueError, OverflowError, TypeError):
        return None


_environment = _Environment(undefined=_Nothing)


def transform(arguments: dict[str, Any], blobs: dict[str, bytes]) -> tuple[Json, bytes]:
    """Renders a template over `content`; `from` is json or xml, `to` json or text."""
    content = _CONTENT[arguments["from"]](blobs["content"])
    name = arguments["name"]
    try:
        template = _environment.from_string(blobs["map"].decode().removeprefix("\ufeff"))
        text = template.render(content=content)
    except ResourceLimitError as error:
        raise ConnectorError(
            f"The template '{name}' went beyond a limit: {_reason(error)}.", code="LimitExceeded"
        ) from None
    except LiquidError as error:
        line = error.token.start_index if error.token else -1
        at = f" in line {blobs['map'][:line].count(10) + 1}" if line >= 0 else ""
        raise ConnectorError(
            f"The template '{name}' failed{at}: {_reason(error)}.", code="TransformFailed"
        ) from None
    except UnicodeDecodeError:
        raise ConnectorError(f"The template '{name}' is not UTF-8 text.", code="InvalidMap") from None
    if arguments["to"] == "json":
        text = _checked_json(text, name)
    return None, text.encode("utf-8", "surrogatepass")


def _reason(error: LiquidError) -> str:
    return str(error.args[0] if error.args else error).strip().rstrip(".")


def _checked_json(text: str, name: str) -> str:
    """The text without commas that a loop leaves before a closing bracket; .NET takes them too."""
    cleaned = _TRAILING.sub(lambda found: "" if found[0] == "," else found[0], text)
    try:
        json.loads(cleaned)
    except ValueError as error:
        raise ConnectorError(
            f"The template '{name}' gave no valid JSON: {error}. It begins '{text.strip()[:120]}'.",
            code="TransformFailed",
        ) from None
    return cleaned


def _json(data: bytes) -> Json:
    try:
        return json.loads(data)
    except ValueError as error:
        raise ConnectorError(f"The content is not JSON: {error}.", code="InvalidContent") from None


def _xml(data: bytes) -> Json:
    """The document as JSON, in the way of the function `json()`: attributes `@name`, text `#text`."""
    reader = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data.lstrip() or b" ", reader)
    except etree.XMLSyntaxError as error:
        reason = str(error.msg or "it is empty").strip().rstrip(".")
        raise ConnectorError(f"The content is not well-formed XML: {reason}.", code="InvalidXml") from None
    described: Any = root.getroottree().docinfo
    if described.doctype:
        raise ConnectorError("The content has a DOCTYPE, which is not allowed.", code="InvalidXml")
    return {_named(root.tag, root): _element(root)}


def _named(tag: Any, element: etree._Element) -> str:
    name = etree.QName(tag)
    prefix = next((p for p, space in element.nsmap.items() if space == name.namespace and p), None)
    return f"{prefix}:{name.localname}" if prefix and element.prefix == prefix else name.localname


def _element(element: etree._Element) -> Json:
    members: dict[str, Any] = {f"@{etree.QName(str(k)).localname}": str(v) for k, v in element.attrib.items()}
    children = [child for child in element if isinstance(child.tag, str)]
    for child in children:
        name, value = _named(child.tag, child), _element(child)
        if name in members:
            known = members[name]
            members[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            members[name] = value
    text = element.text or ""
    if children:
        text = (text + "".join(child.tail or "" for child in element)).strip()
    if not members:
        return text or None
    return {**members, "#text": text} if text.strip() else members


_CONTENT: dict[str, Callable[[bytes], Json]] = {"json": _json, "xml": _xml}
