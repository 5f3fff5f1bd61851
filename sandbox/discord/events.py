"""What a person's client would see happen, told to whoever subscribes."""

import asyncio
from collections import deque
from typing import Self

from sandbox.clock import SandboxClock
from sandbox.discord.wire import Payload, stamp


class Subscription:
    """An async iterator of events from the moment it was made. `close` ends it."""

    def __init__(self, subscribers: "set[Subscription]") -> None:
        self._subscribers = subscribers
        self._waiting: deque[Payload] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Payload:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._waiting.popleft()

    def put(self, event: Payload) -> None:
        """Hand over an event."""
        self._waiting.append(event)
        self._wake.set()

    def close(self) -> None:
        """Hear nothing more; whoever iterates comes to an end."""
        self._closed = True
        self._subscribers.discard(self)
        self._wake.set()


class Events:
    """Passes events on. Every event carries `at` (ISO time of the sandbox's clock) and `seconds` since it began."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._subscribers: set[Subscription] = set()

    def subscribe(self) -> Subscription:
        """A new listener."""
        subscription = Subscription(self._subscribers)
        self._subscribers.add(subscription)
        return subscription

    def tell(self, event: Payload) -> None:
        """Pass an event to every listener."""
        dated = {**event, "at": stamp(self._clock.now()), "seconds": round(self._clock.elapsed_s(), 6)}
        for subscription in tuple(self._subscribers):
            subscription.put(dated)

    def close(self) -> None:
        """End every listener."""
        for subscription in tuple(self._subscribers):
            subscription.close()
