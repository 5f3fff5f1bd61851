"""Policies, rules for prompts and sanctions on both engines: what is kept, what is noted, and two who act at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from bot.errors import PromptRefused, SanctionError, UserError
from bot.guilds.audit import AdminAction, AuditFilter, page
from bot.moderation.policy import Policy
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService, RulesChanged
from bot.moderation.prompts import PromptAction, PromptRule, Verdict
from bot.moderation.rules import ChannelContext, ChannelSetting, Unchecked
from bot.moderation.sanctions import RecordKind, SanctionKind, SanctionStatus, Thresholds
from bot.moderation.sanctions_service import Appeal, SanctionsService
from bot.runs.admission import Admission, Passed
from bot.runs.review import rows as review_rows
from bot.runs.review.review import Review
from bot.runs.run import Place, ReviewCause
from bot.store import tables
from bot.store.engine import Store
from tests.contract.conftest import AddRun
from tests.contract.gates import open_admission
from tests.contract.meanwhile import meanwhile

GUILD, OTHER_GUILD, CHANNEL, CATEGORY, THREAD = 2**62 + 1, 2**62 + 2, 2**62 + 3, 2**62 + 4, 2**62 + 5
ADMIN, MODERATOR, PERSON = AdminAction(GUILD, 11), AdminAction(GUILD, 12), 2**63 - 1


class MovableClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, delay_s: float) -> None:
        self.time += timedelta(seconds=delay_s)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def policies(store: Store, clock: MovableClock) -> PolicyService:
    return PolicyService(store=store, clock=clock)


@pytest.fixture
def prompt_rules(store: Store, clock: MovableClock) -> PromptRulesService:
    return PromptRulesService(store=store, clock=clock)


@pytest.fixture
def sanctions(store: Store, clock: MovableClock) -> SanctionsService:
    return SanctionsService(store=store, clock=clock, thresholds=Thresholds())


async def acts(store: Store, guild_id: int = GUILD) -> list[str]:
    found = await store.read(page, guild_id, AuditFilter(), most=100)
    return [row.what for row in reversed(found.rows)]


def place(*, category: int | None = CATEGORY, marked: bool = False, known: bool = True) -> ChannelContext:
    return ChannelContext(GUILD, CHANNEL, category_id=category, age_restricted=marked, known=known)


# --- channels


async def test_a_setting_changes_what_it_names_and_leaves_the_rest(policies: PolicyService, store: Store) -> None:
    whole = ChannelSetting(Policy.REVIEW, True, Unchecked.AS_CLEAR, True, False, 3600, True, True)
    assert await policies.set_channel(ADMIN, CHANNEL, whole) == whole
    after = await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.SPOILER, undecided_after_s=0))
    assert after == ChannelSetting(Policy.SPOILER, True, Unchecked.AS_CLEAR, True, False, 0, True, True)
    assert await policies.channel_settings(GUILD) == ((CHANNEL, after),)
    assert await policies.channel_settings(OTHER_GUILD) == ()
    assert await policies.clear_channel(ADMIN, CHANNEL)
    assert not await policies.clear_channel(ADMIN, CHANNEL)
    assert await acts(store) == ["policy set", "policy set", "policy cleared"]
    cleared, changed, _ = await store.read(lambda connection: (page(connection, GUILD, AuditFilter(), most=3)).rows)
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["policy"], changed.after["policy"]) == ("review", "spoiler")
    assert changed.after["channel"] == str(CHANNEL)
    assert cleared.after == {"channel": str(CHANNEL)}


async def test_threads_and_categories_inherit(policies: PolicyService) -> None:
    await policies.set_channel(ADMIN, CATEGORY, ChannelSetting(policy=Policy.REVIEW, approve_everything=True))
    thread = ChannelContext(GUILD, THREAD, parent_id=CHANNEL, category_id=CATEGORY)
    for where in (place(), thread):
        rules = await policies.rules_at(where)
        assert (rules.policy, rules.approve_everything) == (Policy.REVIEW, True)
    assert (await policies.rules_at(place(category=None))).policy is Policy.BLOCK
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.SPOILER))
    for where in (place(), thread):
        rules = await policies.rules_at(where)
        assert (rules.policy, rules.approve_everything) == (Policy.SPOILER, True)


async def test_another_servers_setting_says_nothing_here(policies: PolicyService) -> None:
    await policies.set_channel(AdminAction(OTHER_GUILD, 1), CHANNEL, ChannelSetting(policy=Policy.SPOILER))
    assert (await policies.rules_at(place())).policy is Policy.BLOCK


async def test_direct_messages_and_places_that_cannot_be_read_block(policies: PolicyService) -> None:
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW, safety_checker=False))
    for where in (ChannelContext(None, CHANNEL), place(marked=True, known=False)):
        rules = await policies.rules_at(where)
        assert (rules.policy, rules.safety_checker, rules.approve_everything) == (Policy.BLOCK, True, False)


async def test_a_place_that_cannot_be_read_may_lie_in_the_category_that_has_everything_approved(
    policies: PolicyService,
) -> None:
    await policies.set_channel(ADMIN, CATEGORY, ChannelSetting(approve_everything=True))
    assert (await policies.rules_at(place(category=None, known=False))).approve_everything
    assert not (await policies.rules_at(place(category=None))).approve_everything


async def test_a_permission_goes_with_the_mark_and_does_not_come_back(policies: PolicyService, store: Store) -> None:
    allow = ChannelSetting(policy=Policy.ALLOW, safety_checker=False, hide_prompt=True)
    await policies.set_channel(ADMIN, CHANNEL, allow)
    assert (await policies.rules_at(place(marked=True))).policy is Policy.ALLOW
    assert (await policies.rules_at(place(marked=False))).policy is Policy.BLOCK
    assert await policies.age_mark_removed(ADMIN, CHANNEL)
    assert not await policies.age_mark_removed(ADMIN, CHANNEL)
    rules = await policies.rules_at(place(marked=True))
    assert (rules.policy, rules.safety_checker, rules.hide_prompt) == (Policy.SPOILER, True, True)
    assert await acts(store) == ["policy set", "policy set"]


async def test_what_a_category_permits_does_not_come_back_with_the_mark_of_a_channel(
    policies: PolicyService, store: Store
) -> None:
    await policies.set_channel(ADMIN, CATEGORY, ChannelSetting(policy=Policy.ALLOW, safety_checker=False))
    assert (await policies.rules_at(place(marked=True))).policy is Policy.ALLOW
    assert await policies.needing_age_mark() == ((GUILD, CATEGORY),)
    assert await policies.age_mark_removed(ADMIN, CHANNEL, CATEGORY)
    assert not await policies.age_mark_removed(ADMIN, CHANNEL, CATEGORY)
    rules = await policies.rules_at(place(marked=True))
    assert (rules.policy, rules.safety_checker) == (Policy.BLOCK, True)
    assert await acts(store) == ["policy set", "policy set"]


async def test_a_mark_that_changed_counts_as_none_until_that_is_written_down(policies: PolicyService) -> None:
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW, safety_checker=False))
    policies.doubt_age_mark(CHANNEL)
    assert (await policies.rules_at(place(marked=True))).policy is Policy.BLOCK
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(hide_prompt=True))
    assert policies.is_doubted(CHANNEL)
    assert (await policies.rules_at(place(marked=True))).policy is Policy.BLOCK
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW))
    rules = await policies.rules_at(place(marked=True))
    assert (policies.is_doubted(CHANNEL), rules.policy, rules.safety_checker) == (False, Policy.ALLOW, True)
    policies.doubt_age_mark(CHANNEL)
    assert await policies.age_mark_removed(ADMIN, CHANNEL)
    assert not policies.is_doubted(CHANNEL)


async def test_a_mark_that_changed_twice_is_doubted_until_both_are_written_down(policies: PolicyService) -> None:
    """It was moved, and then lost its mark, while the database was away: what is set for itself has to go as well."""
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW))
    moved, lost = policies.doubt_age_mark(CHANNEL), policies.doubt_age_mark(CHANNEL)
    await policies.age_mark_removed(ADMIN, CHANNEL, CATEGORY, own=False, doubt=moved)
    assert (policies.is_doubted(CHANNEL, moved), policies.is_doubted(CHANNEL, lost)) == (False, True)
    assert (await policies.rules_at(place(marked=True))).policy is Policy.BLOCK
    assert await policies.age_mark_removed(ADMIN, CHANNEL, CATEGORY, doubt=lost)
    assert not policies.is_doubted(CHANNEL)


async def test_an_admin_speaks_of_the_mark_as_it_was_when_they_spoke(policies: PolicyService) -> None:
    policies.doubt_age_mark(CHANNEL)
    setting = asyncio.create_task(
        policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW)), name="an admin sets the policy"
    )
    await asyncio.sleep(0)
    later = policies.doubt_age_mark(CHANNEL)  # it goes while that is being written
    await setting
    assert policies.is_doubted(CHANNEL, later)


async def test_a_channel_that_comes_into_a_category_keeps_what_was_set_for_itself(policies: PolicyService) -> None:
    await policies.set_channel(ADMIN, CATEGORY, ChannelSetting(policy=Policy.ALLOW, safety_checker=False))
    assert await policies.age_mark_removed(ADMIN, CHANNEL, CATEGORY, own=False)
    rules = await policies.rules_at(place(marked=True))
    assert (rules.policy, rules.safety_checker) == (Policy.BLOCK, True)
    await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW))
    assert not await policies.age_mark_removed(ADMIN, CHANNEL, CATEGORY, own=False)
    assert (await policies.rules_at(place(marked=True))).policy is Policy.ALLOW


async def test_admins_who_set_one_channel_at_the_same_instant_both_count(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        clock = MovableClock()
        first, second = PolicyService(store=one, clock=clock), PolicyService(store=other, clock=clock)
        await asyncio.gather(
            first.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.REVIEW)),
            second.set_channel(MODERATOR, CHANNEL, ChannelSetting(hide_prompt=True)),
        )
        ((_, setting),) = await first.channel_settings(GUILD)
    assert setting == ChannelSetting(policy=Policy.REVIEW, hide_prompt=True)


# --- prompts


async def test_rules_are_added_listed_found_and_removed(prompt_rules: PromptRulesService, store: Store) -> None:
    rule = await prompt_rules.add_rule(ADMIN, " Some   gore* ", PromptAction.REFUSE, "no violence, please.")
    spared = await prompt_rules.add_rule(ADMIN, "some gorebridge", is_exception=True)
    assert rule == PromptRule(rule.id, GUILD, "Some gore*", PromptAction.REFUSE, "no violence, please.")
    assert await prompt_rules.prompt_rules(GUILD) == (rule, spared)
    assert await prompt_rules.prompt_rules(OTHER_GUILD) == ()
    verdict = await prompt_rules.check_prompt(GUILD, "draw some g0re")
    assert verdict.action is PromptAction.REFUSE
    assert verdict.reason == "no violence, please"
    assert await prompt_rules.check_prompt(GUILD, "some Gorebridge") == Verdict()
    assert (await prompt_rules.test_prompt(GUILD, "some Gorebridge")).excused
    with pytest.raises(UserError, match="no rule with this number"):
        await prompt_rules.remove_rule(AdminAction(OTHER_GUILD, 1), rule.id)
    assert await prompt_rules.remove_rule(ADMIN, rule.id) == rule
    assert (await prompt_rules.check_prompt(GUILD, "draw some gore")).action is None
    with pytest.raises(UserError, match="no rule with this number"):
        await prompt_rules.remove_rule(ADMIN, rule.id)
    assert await acts(store) == ["rule added", "rule added", "rule removed"]


@pytest.mark.parametrize("text", ["   ", "x" * 10_240, "\u200b\u200b", "(a+)+$"])
async def test_a_rule_that_is_none_changes_nothing(prompt_rules: PromptRulesService, store: Store, text: str) -> None:
    with pytest.raises(UserError, match="Nothing was changed"):
        await prompt_rules.add_rule(ADMIN, text)
    assert await acts(store) == []


async def test_one_rule_in_two_spellings_is_there_already(prompt_rules: PromptRulesService) -> None:
    rule = await prompt_rules.add_rule(ADMIN, "naked")
    with pytest.raises(UserError, match=f"number {rule.id}"):
        await prompt_rules.add_rule(ADMIN, "N a k e d")
    await prompt_rules.add_rule(ADMIN, "naked", is_exception=True)
    await prompt_rules.add_rule(AdminAction(OTHER_GUILD, 1), "naked")


async def test_the_gravest_rule_decides(prompt_rules: PromptRulesService) -> None:
    await prompt_rules.add_rule(ADMIN, "fox", PromptAction.LOG, "foxes")
    assert (await prompt_rules.check_prompt(GUILD, "a fox")).action is PromptAction.LOG
    await prompt_rules.add_rule(ADMIN, "snow", PromptAction.REVIEW, "snow.")
    verdict = await prompt_rules.check_prompt(GUILD, "a fox in snow")
    assert (verdict.action, verdict.reason) == (PromptAction.REVIEW, "snow")
    assert [match.rule.text for match in verdict.matches] == ["fox", "snow"]
    await prompt_rules.add_rule(ADMIN, "ice")
    assert (await prompt_rules.check_prompt(GUILD, "a fox in snow and ice")).action is PromptAction.REFUSE


async def test_another_process_changes_the_rules_and_this_one_knows(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        clock = MovableClock()
        here, there = PromptRulesService(store=one, clock=clock), PromptRulesService(store=other, clock=clock)
        rule = await there.add_rule(ADMIN, "fox")
        assert (await here.check_prompt(GUILD, "a fox")).matches
        await there.remove_rule(ADMIN, rule.id)
        await there.add_rule(ADMIN, "owl")  # as many as before: only its number is new
        assert not (await here.check_prompt(GUILD, "a fox")).matches
        assert (await here.check_prompt(GUILD, "an owl")).matches


async def test_a_server_has_a_thousand_rules_at_most(
    prompt_rules: PromptRulesService, store: Store, clock: MovableClock
) -> None:
    row = {"guild_id": GUILD, "action": "refuse", "is_exception": False, "added_by": 1, "added_at": clock.now()}

    def change(connection: Connection) -> None:
        rows = [{**row, "text": f"word{number}", "key": f"word{number}"} for number in range(1000)]
        connection.execute(tables.prompt_rules.insert(), rows)

    await store.write(change)
    with pytest.raises(UserError, match="1,000 rules"):
        await prompt_rules.add_rule(ADMIN, "one more")
    assert len((await prompt_rules.check_prompt(GUILD, "word7 and word999")).matches) == 2


async def test_a_prompt_that_cannot_be_compared_in_time_is_refused(
    prompt_rules: PromptRulesService, store: Store, clock: MovableClock
) -> None:
    row = {"guild_id": GUILD, "action": "log", "is_exception": False, "added_by": 1, "added_at": clock.now()}

    def change(connection: Connection) -> None:
        texts = ["il" * 40 + f"{number:010b}".replace("0", "i").replace("1", "l") for number in range(1000)]
        connection.execute(tables.prompt_rules.insert(), [{**row, "text": text, "key": text} for text in texts])

    await store.write(change)
    verdict = await prompt_rules.check_prompt(GUILD, "1" * 2000)
    assert verdict.action is PromptAction.REFUSE
    assert "more plainly" in verdict.reason


# --- the gate


async def let_in(admission: Admission, store: Store, user_id: int, where: Place, prompt: str) -> Passed:
    """As `RunService` has it: judged by what is in memory, and anew where the transaction finds newer rules."""
    passed = await admission.judged(where, prompt)
    try:
        await store.write(admission.admit, user_id, where, passed)
    except RulesChanged as newer:
        passed = await admission.judged(where, prompt, newer)
        await store.write(admission.admit, user_id, where, passed)
    return passed


async def test_who_is_let_in_with_which_prompt(
    store: Store, prompt_rules: PromptRulesService, sanctions: SanctionsService, clock: MovableClock
) -> None:
    admission = open_admission(store, clock)
    here, elsewhere, private = Place(GUILD, CHANNEL), Place(OTHER_GUILD, CHANNEL), Place(None, CHANNEL)
    await prompt_rules.add_rule(ADMIN, "gore", PromptAction.REFUSE, "no violence")
    assert (await let_in(admission, store, PERSON, here, "a fox")).verdict == Verdict()
    with pytest.raises(PromptRefused, match=r"that prompt: no violence\. Nothing was sent"):
        await let_in(admission, store, PERSON, here, "gore")
    assert (await let_in(admission, store, PERSON, private, "gore")).verdict == Verdict(), (
        "a server's rules hold in that server"
    )
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.PAUSE, "spam", length_s=3600)
    with pytest.raises(UserError, match=r"(?s)have paused you.*spam"):
        await let_in(admission, store, PERSON, here, "a fox")
    assert (await let_in(admission, store, PERSON, elsewhere, "a fox")).verdict == Verdict()
    await clock.sleep(3600)
    assert (await let_in(admission, store, PERSON, here, "a fox")).verdict == Verdict()


async def test_a_prompt_is_judged_as_it_was_typed_and_as_it_is_sent(
    store: Store, prompt_rules: PromptRulesService, clock: MovableClock
) -> None:
    """Nobody smuggles a word past the rules in what is taken out, or by marks that are."""
    admission, here = open_admission(store, clock), Place(GUILD, CHANNEL)
    await prompt_rules.add_rule(ADMIN, "gore", PromptAction.REFUSE, "no violence")
    await prompt_rules.add_rule(ADMIN, "sword fight", PromptAction.LOG)
    await let_in(admission, store, PERSON, here, "a fox")  # the rules are in memory now
    for typed, sent, action in (
        ("a fox --no gore", "a fox", PromptAction.REFUSE),
        ("a sword --no gore", "a sword fight", PromptAction.REFUSE),
        ("a fox (x:1.1)", "a fox, gore", PromptAction.REFUSE),
        ("a sword <lora:y:1> fight", "a sword fight", PromptAction.LOG),
        ("a sword fight --tile", "a sword", PromptAction.LOG),
        ("a fox --no cats", "a fox", None),
    ):
        passed = await admission.judged(here, typed, sent=sent)
        assert passed.verdict.action is action, typed
        assert (await admission.judged(here, typed)).verdict.action in {action, None}


async def test_a_stop_waits_for_a_press_that_was_let_in(database_url: str, clock: MovableClock) -> None:
    """So whoever takes a stopped person's runs out of the queue afterwards sees them all."""
    loop, order = asyncio.get_running_loop(), list[str]()
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        admission, here = open_admission(one, clock), Place(GUILD, CHANNEL)
        sanctions = SanctionsService(store=other, clock=clock, thresholds=Thresholds())
        passed = await admission.judged(here, "a fox")
        stopping: list[asyncio.Task[None]] = []

        async def stop() -> None:
            await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "rude")
            order.append("stopped")

        async def begin_to_stop() -> None:
            stopping.append(asyncio.create_task(stop(), name="stop"))
            await asyncio.sleep(0.05)
            order.append("let in")

        def let_in_slowly(connection: Connection) -> None:
            admission.admit(connection, PERSON, here, passed)
            meanwhile(loop, begin_to_stop())

        await one.write(let_in_slowly)
        await asyncio.gather(*stopping)
        assert order == ["let in", "stopped"]
        with pytest.raises(SanctionError):
            await one.write(admission.admit, PERSON, here, passed)


