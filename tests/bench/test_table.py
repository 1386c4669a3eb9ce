"""The verdict of a line is that of every column its goal speaks of."""

from __future__ import annotations

from tests.bench.table import Table


def row_of(table: Table, work: str) -> list[str]:
    row = next(line for line in table.text().splitlines() if line.startswith(f"| {work} "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_one_column_that_misses_the_goal_is_named() -> None:
    table = Table()
    table.put("calls", "embedded", "600/s", "≥ 500/s", reached=True)
    table.put("calls", "cluster", "400/s", "≥ 500/s", reached=False)
    assert row_of(table, "calls") == ["calls", "≥ 500/s", "NO: cluster", "600/s", "400/s"]


def test_a_goal_for_one_column_is_judged_there_alone() -> None:
    table = Table()
    table.put("memory", "embedded", "250 MB", "≤ 300 MB embedded", reached=True)
    table.put("memory", "cluster", "500 MB", "≤ 300 MB embedded")
    table.put("rows", "embedded", "3")
    assert row_of(table, "memory")[2] == "yes"
    assert row_of(table, "rows")[2] == ""


def test_a_peer_is_compared_when_both_were_measured() -> None:
    table = Table(rates={("ten", "embedded"): 500.0, ("ten", "n8n"): 12.5})
    table.against("ten", "embedded", "n8n", 41)
    table.against("ten", "embedded", "Node-RED", 0.25)
    assert row_of(table, "the same, against n8n")[1:] == ["≥ 41 times", "NO: embedded", "40.00 times as many"]
    assert len(table.lines) == 1
