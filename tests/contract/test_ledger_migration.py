"""Books that were written before there were limits are taken over whole, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from bot.catalog.request import Request
from bot.ledger import ledger, recount, totals
from bot.ledger.limits import counted_in
from bot.ledger.values import Person, Subject, Total, Window
from bot.money import MicroUsd
from bot.runs import rows
from bot.store.engine import Store

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = text(
    "INSERT INTO runs (id, interaction_id, application_id, user_id, guild_id, channel_id, parent_channel_id, model_id,"
    " input, policy, interaction_token, interaction_at, attachment_limit_bytes, state, delivery, held_micro_usd,"
    " cost_estimated, reason_fields, result, created_at) VALUES (:id, :number, 1, 7, :guild, 77, :parent, 'm',"
    """ '{"prompt": "a fox", "num_images": 3}', 'block', 't', :at, 1, 'accepted', 'pending', 0, :no, '[]',"""
    " :result, :at)"
)
ENTRY = text(
    "INSERT INTO ledger_entries (run_id, kind, user_id, guild_id, channel_id, amount_micro_usd, estimated, at)"
    " VALUES (:id, :kind, 7, :guild, 77, :amount, :estimated, :at)"
)


def as_of(revision: str) -> Callable[[Connection], None]:
    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "bot.store:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    return upgrade


async def test_totals_of_every_scope_are_filled_from_the_entries(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.engine.upgrade", as_of("0002"))
        async with Store.open(empty_database_url) as store:

            def stored(at: datetime) -> Any:
                return at.strftime("%Y-%m-%d %H:%M:%S.%f") if store.dialect == "sqlite" else at

            def write(connection: Connection) -> None:
                for number, guild, parent, ends in (
                    (1, 1, 10, [("settle", 120, True)]),
                    (2, 1, None, [("release", 300, False)]),
                    (3, None, None, []),
                ):
                    run = {"id": f"{number:032x}", "guild": guild, "at": stored(NOON)}
                    result = '{"num_outputs": 2}' if number == 1 else None
                    connection.execute(RUN, run | {"number": number, "parent": parent, "no": False, "result": result})
                    for kind, amount, estimated in [("reserve", 300, False), *ends]:
                        later = stored(NOON + timedelta(hours=13 if kind != "reserve" else 0))
                        entry = run | {"kind": kind, "amount": amount, "estimated": estimated, "at": later}
                        connection.execute(ENTRY, entry)

            await store.write(write)
    thread, private = Person(7, 1, 10), Person(7, None, 77)
    async with Store.open(empty_database_url) as store:

        def look(connection: Connection) -> Any:
            assert list(recount.disagreements(connection)) == []
            found = totals.read(connection, counted_in(thread, NOON))
            rest = totals.read(connection, counted_in(private, NOON))
            old = rows.load(connection, f"{1:032x}")
            return found, rest, old

        found, rest, old = await store.read(look)
    assert (old.request, old.cost) == (Request("a fox", 3, tells_seed=True), None), "a row of then reads today"
    spent = Total(spent=MicroUsd(120), estimated=MicroUsd(120), spent_pictures=2)
    by = {(key.subject, key.window): total for key, total in found.items()}
    assert {by[subject, Window.DAY] for subject in (Subject.USER, Subject.GUILD, Subject.CHANNEL)} == {spent}
    held = [total for key, total in rest.items() if key.subject is Subject.USER and key.window is Window.EVER]
    assert held == [Total(held=MicroUsd(300), held_pictures=3, live_runs=1)]


@pytest.mark.parametrize(
    ("became", "shown"),
    [
        (("succeeded", "shown", None), 2),
        (("partial", "still_visible", None), 2),
        (("succeeded", "shown", "pictures_unreadable"), None),
        (("succeeded", "held", None), None),
        (("succeeded", "withheld", None), None),
        (("failed", "shown", None), None),
    ],
)
async def test_cards_that_showed_their_pictures_are_known_to_have(
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    became: tuple[str, str, str | None],
    shown: int | None,
) -> None:
    """So that nothing is given back for what was seen; and the entries of then take the new kind."""
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.engine.upgrade", as_of("0008"))
        async with Store.open(empty_database_url) as store:

            def write(connection: Connection) -> None:
                at = NOON.strftime("%Y-%m-%d %H:%M:%S.%f") if store.dialect == "sqlite" else NOON
                row = {"id": f"{1:032x}", "guild": 1, "at": at, "number": 1, "parent": None, "no": False}
                connection.execute(RUN, row | {"result": '{"num_outputs": 2}'})
                values: dict[str, Any] = dict(zip(("state", "delivery", "reason"), became, strict=True))
                connection.execute(
                    text("UPDATE runs SET state = :state, delivery = :delivery, reason = :reason"), values
                )
                for kind in ("reserve", "settle"):
                    entry = {"id": f"{1:032x}", "guild": 1, "at": at, "kind": kind, "amount": 120, "estimated": False}
                    connection.execute(ENTRY, entry)

            await store.write(write)
    async with Store.open(empty_database_url) as store:
        assert (await store.read(rows.load, f"{1:032x}")).pictures_shown == shown
        assert await store.write(ledger.refund, run_id=f"{1:032x}", amount=MicroUsd(120), pictures=0, at=NOON)
