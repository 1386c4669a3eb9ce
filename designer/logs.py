"""Log lines as JSON objects, for MILLRACE_LOG=json. The message is written by our own code: never values."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

# Our messages name the run they are about in words; programs get it as a member.
_RUN = re.compile(r"\brun ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


class JsonLine(logging.Formatter):
    """One object a line: at, level, logger, message; run and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
        }
        if found := _RUN.search(message):
            line["run"] = found[1].lower()
        request_id = getattr(getattr(record, "request", None), "request_id", None)
        if request_id:
            line["requestId"] = request_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