# --- people


async def test_strikes_warn_pause_and_stop_and_fade(
    sanctions: SanctionsService, clock: MovableClock, store: Store
) -> None:
    async def strike() -> SanctionStatus:
        return await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STRIKE, "rude")

    first = await strike()
    assert (first.allowed, first.warned, first.strikes) == (True, True, 1)
    await strike()
    third = await strike()
    assert (third.kind, third.strikes, third.until) == (SanctionKind.PAUSE, 3, clock.now() + timedelta(days=1))
    clock.time += timedelta(days=2)
    assert (await sanctions.standing(GUILD, PERSON)).allowed
    assert (await strike()).kind is SanctionKind.PAUSE
    fifth = await strike()
    assert (fifth.kind, fifth.until) == (SanctionKind.STOP, None)
    assert (await strike()).strikes == 6
    clock.time += timedelta(days=365)
    later = await sanctions.standing(GUILD, PERSON)
    assert (later.kind, later.strikes) == (SanctionKind.STOP, 0), "strikes fade, a stop is lifted by somebody"
    assert (await sanctions.standing(OTHER_GUILD, PERSON)).allowed
    strikes = ["sanction strike"]
    pause = [*strikes, "sanction pause"]
    assert await acts(store) == [*strikes * 2, *pause, *pause, *strikes, "sanction stop", *strikes]


