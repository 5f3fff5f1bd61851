"""Rules for prompts: a server's rules, kept compiled, and what they say of a prompt."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from bot.clock import Clock
from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.guilds.settings import lock_guild
from bot.moderation.matching import Matcher, key_of
from bot.moderation.prompts import Match, PromptAction, PromptRule, PromptTest, Verdict
from bot.store.engine import Store
from bot.store.tables import prompt_rules

RULES_MOST = 1000
REASON_MOST = 300
"""The most rules of a server, and the most characters of a public reason."""

_CACHED_MOST = 200

_GRAVITY = tuple(PromptAction)
_NO_REASON = "it does not fit the rules of this server"
_TANGLED = "I could not check it against the rules of this server; please write it more plainly"


Version = tuple[int, int]
"""Count and highest id of a server's rules. Rows are never changed and ids never come back: the same two mean the same.
"""

_NO_RULES: Version = (0, 0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a prompt, and by which of the server's rules."""

    version: Version = _NO_RULES
    verdict: Verdict = Verdict()  # noqa: RUF009 - frozen


class RulesChanged(Exception):
    """The server's rules are others than those that a prompt was judged by: these."""

    def __init__(self, version: Version, rules: tuple[PromptRule, ...]) -> None:
        super().__init__(version)
        self.version, self.rules = version, rules


class PromptRulesService:
    """Rules for prompts. Compiled rules are kept in memory; every use asks the database whether they still hold."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._compiled: dict[int, tuple[Version, Matcher]] = {}

    async def add_rule(
        self,
        act: AdminAction,
        text: str,
        action: PromptAction = PromptAction.REFUSE,
        public_reason: str | None = None,
        *,
        is_exception: bool = False,
    ) -> PromptRule:
        """Write a rule or an exception. Raises UserError for one that is empty, too long, or there already."""
        key, words, reason = key_of(text), " ".join(text.split()), " ".join((public_reason or "").split())
        if len(reason) > REASON_MOST:
            raise UserError(f"A public reason has at most {REASON_MOST} characters. Nothing was changed.")
        now = self._clock.now()

        def add(connection: Connection) -> PromptRule:
            lock_guild(connection, act.guild_id)
            if _version(connection, act.guild_id)[0] >= RULES_MOST:
                raise UserError(f"This server has {RULES_MOST:,} rules, and that is the most. Please remove one first.")
            same = prompt_rules.c.key == key, prompt_rules.c.is_exception == is_exception
            here = prompt_rules.c.guild_id == act.guild_id
            before = connection.execute(select(prompt_rules).where(here, *same)).first()
            if before is not None:
                raise UserError(f"There is such a rule already: number {before.id}. Nothing was changed.")
            row = {"guild_id": act.guild_id, "text": words, "key": key, "action": action.value}
            made = insert(prompt_rules).values(
                **row, public_reason=reason or None, is_exception=is_exception, added_by=act.actor_id, added_at=now
            )
            number = connection.execute(made.returning(prompt_rules.c.id)).scalar_one()
            rule = PromptRule(number, act.guild_id, words, action, reason or None, is_exception)
            note(connection, act, AuditKind.RULE_ADDED, before=None, after=_told(rule), at=now)
            return rule

        return await self._store.write(add)

    async def remove_rule(self, act: AdminAction, rule_id: int) -> PromptRule:
        """Forget a rule. Raises UserError for one that is not this server's, or that nobody knows."""
        mine = prompt_rules.c.guild_id == act.guild_id, prompt_rules.c.id == rule_id

        def remove(connection: Connection) -> PromptRule:
            gone = connection.execute(delete(prompt_rules).where(*mine).returning(*prompt_rules.c)).first()
            if gone is None:
                raise UserError("There is no rule with this number. /rules list shows them. Nothing was changed.")
            rule = _rule(gone)
            note(connection, act, AuditKind.RULE_REMOVED, before=_told(rule), after=None, at=self._clock.now())
            return rule

        return await self._store.write(remove)

    async def prompt_rules(self, guild_id: int) -> tuple[PromptRule, ...]:
        """A server's rules and exceptions, oldest first."""
        return await self._store.read(_rules, guild_id)

    async def test_prompt(self, guild_id: int, prompt: str) -> PromptTest:
        """What the rules find in a prompt, exceptions told."""
        matcher = await self._matcher(guild_id)
        return await asyncio.to_thread(matcher.test, prompt)

    async def check_prompt(self, guild_id: int, prompt: str) -> Verdict:
        """What the rules say of a prompt. One that cannot be compared in time is refused."""
        return await _verdict(await self._matcher(guild_id), prompt)

    async def judged(
        self, guild_id: int, prompt: str, newer: RulesChanged | None = None, *, sent: str | None = None
    ) -> Judged:
        """What the rules that are in memory say of a prompt, or `newer` ones. The database is not asked.

        `sent` is what the model is given in its place, where that is another text: the graver verdict on both holds. It
        counts where `need_current` agrees.
        """
        if newer is not None:
            matcher = await self._compile(guild_id, newer.version, newer.rules)
            return Judged(newer.version, await _verdict_on_both(matcher, prompt, sent))
        known = self._compiled.get(guild_id)
        return Judged() if known is None else Judged(known[0], await _verdict_on_both(known[1], prompt, sent))

    @staticmethod
    def need_current(connection: Connection, guild_id: int, judged: Judged) -> None:
        """Raises RulesChanged where the server's rules are others by now than those that judged."""
        version, rules = _rules_unless(connection, guild_id, judged.version)
        if version != judged.version:
            raise RulesChanged(version, rules)

    async def _matcher(self, guild_id: int) -> Matcher:
        known = self._compiled.get(guild_id)
        version, rules = await self._store.read(_rules_unless, guild_id, None if known is None else known[0])
        if known is not None and known[0] == version:
            return known[1]
        return await self._compile(guild_id, version, rules)

    async def _compile(self, guild_id: int, version: Version, rules: tuple[PromptRule, ...]) -> Matcher:
        matcher = await asyncio.to_thread(Matcher, rules)
        self._compiled.pop(guild_id, None)
        while len(self._compiled) >= _CACHED_MOST:
            self._compiled.pop(next(iter(self._compiled)))
        self._compiled[guild_id] = version, matcher
        return matcher


