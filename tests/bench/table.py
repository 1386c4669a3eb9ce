"""What was measured, line by line while it is measured and as one table at the end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Line:
    """`values` by column; `reached` says of the columns that the goal speaks of whether they reach it."""

    goal: str = ""
    values: dict[str, str] = field(default_factory=dict)
    reached: dict[str, bool] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Nothing where there is no goal, or nothing was measured that it speaks of."""
        missed = [column for column, reached in self.reached.items() if not reached]
        if missed:
            return f"NO: {', '.join(missed)}"
        return "yes" if self.reached else ""


@dataclass(slots=True)
class Table:
    lines: dict[str, Line] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    rates: dict[tuple[str, str], float] = field(default_factory=dict)  # a second, by work and column

    def put(self, work: str, column: str, value: str, goal: str = "", *, reached: bool | None = None) -> None:
        line = self.lines.setdefault(work, Line())
        line.goal = line.goal or goal
        line.values[column] = value
        if reached is not None:
            line.reached[column] = reached
        if column not in self.columns:
            self.columns.append(column)
        said = {None: "", True: "  yes", False: "  NO"}[reached]
        print(f"  {work:52} {value:44} {goal}{said}", flush=True)

    def against(self, work: str, ours: str, peer: str, least: float) -> None:
        """How many times as many a second as the peer, when both were measured."""
        mine, theirs = self.rates.get((work, ours)), self.rates.get((work, peer))
        if mine and theirs:
            times, name = mine / theirs, f"the same, against {peer}"
            self.put(name, ours, f"{times:.2f} times as many", f"≥ {least:g} times", reached=times >= least)

    def text(self) -> str:
        """Markdown, columns as wide as what is in them."""
        rows = [["work", "goal", "reached", *self.columns]]
        rows += [
            [work, line.goal, line.verdict, *[line.values.get(column, "") for column in self.columns]]
            for work, line in self.lines.items()
        ]
        widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
        rows.insert(1, ["-" * width for width in widths])
        return "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in rows
        )

    def save(self, file: Path) -> None:
        lines = {
            work: {"goal": line.goal, "reached": line.verdict, **line.values}
            for work, line in self.lines.items()
        }
        file.write_text(json.dumps(lines, indent=2, ensure_ascii=False) + "\n")