async def test_people_are_written_to_who_used_the_bot_here_and_a_few_times_an_hour(
    sanctions: SanctionsService, store: Store, clock: MovableClock, add_run: AddRun
) -> None:
    async def strike() -> bool:
        await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STRIKE, "rude")
        return await sanctions.may_write_to(GUILD, PERSON)

    assert not await sanctions.used_here(GUILD, PERSON)
    assert not await strike()

    def change(connection: Connection) -> None:
        run_id = add_run(connection, 1)
        here = {"user_id": PERSON, "guild_id": GUILD}
        connection.execute(tables.runs.update().where(tables.runs.c.id == run_id).values(here))

    await store.write(change)
    assert await sanctions.used_here(GUILD, PERSON)
    assert not await sanctions.used_here(OTHER_GUILD, PERSON)
    clock.time += timedelta(hours=2)
    assert [await strike() for _ in range(5)] == [True, True, True, False, False]
    clock.time += timedelta(minutes=61)
    assert await strike()


async def test_lifting_ends_everything(sanctions: SanctionsService) -> None:
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STRIKE, "rude")
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "very rude")
    with pytest.raises(UserError, match="stopped already"):
        await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "again")
    held = await sanctions.sanction(ADMIN, PERSON, SanctionKind.LIFT, "")
    assert (held.allowed, held.strikes) == (True, 0)
    with pytest.raises(UserError, match="Nothing holds"):
        await sanctions.sanction(ADMIN, PERSON, SanctionKind.LIFT, "")


