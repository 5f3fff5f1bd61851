"""Rows of the table: what was measured, the bar it is held to, and whether it holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Of = Literal["ratio", "ours"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A target: of the ratio ours / floor, or of our own number. `least`: the number is to be at least that."""

    of: Of
    value: float
    least: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `ours` and `floor` are medians in `unit`; the floor has none where it does no such thing."""

    key: str
    what: str
    unit: str
    ours: float | None
    floor: float | None = None
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by the floor's."""
        return None if self.ours is None or not self.floor else self.ours / self.floor

    @property
    def holds(self) -> bool | None:
        """Whether the bar is met; None where there is no bar, or nothing was measured."""
        if self.bar is None:
            return None
        value = self.ratio if self.bar.of == "ratio" else self.ours
        if value is None:
            return None
        return value >= self.bar.value if self.bar.least else value <= self.bar.value

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        return asdict(self) | {"ratio": self.ratio, "holds": self.holds}


def row_of(found: Mapping[str, Any]) -> Row:
    """A row from its JSON."""
    bar = None if found["bar"] is None else Bar(**found["bar"])
    return Row(found["key"], found["what"], found["unit"], found["ours"], found["floor"], bar)


def number(value: float | None) -> str:
    """Three figures, and no more digits than people read."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def told(row: Row) -> str:
    """What was measured, such as `18.7 / 1.6 ms = 11.7`."""
    unit = f" {row.unit}" if row.unit and row.ours is not None else ""
    if row.floor is None:
        return f"{number(row.ours)}{unit}"
    ratio = "" if row.ratio is None else f" = **{number(row.ratio)}**"
    return f"{number(row.ours)} / {number(row.floor)}{unit}{ratio}"


def bar_told(bar: Bar | None, unit: str) -> str:
    """A bar, such as `≤ 4` or `≤ 50 ms`."""
    if bar is None:
        return ""
    after = f" {unit}" if bar.of == "ours" and unit else ""
    return f"{'≥' if bar.least else '≤'} {bar.value:g}{after}"
