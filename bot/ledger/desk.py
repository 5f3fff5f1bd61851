"""What cogs ask of the ledger: each question and each act one transaction."""

from bot.clock import Clock
from bot.ledger.values import Defaults
from bot.store.engine import Store


class LedgerDesk:
    """Answers `bot.services.Books`."""

    def __init__(self, *, store: Store, clock: Clock, defaults: Defaults) -> None:
        self._store, self._clock, self._defaults = store, clock, defaults
