"""Results as JSON files in bench/results: each measure with what it was measured on, so that parts can be renewed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measuring import Measured
from bench.rows import Row, row_of

FOLDER = Path(__file__).parent / "results"
BEFORE, NOW = "before", "now"


def read(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The results of a name, by measure; none where there is no such file."""
    file = folder / f"{name}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def keep(name: str, measure: str, found: Measured, machine: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Put a measure's results in the place of what stood there for it."""
    folder.mkdir(exist_ok=True)
    rows = [row.as_json() for row in found.rows]
    stored = read(name, folder) | {
        measure: {"machine": dict(machine), "rows": rows, "wrong": found.wrong, "notes": _rounded(found.notes)}
    }
    (folder / f"{name}.json").write_text(_written(stored), "utf-8")


def rows_of(stored: Mapping[str, Any]) -> Sequence[Row]:
    """Every row of a file."""
    return [row_of(row) for measure in stored.values() for row in measure["rows"]]


def _written(stored: Mapping[str, Any]) -> str:
    """JSON with one row, or one note, on a line: a file that can be compared with what it was before."""
    measures: list[str] = []
    for name, found in stored.items():
        rows = ",\n   ".join(json.dumps(row) for row in found["rows"])
        notes = ",\n   ".join(f"{json.dumps(key)}: {json.dumps(note)}" for key, note in found["notes"].items())
        parts = (
            f'"machine": {json.dumps(found["machine"])}',
            f'"rows": [\n   {rows}]',
            f'"wrong": {json.dumps(found["wrong"])}',
            f'"notes": {{\n   {notes}}}',
        )
        measures.append(f" {json.dumps(name)}: {{\n  " + ",\n  ".join(parts) + "}")
    return "{\n" + ",\n".join(measures) + "\n}\n"


def _rounded(value: Any) -> Any:
    """Numbers with six figures: more would be noise, and a file that nobody can read."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {str(name): _rounded(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list() | tuple():
            return [_rounded(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value
