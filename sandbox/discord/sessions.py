"""Gateway sessions: what one identified client may hear, numbered and kept so that it can resume."""

import json
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.discord.wire import Payload

GUILDS, GUILD_MEMBERS, GUILD_PRESENCES, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = (
    1 << 0, 1 << 1, 1 << 8, 1 << 9, 1 << 12, 1 << 15,
)  # fmt: skip
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
ALL_INTENTS = (1 << 26) - 1
_KEPT = 1000

Send = Callable[[str], None]


@dataclass(slots=True)
class Session:
    """One identified client. `send` is None while it is disconnected; what it misses is replayed on resume.

    `left_at_s` is when it was disconnected, by the loop's clock.
    """

    intents: int
    shard: tuple[int, int]
    send: Send | None
    left_at_s: float = 0.0
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    _sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def hears(self, *, intent: int | None, guild_id: int | None) -> bool:
        """Whether an event belongs to this session's shard and intents. Private events belong to shard 0."""
        number, count = self.shard
        own = (guild_id >> 22) % count == number if guild_id is not None else number == 0
        return own and (intent is None or bool(self.intents & intent))

    def dispatch(self, event: str, data: Payload) -> None:
        """Number an event, keep it, and send it where somebody listens."""
        self.sequence += 1
        text = json.dumps({"op": 0, "s": self.sequence, "t": event, "d": data}, separators=(",", ":"))
        self._sent.append((self.sequence, text))
        if self.send is not None:
            self.send(text)

    def replay(self, after: int) -> bool:
        """Send again everything after a number; False where that number is not one of this session's."""
        oldest = self._sent[0][0] if self._sent else self.sequence + 1
        if not oldest - 1 <= after <= self.sequence or self.send is None:
            return False
        for number, text in tuple(self._sent):
            if number > after:
                self.send(text)
        return True
