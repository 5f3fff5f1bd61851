"""A server's settings and its audit, on both engines: one lock, one list of kinds, read page by page."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, insert

from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditFilter, AuditKind, AuditPage, note
from bot.guilds.settings import REASONS_MOST, GuildSettings, GuildSettingsService, log_channels
from bot.store.engine import Store
from bot.store.tables import audit
from sandbox.clock import SandboxClock

GUILD, OTHER_GUILD, CHANNEL, PERSON = 2**62 + 1, 2**62 + 2, 2**62 + 3, 2**63 - 1
ADMIN = AdminAction(GUILD, 11)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def service(store: Store) -> GuildSettingsService:
    return GuildSettingsService(store=store, clock=SandboxClock(stopped=True, start=NOON))


@pytest.fixture
def guilds(store: Store) -> GuildSettingsService:
    return service(store)


async def acts(guilds: GuildSettingsService, guild_id: int = GUILD) -> list[tuple[str, object, object]]:
    """The audit, oldest first."""
    return [(row.what, row.before, row.after) for row in reversed((await guilds.audit(guild_id)).rows)]


async def test_channels_are_set_and_unset_and_each_act_leaves_a_row(guilds: GuildSettingsService, store: Store) -> None:
    assert await guilds.settings_of(GUILD) == GuildSettings()
    await guilds.set_log_channel(ADMIN, 55)
    await guilds.set_review_channel(ADMIN, CHANNEL)
    await guilds.set_log_channel(ADMIN, 66)
    assert await guilds.settings_of(GUILD) == GuildSettings(review_channel_id=CHANNEL, log_channel_id=66)

    def look(connection: Connection) -> None:
        assert log_channels(connection) == [(GUILD, 66)]

    await store.read(look)
    await guilds.set_log_channel(ADMIN, None)
    await guilds.set_review_channel(ADMIN, None)
    assert await guilds.settings_of(GUILD) == await guilds.settings_of(OTHER_GUILD) == GuildSettings()
    assert await acts(guilds) == [
        ("log_channel_set", None, {"channel_id": "55"}),
        ("review channel", {"channel": None}, {"channel": str(CHANNEL)}),
        ("log_channel_set", {"channel_id": "55"}, {"channel_id": "66"}),
        ("log_channel_set", {"channel_id": "66"}, None),
        ("review channel", {"channel": str(CHANNEL)}, {"channel": None}),
    ]
    assert await acts(guilds, OTHER_GUILD) == []


async def test_reading_about_others_leaves_a_row(guilds: GuildSettingsService) -> None:
    await guilds.note_reading(ADMIN, AuditKind.HISTORY_READ, {"user": "7"})
    await guilds.note_reading(ADMIN, AuditKind.SPEND_READ, {})
    assert await acts(guilds) == [("history read", None, {"user": "7"}), ("spend read", None, {})]


async def test_reasons_are_kept_without_doubles(guilds: GuildSettingsService) -> None:
    assert await guilds.set_reasons(ADMIN, ["  too   rude ", "", "off topic", "too rude"]) == ("too rude", "off topic")
    assert (await guilds.settings_of(GUILD)).reasons == ("too rude", "off topic")
    assert await acts(guilds) == [("reject reasons", {"reasons": []}, {"reasons": ["too rude", "off topic"]})]


@pytest.mark.parametrize("reasons", [["x" * 101], [str(number) for number in range(REASONS_MOST + 1)]])
async def test_too_many_or_too_long_reasons_change_nothing(guilds: GuildSettingsService, reasons: list[str]) -> None:
    with pytest.raises(UserError, match="Nothing was changed"):
        await guilds.set_reasons(ADMIN, reasons)
    assert await guilds.settings_of(GUILD) == GuildSettings()
    assert await acts(guilds) == []


async def test_two_admins_at_the_same_instant_leave_a_chain_of_rows(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        both = service(one), service(other)
        await asyncio.gather(*(both[n % 2].set_log_channel(ADMIN, n) for n in range(1, 7)))
        found = await acts(both[0])
    assert len(found) == 6
    assert all(later[1] == earlier[2] for earlier, later in pairwise(found))


# --- the audit


async def written(store: Store) -> None:
    """Seven acts: about PERSON by 11, by PERSON, and others."""
    told: list[tuple[int, AuditKind, dict[str, object] | None, dict[str, object] | None]] = [
        (11, AuditKind.SANCTION_STOP, None, {"user": str(PERSON), "reason": "rude"}),
        (PERSON, AuditKind.APPEALED, None, {"appeal": "1"}),
        (11, AuditKind.GRANTED, None, {"user_id": str(PERSON), "amount_micro_usd": 5, "reason": "won"}),
        (12, AuditKind.LIMIT_REMOVED, {"subject": "user", "subject_id": str(PERSON), "amount": 5}, None),
        (12, AuditKind.LIMIT_SET, None, {"subject": "user", "subject_id": "77", "amount": 5}),
        (12, AuditKind.SANCTION_STOP, None, {"user": "77", "reason": "rude"}),
        (12, AuditKind.LOG_CHANNEL_SET, None, None),
    ]

    def change(connection: Connection) -> None:
        for at, (actor_id, kind, before, after) in enumerate(told):
            act, when = AdminAction(GUILD, actor_id), NOON + timedelta(minutes=at)
            note(connection, act, kind, before=before, after=after, at=when)
            note(connection, AdminAction(OTHER_GUILD, actor_id), kind, before=before, after=after, at=when)

    await store.write(change)


def ids(page: AuditPage) -> list[int]:
    return [row.id for row in page.rows]


async def test_pages_lead_through_all_rows_and_back(guilds: GuildSettingsService, store: Store) -> None:
    await written(store)
    newest = await guilds.audit(GUILD, most=3)
    assert (len(newest.rows), newest.has_newer, newest.has_older) == (3, False, True)
    middle = await guilds.audit(GUILD, before=ids(newest)[-1], most=3)
    last = await guilds.audit(GUILD, before=ids(middle)[-1], most=3)
    assert (len(last.rows), last.has_newer, last.has_older) == (1, True, False)
    every = ids(newest) + ids(middle) + ids(last)
    assert every == sorted(every, reverse=True)
    assert len(set(every)) == 7
    back = await guilds.audit(GUILD, after=ids(last)[0], most=3)
    assert (ids(back), back.has_newer, back.has_older) == (ids(middle), True, True)
    front = await guilds.audit(GUILD, after=ids(back)[0], most=3)
    assert (ids(front), front.has_newer) == (ids(newest), False)
    assert {row.guild_id for row in (*newest.rows, *middle.rows, *last.rows)} == {GUILD}


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (AuditFilter(person_id=PERSON), ["limit_removed", "granted", "appeal", "sanction stop"]),
        (AuditFilter(person_id=11), ["granted", "sanction stop"]),
        (AuditFilter(kind=AuditKind.SANCTION_STOP), ["sanction stop", "sanction stop"]),
        (AuditFilter(PERSON, AuditKind.SANCTION_STOP), ["sanction stop"]),
        (AuditFilter(person_id=1), []),
    ],
)
async def test_acts_by_a_person_or_about_them_and_of_a_kind(
    guilds: GuildSettingsService, store: Store, wanted: AuditFilter, kinds: list[str]
) -> None:
    await written(store)
    page = await guilds.audit(GUILD, wanted)
    assert [row.what for row in page.rows] == kinds
    if kinds:
        rest = await guilds.audit(GUILD, wanted, before=page.rows[0].id)
        assert [row.what for row in rest.rows] == kinds[1:]


async def test_a_row_of_another_version_is_read(guilds: GuildSettingsService, store: Store) -> None:

    def change(connection: Connection) -> None:
        row = {
            "guild_id": GUILD,
            "actor_id": 1,
            "what": "of another day",
            "before": None,
            "after": {"a": 1},
            "at": NOON,
        }
        connection.execute(insert(audit).values(row))

    await store.write(change)
    (read,) = (await guilds.audit(GUILD)).rows
    assert (read.what, read.kind, read.after) == ("of another day", None, {"a": 1})


def test_every_kind_fits_its_column() -> None:
    assert max(map(len, AuditKind)) <= 32
