"""How the stand-in behaves today. Frozen: a test assigns another set, and counters begin anew."""

from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `limit` requests within `window_s` seconds of the sandbox's clock."""

    limit: int
    window_s: float


@dataclass(frozen=True, slots=True)
class FailNext:
    """The next `count` requests whose method and route match are answered with `status` instead of being heard.

    `route` is a part of the route's template or of its path, such as `/callback` or `@original`. `method` None matches
    each. `code` and `message` stand in the JSON body; `retry_after_s` is told with a 429. `applied` True first does
    what was asked and then loses the answer, as when a connection breaks at the wrong moment.
    """

    route: str
    status: int
    method: str | None = None
    count: int = 1
    code: int = 0
    message: str | None = None
    retry_after_s: float = 0.3
    applied: bool = False


@dataclass(frozen=True, slots=True)
class DiscordSwitches:
    """Everything about the stand-in that a test may turn.

    `attachment_limit_bytes` is told to the bot as `attachment_size_limit` and enforced per file;
    `upload_refused_over_bytes` is enforced without being told. `ack_deadline_s` and `token_life_s` go by the sandbox's
    clock. `webhook_limit` applies to each webhook token and message route, `channel_limit` to each channel's sends and
    edits, `global_limit` to everything with the bot's token; None lifts them. `refuse_gateway` turns that many
    websocket connections away; `greetings` says what becomes of identifying and resuming on those that it lets in
    (`refused`: as an invalid session). `latency_s` delays each REST answer. `heartbeat_interval_s` is real time, as
    sockets are. `privileged_intents` says whether members, presences and message content may be asked for.
    """

    attachment_limit_bytes: int = 10 * MIB
    upload_refused_over_bytes: int | None = None
    ack_deadline_s: float = 3.0
    token_life_s: float = 900.0
    webhook_limit: RateLimit | None = RateLimit(5, 5.0)
    channel_limit: RateLimit | None = RateLimit(5, 5.0)
    global_limit: RateLimit | None = RateLimit(50, 1.0)
    refuse_gateway: int = 0
    greetings: Literal["taken", "unanswered", "refused"] = "taken"
    latency_s: float = 0.0
    fail_next: tuple[FailNext, ...] = ()
    heartbeat_interval_s: float = 41.25
    shards: int = 1
    privileged_intents: bool = False