@pytest.mark.parametrize("length_s", [0, -1, 366 * 86_400])
async def test_a_pause_of_no_sense_changes_nothing(sanctions: SanctionsService, store: Store, length_s: int) -> None:
    with pytest.raises(UserError, match="up to a year"):
        await sanctions.sanction(MODERATOR, PERSON, SanctionKind.PAUSE, "x", length_s=length_s)
    with pytest.raises(UserError, match="at most 300"):
        await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STRIKE, "x" * 301)
    assert await acts(store) == []


async def test_strikes_of_many_moderators_at_one_instant_are_all_counted(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        clock = MovableClock()
        both = [SanctionsService(store=store, clock=clock, thresholds=Thresholds()) for store in (one, other)]
        await asyncio.gather(
            *(both[n % 2].sanction(AdminAction(GUILD, n), PERSON, SanctionKind.STRIKE, "rude") for n in range(5))
        )
        held = await both[0].standing(GUILD, PERSON)
        wanted = select(func.count()).select_from(tables.sanctions).where(tables.sanctions.c.kind == "stop")
        stops = await one.read(lambda connection: (connection.execute(wanted)).scalar_one())
    assert (held.kind, held.strikes, stops) == (SanctionKind.STOP, 5, 1)


async def test_an_appeal_is_heard_once_and_told_once(sanctions: SanctionsService, store: Store) -> None:
    with pytest.raises(UserError, match="nothing to appeal"):
        await sanctions.appeal(GUILD, PERSON, "please")
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "rude")
    for words in ("", "  ", "x" * 1001):
        with pytest.raises(UserError, match="1 to 1,000"):
            await sanctions.appeal(GUILD, PERSON, words)
    appeal = await sanctions.appeal(GUILD, PERSON, " I am sorry ")
    assert appeal.words == "I am sorry"
    with pytest.raises(UserError, match="waits for a decision already"):
        await sanctions.appeal(GUILD, PERSON, "again")
    await sanctions.appeal_posted(appeal.id, channel_id=5, message_id=6)
    assert [(one.id, one.message_id) for one in await sanctions.open_appeals(GUILD)] == [(appeal.id, 6)]
    assert await sanctions.unheard(GUILD, PERSON) is None
    with pytest.raises(UserError, match="no such appeal"):
        await sanctions.decide_appeal(AdminAction(OTHER_GUILD, 1), appeal.id, lift=True)
    with pytest.raises(UserError, match="no such appeal"):
        await sanctions.find_appeal(GUILD, appeal.id + 1)
    decided = await sanctions.decide_appeal(MODERATOR, appeal.id, lift=False, reason="not yet")
    assert (decided.first, decided.standing.kind) == (True, SanctionKind.STOP)
    second = await sanctions.decide_appeal(ADMIN, appeal.id, lift=True)
    assert (second.first, second.appeal.lifted, second.appeal.decided_by) == (False, False, MODERATOR.actor_id)
    told = await sanctions.unheard(GUILD, PERSON)
    assert told is not None
    assert (told.lifted, told.reason) == (False, "not yet")
    assert await sanctions.unheard(GUILD, PERSON) is None
    with pytest.raises(UserError, match="have read your appeal"):
        await sanctions.appeal(GUILD, PERSON, "once more")
    assert await acts(store) == ["sanction stop", "appeal", "appeal kept"]


