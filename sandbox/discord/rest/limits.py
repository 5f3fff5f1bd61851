"""Discord's rate limits: a bucket for each route and its main resource, one for everything, and their headers."""

import hashlib
from dataclasses import dataclass

from sandbox.clock import SandboxClock
from sandbox.discord.rules.refusals import Refused
from sandbox.discord.switches import DiscordSwitches, RateLimit

_WEBHOOK_MESSAGE = "/webhooks/{webhook_id}/{webhook_token}"
_CHANNEL_MESSAGE = "/channels/{channel_id}/messages"
_READ = RateLimit(50, 1.0)


@dataclass(slots=True)
class _Window:
    until_s: float
    used: int = 0


class RateLimits:
    """Counts requests by the sandbox's clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def reset(self) -> None:
        """Begin anew."""
        self._windows.clear()

    def take(
        self, switches: DiscordSwitches, *, method: str, route: str, resource: str, with_token: bool
    ) -> dict[str, str]:
        """Count one request and give the headers of its answer. Raises Refused with 429 when there are too many."""
        if route.startswith("/interactions/"):
            return {}  # first answers to interactions are not limited
        if with_token and switches.global_limit is not None:
            self._count("global", switches.global_limit, scope="global")
        limit = _limit_of(switches, method, route)
        if limit is None:
            return {}
        bucket = hashlib.sha256(f"{method} {route}".encode()).hexdigest()[:32]
        return self._count(f"{bucket}:{resource}", limit, scope="user", bucket=bucket)

    def _count(self, key: str, limit: RateLimit, *, scope: str, bucket: str | None = None) -> dict[str, str]:
        now_s = self._clock.elapsed_s()
        window = self._windows.get(key)
        if window is None or window.until_s <= now_s:
            window = self._windows[key] = _Window(now_s + limit.window_s)
        left_s = window.until_s - now_s
        headers = {} if bucket is None else self._headers(limit, window, left_s, bucket)
        if window.used >= limit.limit:
            raise too_many(left_s, scope=scope, headers=headers)
        window.used += 1
        return headers | ({"X-RateLimit-Remaining": str(limit.limit - window.used)} if bucket else {})

    def _headers(self, limit: RateLimit, window: _Window, left_s: float, bucket: str) -> dict[str, str]:
        reset_at = self._clock.now().timestamp() + left_s
        return {
            "X-RateLimit-Limit": str(limit.limit),
            "X-RateLimit-Remaining": str(max(0, limit.limit - window.used)),
            "X-RateLimit-Reset": f"{reset_at:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": bucket,
        }


def too_many(left_s: float, *, scope: str, headers: dict[str, str]) -> Refused:
    """429 as Discord's own limiter answers; without `Via` clients would take it for Cloudflare's ban."""
    everything = scope == "global"
    return Refused(
        429,
        0,
        "You are being rate limited.",
        headers={
            **headers,
            "Via": "1.1 google",
            "Retry-After": str(max(1, round(left_s + 0.5))),
            "X-RateLimit-Scope": scope,
            **({"X-RateLimit-Global": "true"} if everything else {}),
        },
        more={"retry_after": round(left_s, 3), "global": everything},
    )


def _limit_of(switches: DiscordSwitches, method: str, route: str) -> RateLimit | None:
    if route.startswith(_WEBHOOK_MESSAGE):
        return switches.webhook_limit if method != "GET" else _READ
    if route.startswith(_CHANNEL_MESSAGE) and method in {"POST", "PATCH"}:
        return switches.channel_limit
    return _READ
