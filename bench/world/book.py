"""What happened, as Discord and Runflow saw it: one record for each press, in seconds of the world's own clock."""

from dataclasses import asdict, dataclass, field
from typing import Any

ACK_MOST_S = 3.0  # Discord forgets an interaction that was not answered within 3 s


@dataclass(slots=True)
class Press:
    """One interaction. Times are of the event loop's clock; None: it has not come to that.

    `ack`: card, deferred, or refused (an answer that only the person sees). `card_s`: the first words that are no
    "thinking". `ready_s`: Runflow was done. `shown_s`: the pictures had arrived at Discord, whole. `discord` and
    `runflow` count requests; downloads are not among them.
    """

    number: int
    id: int
    token: str
    user_id: int
    command: str
    run_s: float
    side_px: int
    pressed_s: float
    ack: str | None = None
    acked_s: float | None = None
    card_s: float | None = None
    created_s: float | None = None
    ready_s: float | None = None
    shown_s: float | None = None
    pictures: int = 0
    intact: bool = True
    discord: int = 0
    runflow: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the process that measures."""
        return {name: value for name, value in asdict(self).items() if name not in {"token", "user_id"}}


@dataclass(slots=True)
class Book:
    """Every press, by number and by what requests name."""

    presses: list[Press] = field(default_factory=list[Press])
    by_token: dict[str, Press] = field(default_factory=dict[str, Press])
    by_message: dict[int, Press] = field(default_factory=dict[int, Press])
    lists: int = 0
    heard_s: float = 0.0  # when a bot last said something of any press
    strays: list[str] = field(default_factory=list[str])  # requests that nothing here answers

    def add(self, press: Press) -> None:
        """Take a new press in."""
        self.presses.append(press)
        self.by_token[press.token] = press
        self.by_message[press.id] = press

    def of_number(self, number: int) -> Press | None:
        """The press of a number."""
        return self.presses[number] if 0 <= number < len(self.presses) else None
