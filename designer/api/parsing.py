"""JSON in: as strict as the language's own reading, and never more than the limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from designer.workflows.errors import TooLarge
from runtime.language.values import loads


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge("The request body", len(body), limit)
        try:
            return loads(body)
        except RecursionError:
            raise ParseError("It is nested too deeply") from None
        except ValueError as error:
            raise ParseError(str(error)) from error