async def _verdict(matcher: Matcher, prompt: str) -> Verdict:
    """One that cannot be compared in time is refused."""
    try:
        matches = await asyncio.to_thread(matcher.find, prompt)
    except UserError:
        return Verdict(PromptAction.REFUSE, _TANGLED)
    return verdict_of(matches)


async def _verdict_on_both(matcher: Matcher, typed: str, sent: str | None) -> Verdict:
    """No word may pass in what is taken out of a prompt, nor come together where marks were taken out."""
    first = await _verdict(matcher, typed)
    if sent is None or first.action is PromptAction.REFUSE:
        return first
    second = await _verdict(matcher, sent)
    return min(first, second, key=lambda one: len(_GRAVITY) if one.action is None else _GRAVITY.index(one.action))


def verdict_of(matches: tuple[Match, ...]) -> Verdict:
    """What follows from matches: the gravest action, with the reason of the first rule that asks for it."""
    if not matches:
        return Verdict()
    gravest = min(matches, key=lambda match: (_GRAVITY.index(match.rule.action), match.start))
    reason = (gravest.rule.public_reason or _NO_REASON).rstrip(".")
    return Verdict(gravest.rule.action, reason, matches)


# Asked at each press: to build a statement costs more than to run it.
_VERSION = select(func.count(), func.coalesce(func.max(prompt_rules.c.id), 0)).where(
    prompt_rules.c.guild_id == bindparam("guild_id")
)


def _version(connection: Connection, guild_id: int) -> Version:
    count, highest = connection.execute(_VERSION, {"guild_id": guild_id}).one()
    return count, highest


def _rules_unless(
    connection: Connection, guild_id: int, known: Version | None
) -> tuple[Version, tuple[PromptRule, ...]]:
    """The version of a server's rules, and the rules; without them where it is the one that is known."""
    version = _version(connection, guild_id)
    return version, () if version == known else _rules(connection, guild_id)


def _rules(connection: Connection, guild_id: int) -> tuple[PromptRule, ...]:
    here = prompt_rules.c.guild_id == guild_id
    rows = connection.execute(select(prompt_rules).where(here).order_by(prompt_rules.c.id))
    return tuple(_rule(row) for row in rows)


def _rule(row: Row[Any]) -> PromptRule:
    return PromptRule(
        id=row.id,
        guild_id=row.guild_id,
        text=row.text,
        action=PromptAction(row.action),
        public_reason=row.public_reason,
        is_exception=row.is_exception,
    )


def _told(rule: PromptRule) -> dict[str, object]:
    """The rule, for the audit row."""
    return {
        "rule": str(rule.id),
        "text": rule.text,
        "action": rule.action.value,
        "public_reason": rule.public_reason,
        "is_exception": rule.is_exception,
    }
