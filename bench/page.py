"""The generated part of docs/performance.md: the table, from the results of before and of now."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import results
from bench.rows import Row, bar_told, told

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_PART = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)


def filled(text: str, folder: Path = results.FOLDER) -> str:
    """The page with its generated part as the results have it."""
    before, now = results.read(results.BEFORE, folder), results.read(results.NOW, folder)
    part = f"{_machines(before, now)}\n\n{table(before, now)}"
    return _PART.sub(lambda found: f"{found[1]}\n{part}\n\n{found[2]}", text)


def renew() -> None:
    """Write the page anew."""
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


def table(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Every row of either, as a markdown table. Two numbers are ours and the floor's; bold is ours by the floor's."""
    then, here = ({row.key: row for row in results.rows_of(stored)} for stored in (before, now))
    lines = ["| measure (ours / floor = **ratio**) | before | now | bar | met |", "| --- | --- | --- | --- | --- |"]
    for key in dict.fromkeys((*then, *here)):
        row = here.get(key) or then[key]
        cells = (row.what, _cell(then.get(key)), _cell(here.get(key)), bar_told(row.bar, row.unit), _met(row))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: Row | None) -> str:
    return "" if row is None else told(row)


def _met(row: Row) -> str:
    return {True: "yes", False: "no", None: ""}[row.holds]


def _machines(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """On what it was measured; a line for each commit and machine, with the measures it is for."""
    lines: dict[str, list[str]] = {}
    for name, stored in (("before", before), ("now", now)):
        for measure, found in stored.items():
            one = f"{measure} {found['machine']['load_before']:.1f}"
            lines.setdefault(f"{name}: {_machine(found['machine'])}", []).append(one)
    return "\n".join(f"- {line}; load at the start: {', '.join(measures)}" for line, measures in lines.items())


def _machine(one: Mapping[str, Any]) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in one["libraries"].items())
    day = str(one["at"]).partition("T")[0]
    return f"commit {one['commit']}, {day}, {one['cores']} cores ({one['cpu']}), Python {one['python']}, {libraries}"