async def test_an_appeal_that_is_granted_lifts_what_holds(sanctions: SanctionsService, store: Store) -> None:
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "rude")
    appeal = await sanctions.appeal(GUILD, PERSON, "sorry")
    assert (await sanctions.decide_appeal(ADMIN, appeal.id, lift=True, reason="welcome back")).standing.allowed
    assert await acts(store) == ["sanction stop", "appeal", "appeal lifted", "sanction lift"]
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "again")
    assert (await sanctions.appeal(GUILD, PERSON, "sorry again")).id != appeal.id, "a new stop, a new appeal"


async def test_an_appeal_lifts_what_it_is_against_and_nothing_that_came_later(sanctions: SanctionsService) -> None:
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.PAUSE, "rude")
    appeal = await sanctions.appeal(GUILD, PERSON, "sorry")
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "and then much worse")
    decided = await sanctions.decide_appeal(ADMIN, appeal.id, lift=True)
    assert decided.appeal.lifted
    assert decided.standing.kind is SanctionKind.STOP


async def test_two_moderators_decide_one_appeal_at_the_same_instant(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        clock = MovableClock()
        both = [SanctionsService(store=store, clock=clock, thresholds=Thresholds()) for store in (one, other)]
        for number in range(5):
            await both[0].sanction(MODERATOR, number, SanctionKind.STOP, "rude")
            appeal = await both[0].appeal(GUILD, number, "sorry")
            decisions = await asyncio.gather(
                both[0].decide_appeal(AdminAction(GUILD, 21), appeal.id, lift=True),
                both[1].decide_appeal(AdminAction(GUILD, 22), appeal.id, lift=False),
            )
            assert sorted(decision.first for decision in decisions) == [False, True]
            assert decisions[0].appeal == decisions[1].appeal
            held = await both[0].standing(GUILD, number)
            assert held.allowed == decisions[0].appeal.lifted


async def test_an_appeal_sent_twice_at_the_same_instant_is_one(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        clock = MovableClock()
        both = [SanctionsService(store=store, clock=clock, thresholds=Thresholds()) for store in (one, other)]
        await both[0].sanction(MODERATOR, PERSON, SanctionKind.STOP, "rude")
        answers = await asyncio.gather(*(each.appeal(GUILD, PERSON, "sorry") for each in both), return_exceptions=True)
        assert sum(isinstance(answer, Appeal) for answer in answers) == 1
        assert sum(isinstance(answer, UserError) for answer in answers) == 1


async def test_a_person_reports_a_picture_once(store: Store, clock: MovableClock, add_run: AddRun) -> None:

    def change(connection: Connection) -> None:
        run_id = add_run(connection, 1)
        review = Review(run_id, GUILD, ReviewCause.REPORTED, opened_at=clock.now(), detail="gross")
        assert review_rows.add_report(connection, review, 1)
        assert not review_rows.add_report(connection, review, 1)
        assert review_rows.add_report(connection, review, 2)

    await store.write(change)


async def test_the_record_tells_all_that_was_decided_newest_first(
    sanctions: SanctionsService, store: Store, clock: MovableClock, add_run: AddRun
) -> None:

    def change_2(connection: Connection) -> Any:
        run_id = add_run(connection, 1)  # a run of PERSON's
        review = {"run_id": run_id, "guild_id": GUILD, "why": "flagged", "opened_at": clock.now()}
        decided = {"outcome": "rejected", "decided_by": 12, "decided_at": clock.now(), "reason": "gore"}
        connection.execute(tables.reviews.insert().values(**review, **decided))
        return run_id

    run_id = await store.write(change_2)
    clock.time += timedelta(minutes=1)

    def change(connection: Connection) -> None:
        report = Review(run_id, GUILD, ReviewCause.REPORTED, opened_at=clock.now(), detail="gross")
        assert review_rows.add_report(connection, report, 5)

    await store.write(change)
    clock.time += timedelta(minutes=1)
    await sanctions.sanction(MODERATOR, PERSON, SanctionKind.STOP, "rude")
    clock.time += timedelta(minutes=1)
    appeal = await sanctions.appeal(GUILD, PERSON, "sorry")
    clock.time += timedelta(minutes=1)
    await sanctions.decide_appeal(ADMIN, appeal.id, lift=False, reason="no")
    found = await sanctions.record(GUILD, PERSON)
    assert [(line.kind, line.what, line.reason) for line in found] == [
        (RecordKind.APPEAL, "kept", "no"),
        (RecordKind.APPEAL, "opened", "sorry"),
        (RecordKind.SANCTION, "stop", "rude"),
        (RecordKind.REPORTED, "reported", "gross"),
        (RecordKind.REVIEW, "rejected", "gore"),
    ]
    assert found[-1].run_id == run_id
    assert await sanctions.record(GUILD, PERSON, most=2) == found[:2]
    assert await sanctions.record(OTHER_GUILD, PERSON) == ()
