"""The little world: who may do what where, ids in the order of time, events and limits."""

import asyncio
from datetime import UTC, datetime

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord.cast import Overwrite
from sandbox.discord.events import Events
from sandbox.discord.permissions import Permission
from sandbox.discord.rest.limits import RateLimits
from sandbox.discord.rules.refusals import Refused
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.standin import application_of
from sandbox.discord.switches import DiscordSwitches, RateLimit
from sandbox.discord.world import World


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(stopped=True, start=datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def world(clock: SandboxClock) -> World:
    return World(clock)


def test_who_sees_what(world: World):
    cast = world.cast

    def sees(person_id: int, channel_id: int) -> bool:
        person, channel = world.person(person_id), world.channel(channel_id)
        assert person is not None
        assert channel is not None
        return world.may(person, channel, Permission.VIEW_CHANNEL)

    for person in cast.people:
        assert sees(person.id, cast.general.id)
        assert sees(person.id, cast.thread.id)
        assert sees(person.id, cast.mod_room.id) == (person not in (cast.member, cast.other))
    assert sees(cast.member.id, cast.dm_of(cast.member.id).id)
    assert not sees(cast.admin.id, cast.dm_of(cast.member.id).id)
    assert sees(cast.bot.id, cast.dm_of(cast.member.id).id)
    assert not sees(cast.bot.id, cast.elsewhere.id)


def test_rights_come_from_roles(world: World):
    cast = world.cast
    assert world.may(cast.moderator, cast.general, Permission.MANAGE_MESSAGES)
    assert not world.may(cast.member, cast.general, Permission.MANAGE_MESSAGES)
    assert world.may(cast.admin, cast.general, Permission.MANAGE_GUILD)
    assert not world.may(cast.moderator, cast.general, Permission.MANAGE_GUILD)


def test_a_member_overwrite_beats_a_role(world: World):
    cast = world.cast
    speak = int(Permission.SEND_MESSAGES)
    denied = Overwrite(cast.guild.id, is_role=True, deny=speak)
    changed = world.change_channel(cast.general.id, overwrites=(denied,))
    assert not world.may(cast.member, changed, Permission.SEND_MESSAGES)
    allowed = Overwrite(cast.member.id, is_role=False, allow=speak)
    changed = world.change_channel(cast.general.id, overwrites=(denied, allowed))
    assert world.may(cast.member, changed, Permission.SEND_MESSAGES)
    assert not world.may(cast.other, world.channel(cast.thread.id) or cast.thread, Permission.SEND_MESSAGES)


def test_threads_are_age_restricted_with_their_channel(world: World):
    assert not world.is_age_restricted(world.cast.thread)
    world.change_channel(world.cast.general.id, nsfw=True)
    assert world.is_age_restricted(world.cast.thread)


def test_ids_grow_while_the_clock_stands_still(clock: SandboxClock):
    ids = Snowflakes(clock)
    first, second = ids.next(), ids.next()
    clock.advance(1)
    third = ids.next()
    assert first < second < third
    assert (third >> 22) - (first >> 22) == 1000


def test_everything_in_the_cast_has_an_id_of_its_own(world: World):
    cast = world.cast
    ids = [
        *(each.id for each in cast.people),
        *(each.id for each in cast.channels),
        *(each.id for each in cast.guild.roles),
    ]
    assert len(set(ids)) == len(ids)
    assert max(ids) < world.ids.next()


async def test_a_subscription_hears_what_comes_and_ends(clock: SandboxClock):
    events = Events(clock)
    events.tell({"t": "before"})
    subscription = events.subscribe()
    clock.advance(2)
    events.tell({"t": "after"})
    event = await anext(subscription)
    assert (event["t"], event["seconds"], event["at"][:19]) == ("after", 2.0, "2026-05-01T00:00:02")
    waiting = asyncio.create_task(anext(subscription, None))  # pyright: ignore[reportArgumentType]
    await asyncio.sleep(0)
    subscription.close()
    assert await waiting is None


def test_a_bucket_fills_again(clock: SandboxClock):
    limits = RateLimits(clock)
    switches = DiscordSwitches(channel_limit=RateLimit(2, 10.0))

    def send(channel: str = "1") -> str:
        route = "/channels/{channel_id}/messages"
        headers = limits.take(switches, method="POST", route=route, resource=channel, with_token=False)
        return headers["X-RateLimit-Remaining"]

    assert [send(), send(), send("2")] == ["1", "0", "1"]
    with pytest.raises(Refused) as refused:
        send()
    assert refused.value.status == 429
    clock.advance(10)
    assert send() == "1"


def test_the_application_of_a_token():
    assert application_of("MTIz.x.y") == 123
    with pytest.raises(ValueError, match="bot token"):
        application_of("%%%.x.y")
