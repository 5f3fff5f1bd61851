"""`python -m bot check`: the settings, masked, and what can be reached with them."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import Connection

from bot.clock import Clock
from bot.entropy import Entropy
from bot.errors import BotError
from bot.ledger import recount
from bot.ledger.hours import hours_needed_from
from bot.ledger.values import Disagreement
from bot.money import format_usd
from bot.settings import Settings, masked
from bot.store.engine import Store

Say = Callable[[str], None]


async def examine(settings: Settings, clock: Clock, entropy: Entropy, say: Say) -> int:
    """Say what is set and what answers; 0 when everything does, 1 otherwise."""
    for name, value in masked(settings):
        say(f"{name} = {value}")
    parts = {
        "database": lambda: _database(settings),
        "books": lambda: books(settings.database_url, clock.now()),
        "Runflow": lambda: _runflow(settings, clock, entropy),
        "Discord": lambda: _discord(settings),
    }
    well = [await _part(name, part, say) for name, part in parts.items()]
    return 0 if all(well) else 1


async def _part(name: str, part: Callable[[], Awaitable[str]], say: Say) -> bool:
    try:
        say(f"{name}: ok, {await part()}")
    except BotError as error:
        say(f"{name}: NOT ok, {error}")
        return False
    return True


async def _database(settings: Settings) -> str:
    async with Store.open(settings.database_url) as store:
        return f"{store.dialect} answers"


async def books(database_url: str, now: datetime) -> str:
    """Recompute every total from its entries. Raises BotError where one disagrees, and what `Store.open` raises."""
    async with Store.open(database_url) as store:
        count, first = await store.read(_disagreements, now)
    if count:
        raise BotError(f"{count} totals disagree with their entries; the first: {first}")
    return "every total agrees with its entries"


def _disagreements(connection: Connection, now: datetime) -> tuple[int, str]:
    """How many totals are wrong, and the first of them."""
    count, first = 0, ""
    for wrong in recount.disagreements(connection, hours_needed_from(now)):
        count += 1
        first = first or _told(wrong)
    return count, first


def _told(wrong: Disagreement) -> str:
    key = wrong.key
    row = (
        f"{key.subject} {key.subject_id} of server {key.guild_id}, {key.window} from {key.window_start:%Y-%m-%d %H:%M}"
    )
    return f"{row}: stored {wrong.stored}, recomputed {wrong.recomputed}"


# Libraries of HTTP and Discord are brought in when the books are over, and take the memory that those have left.


async def _runflow(settings: Settings, clock: Clock, entropy: Entropy) -> str:
    import aiohttp  # noqa: PLC0415 - as above

    from bot.runflow.client import RunflowClient  # noqa: PLC0415 - as above

    async with aiohttp.ClientSession(trust_env=False) as session:
        runflow = RunflowClient(
            session=session,
            base_url=settings.runflow_api_url,
            api_key=settings.runflow_api_key,
            clock=clock,
            rng=entropy.rng,
            attempts=1,
        )
        await runflow.check_key()
        balance = await runflow.balance()
    return "the key is taken, balance " + (format_usd(balance) if balance is not None else "unknown")


async def _discord(settings: Settings) -> str:
    from bot.client.probe import name_behind, point_discord_at  # noqa: PLC0415 - as above

    point_discord_at(settings.discord_api_url, settings.discord_gateway_url, settings.discord_cdn_url)
    return f"the token is that of {await name_behind(settings.discord_token.get_secret_value())}"
