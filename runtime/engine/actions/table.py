"""Create CSV table, create HTML table (reference 6.14)."""

from __future__ import annotations

import re

from runtime.engine.actions.arrays import input_member
from runtime.engine.actions.contract import Compiler, Failure, Immediate, Result
from runtime.engine.actions.manifest import BODY_TEXT, EngineOperation, form, member
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.expressions import limits
from runtime.language.template import Template
from runtime.language.values import Json, kind_of, stringify


def _operation(kind: str, title: str, description: str) -> EngineOperation:
    return EngineOperation(
        id=f"table{kind.title()}",
        type="Table",
        title=title,
        description=description,
        category="data",
        inputs=form(
            ("from", "format"),
            **{"from": member("From", "inputs.from", type="array", editor="array", visibility="important")},
            format=member("Format", "inputs.format", type="string", choices=("CSV", "HTML"), default=kind),
            columns=member("Columns", "inputs.columns", type="array", editor="table", visibility="advanced"),
        ),
        outputs=BODY_TEXT,
        template={"type": "Table", "inputs": {"from": "", "format": kind}, "runAfter": {}},
        keywords=("table", "rows", "columns", kind.lower(), "spreadsheet", "report"),
        icon="table",
    )


CSV_TABLE = _operation("CSV", "Create CSV table", "Makes comma-separated text of an array of objects.")
HTML_TABLE = _operation("HTML", "Create HTML table", "Makes an HTML table of an array of objects.")


class Table(Immediate):
    """Body: the table as text."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.source = self.template(input_member(action, "from"))
        self.format = self.template(input_member(action, "format"))
        columns = input_member(action, "columns")
        self.columns: list[tuple[Template, Template]] | None = None
        if isinstance(columns, list):
            self.columns = [
                (self.template(column.get("header", "")), self.template(column.get("value")))
                for column in columns
                if isinstance(column, dict)
            ]

    def perform(self, scope: ActionScope) -> Result:
        shown = self.source.evaluate(scope)
        rows = scope.content(shown)
        if not isinstance(rows, list):
            raise self._failure(
                f"The 'from' property value in the 'table' action inputs is of type '{kind_of(rows)}'. "
                "The value must be of type 'Array'."
            )
        with limits.together():
            headers, cells = self._written(scope, rows)
        style = stringify(self.format.evaluate(scope))
        if style.lower() not in ("csv", "html"):
            raise self._failure(
                f"The 'format' property value '{style}' in the 'table' action inputs is not supported. "
                "The value must be 'CSV' or 'HTML'."
            )
        write = _csv if style.lower() == "csv" else _html
        inputs = {"from": shown, "format": style}
        return Result(outputs={"body": write(headers, cells)}, inputs=inputs)

    def _written(self, scope: ActionScope, rows: list[Json]) -> tuple[list[str], list[list[str]]]:
        if not self.columns:
            return self._found(scope, rows)
        headers = [stringify(header.evaluate(scope)) for header, _ in self.columns]
        values = [value for _, value in self.columns]
        cells = []
        for row in rows:
            inner = scope.with_item(row)
            cells.append([stringify(value.evaluate(inner)) for value in values])
        return headers, cells

    def _found(self, scope: ActionScope, rows: list[Json]) -> tuple[list[str], list[list[str]]]:
        rows = [scope.content(row) for row in rows]
        if not all(isinstance(row, dict) for row in rows):
            raise self._failure(
                "The property 'columns' must be specified unless the 'from' property value is an array of "
                "objects."
            )
        headers = list(dict.fromkeys(name for row in rows for name in row))
        limits.charge_turns("table", len(rows) * len(headers))
        return headers, [[stringify(row.get(name)) for name in headers] for row in rows]

    def _failure(self, message: str) -> Failure:
        return Failure(
            "BadRequest",
            f"The execution of template action '{self.name}' failed: {message}",
            error_code="ExpressionEvaluationFailed",
        )


_QUOTED = re.compile(r'[,"\r\n]')
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_ENCODED = re.compile("[&<>\"'\u00a0-\u00ff\U00010000-\U0010ffff]")


def _csv(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, *rows] if any(headers) else rows
    return "".join(",".join(map(_csv_cell, line)) + "\r\n" for line in lines)


def _csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _html(headers: list[str], rows: list[list[str]]) -> str:
    head = f"<thead><tr>{''.join(f'<th>{_html_text(text)}</th>' for text in headers)}</tr></thead>"
    body = "".join(f"<tr>{''.join(f'<td>{_html_text(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table>{head if any(headers) else ''}<tbody>{body}</tbody></table>"


def _html_text(text: str) -> str:
    return _ENCODED.sub(lambda match: _HTML.get(match[0]) or f"&#{ord(match[0])};", text)
