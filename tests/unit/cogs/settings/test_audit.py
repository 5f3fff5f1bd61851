"""/settings audit: each act as a plain line, page by page, for admins alone; nothing pings or leads to pictures."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.guilds.audit import AuditFilter, AuditKind, AuditPage, AuditRow
from cogs.settings import texts
from cogs.settings.view import ROWS_MOST, AuditView, Turn, turn_of
from cogs.ui.markdown import length
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import ADMIN_ROLE, MODERATOR_ROLE, by, server
from tests.unit.cogs.samples import FakeGuilds
from tests.unit.cogs.wire import GUILD_ID, Call, interaction, pressed_button

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
WHEN = "<t:1782907200:f>"
MANAGE_GUILD, EPHEMERAL = 1 << 5, 64
RUN = "0123456789abcdef" * 2
LIMIT = {"subject": "user", "subject_id": "7", "window": "day", "measure": "money", "amount": 500_000}


def row(kind: str, before: Any = None, after: Any = None, row_id: int = 1) -> AuditRow:
    return AuditRow(row_id, GUILD_ID, 11, kind, before, after, AT)


def test_every_kind_has_its_words_and_can_be_chosen() -> None:
    assert set(texts.WORDS) == set(AuditKind)
    assert set(texts.KINDS.values()) == set(AuditKind)
    assert len(texts.CHOICES) == len(AuditKind)
    assert all(0 < len(words) <= 100 for words in texts.CHOICES.values())


async def test_kinds_are_suggested_by_their_words_as_many_as_discord_shows() -> None:
    async with opened(server=server()) as open_:
        payload = by(interaction({}, command="settings"), ADMIN_ROLE)
        payload["type"] = 4
        option = {"name": "kind", "type": 3, "value": "", "focused": True}
        payload["data"]["options"] = [{"name": "audit", "type": 1, "options": [option]}]
        open_.press(payload)
        (call,) = await open_.discord.wait("POST", "/callback")
        assert len(call.data["choices"]) == 25 < len(AuditKind)


@pytest.mark.parametrize(
    ("kind", "before", "after", "told"),
    [
        (
            AuditKind.LIMIT_SET,
            LIMIT,
            LIMIT | {"amount": 1_000_000},
            "set a limit: <@7>: $0.50 a day → <@7>: $1.00 a day",
        ),
        (AuditKind.HISTORY_READ, None, {"user": "7"}, "looked at somebody's requests: <@7>"),
        (
            AuditKind.HISTORY_READ,
            None,
            {"user": "7", "pictures": True},
            "looked at somebody's requests: <@7>, pictures",
        ),
        (AuditKind.RECORD_READ, None, {"user": "7"}, "looked at somebody's record: <@7>"),
        (AuditKind.SPEND_READ, None, {"period": "7 days"}, "looked at what people spent: 7 days"),
        (
            AuditKind.PICTURE_REPORTED,
            None,
            {"run": RUN, "user": "7", "reason": "mean", "known": True},
            "reported pictures of <@7>: “mean”, known to moderators already",
        ),
        (AuditKind.LIMIT_REMOVED, LIMIT, None, "removed a limit: <@7>: $0.50 a day"),
        (
            AuditKind.GRANTED,
            None,
            {"user_id": "7", "amount_micro_usd": 250_000, "reason": "won"},
            "made a grant: <@7>, $0.25, “won”",
        ),
        (AuditKind.LOG_CHANNEL_SET, None, {"channel_id": "5"}, "changed the log channel: none → <#5>"),
        (AuditKind.LOG_CHANNEL_SET, {"channel_id": "5"}, None, "changed the log channel: <#5> → none"),
        (AuditKind.LOG_CHANNEL_SET, None, None, "changed the log channel: none, as before"),
        (
            AuditKind.REVIEW_CHANNEL_SET,
            {"channel": None},
            {"channel": "5"},
            "changed the moderation channel: none → <#5>",
        ),
        (
            AuditKind.REJECT_REASONS_SET,
            {"reasons": []},
            {"reasons": ["a", "b"]},
            "changed the reasons for rejecting: none → “a”; “b”",
        ),
        (
            AuditKind.RULE_ADDED,
            None,
            {"rule": "4", "text": "go*re", "action": "refuse", "public_reason": "", "is_exception": False},
            "added a rule for prompts: rule 4, “go\\*re”, action: refuse",
        ),
        (
            AuditKind.RULE_ADDED,
            None,
            {"rule": "4", "text": "gore", "action": "refuse", "public_reason": None, "is_exception": True},
            "added a rule for prompts: rule 4, “gore”, exception",
        ),
        (
            AuditKind.SANCTION_PAUSE,
            None,
            {"user": "7", "reason": "3 strikes", "until": AT.isoformat(), "by_threshold": True},
            f"paused somebody: <@7>, “3 strikes”, until {WHEN}, because of the strikes",
        ),
        (
            AuditKind.SANCTION_LIFT,
            None,
            {"user": "7", "reason": "", "until": None, "by_threshold": False},
            "lifted what held for somebody: <@7>",
        ),
        (
            AuditKind.PICTURE_REPORTED,
            None,
            {"run": RUN, "user": "7", "reason": "rude", "hidden": True},
            "reported pictures of <@7>: “rude”, hidden until decided",
        ),
        (
            AuditKind.REVIEW_REJECTED,
            None,
            {"run": RUN, "user": "7", "by": "rule"},
            "rejected pictures of <@7>: by the channel's rule",
        ),
        (AuditKind.REVIEW_APPROVED, None, {"run": RUN, "user": "7", "reason": None}, "approved pictures of <@7>"),
        (
            AuditKind.REVIEW_APPROVED,
            None,
            {"run": RUN, "user": "7", "reason": None, "reported": True},
            "kept reported pictures of <@7>",
        ),
        (
            AuditKind.REVIEW_REJECTED,
            None,
            {"run": RUN, "user": "7", "reason": "rude", "reported": True},
            "removed reported pictures of <@7>: “rude”",
        ),
        (AuditKind.APPEALED, None, {"appeal": "3"}, "appealed"),
        (AuditKind.APPEAL_KEPT, None, {"appeal": "3", "user": "7", "reason": ""}, "turned an appeal down: <@7>"),
        (AuditKind.REVIEW_APPROVED, None, {"reason": None}, "approved pictures"),
        ("of another day", None, {"what": 1}, "did something this version does not know"),
        (AuditKind.LIMIT_SET, None, {"subject": "moon", "amount": "much"}, "set a limit"),
    ],
)
def test_an_act_is_one_plain_line(kind: str, before: Any, after: Any, told: str) -> None:
    assert texts.audit_line(row(kind, before, after)) == f"- {WHEN} · <@11> {told}"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            {"policy": "review", "hide_reported": True, "hide_prompt": True},
            {"policy": "block", "hide_reported": False, "hide_prompt": True},
            "changed a policy: <#5>, policy: review → block, hide reported: yes → no",
        ),
        ({}, {"policy": "spoiler"}, "changed a policy: <#5>: nothing set → policy: spoiler"),
        (
            {"policy": "block"},
            {"policy": "block", "undecided_after_s": 172_800},
            "changed a policy: <#5>, undecided after: not set → 2 days",
        ),
        (
            {"undecided_after_s": 172_800},
            {"undecided_after_s": 0},
            "changed a policy: <#5>, undecided after: 2 days → never",
        ),
        ({"policy": "block"}, {"policy": "block"}, "changed a policy: <#5>, as before"),
        (
            {"policy": "review", "unchecked": "as_clear"},
            {},
            "cleared a policy: <#5>: policy: review, unchecked: as clear → nothing set",
        ),
    ],
)
def test_a_policy_says_its_channel_once_and_then_what_differs(before: Any, after: Any, told: str) -> None:
    kind = AuditKind.POLICY_SET if after else AuditKind.POLICY_CLEARED
    line = texts.audit_line(row(kind, {"channel": "5"} | before, {"channel": "5"} | after))
    assert line == f"- {WHEN} · <@11> {told}"


def test_a_policy_that_changed_in_everything_is_told_whole() -> None:
    old: dict[str, Any] = {"policy": "spoiler", "unchecked": "as_flagged", "undecided_after_s": 5400}
    new: dict[str, Any] = {"policy": "review", "unchecked": "as_clear", "undecided_after_s": 7200}
    for name in ("approve_everything", "hide_prompt", "safety_checker", "undecided_reject", "hide_reported"):
        old[name], new[name] = True, False
    channel = {"channel": str(2**63 - 1)}
    line = texts.audit_line(row(AuditKind.POLICY_SET, channel | old, channel | new))
    assert line.endswith("hide reported: yes → no")


@pytest.mark.parametrize(
    ("wanted", "head"),
    [
        (AuditFilter(), ""),
        (AuditFilter(person_id=7), "\nOnly acts by <@7> or about them."),
        (AuditFilter(kind=AuditKind.POLICY_SET), "\nOnly acts of the kind “changed a policy”."),
        (
            AuditFilter(7, AuditKind.POLICY_SET),
            "\nOnly acts by <@7> or about them, of the kind “changed a policy”.",
        ),
    ],
)
def test_the_head_says_in_plain_words_which_acts_are_shown(wanted: AuditFilter, head: str) -> None:
    assert texts.audit_head(wanted) == f"**What admins and moderators did here**, newest first{head}"


@pytest.mark.parametrize("kind", AuditKind)
def test_no_prompt_and_no_way_to_pictures_is_shown(kind: AuditKind) -> None:
    side: dict[str, object] = {"run": RUN, "prompt": "a secret fox", "message_id": "42", "user": "7"}
    line = texts.audit_line(row(kind, side, side))
    assert "<@7>" in line
    for kept_back in (RUN[:8], "secret", "42", "http"):
        assert kept_back not in line


@pytest.mark.parametrize(
    "nasty", ["||*_~`" * 300, "\u202e" + "z\u0301" * 900, "@everyone <@1> https://x", "🦊" * 900, "\n# x" * 99]
)
def test_a_page_fits_into_a_message_whatever_is_in_it(nasty: str) -> None:
    side: dict[str, object] = {"user": nasty, "reason": nasty, "text": nasty, "reasons": [nasty] * 20, "until": nasty}
    rows = tuple(row(nasty, side, side, 2**63 - 1 - n) for n in range(ROWS_MOST))
    view = AuditView(AuditPage(rows, True, True), AuditFilter(2**63 - 1, AuditKind.REJECT_REASONS_SET))
    assert view.content_length() <= 4000
    for one in rows:
        line = texts.audit_line(one)
        assert length(line) <= texts.LINE_LIMIT
        assert "\n" not in line


@pytest.mark.parametrize(
    ("subject", "turn"),
    [
        ("before:5:any:any", Turn(AuditFilter(), before=5)),
        ("after:5:7:granted", Turn(AuditFilter(7, AuditKind.GRANTED), after=5)),
    ],
)
def test_a_buttons_subject_says_what_is_wanted(subject: str, turn: Turn) -> None:
    assert turn_of(subject) == turn


@pytest.mark.parametrize("subject", ["", "before:5", "on:5:any:any", "before:0:any:any", "after:5:any:unheard_of"])
def test_a_subject_that_was_never_made_is_none(subject: str) -> None:
    with pytest.raises(ValueError, match="no "):
        turn_of(subject)


# --- from Discord's payload to the calls it makes


@dataclass
class Acts(FakeGuilds):
    page: AuditPage = field(default_factory=lambda: AuditPage(()))
    asked: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    async def audit(
        self, guild_id: int, wanted: AuditFilter, *, before: int | None = None, after: int | None = None, most: int = 50
    ) -> AuditPage:
        self.asked.append((guild_id, wanted, before, after, most))
        return self.page


def admin(payload: dict[str, Any]) -> dict[str, Any]:
    return by(payload, ADMIN_ROLE, held_here=MANAGE_GUILD)


def asked(**options: str) -> dict[str, Any]:
    payload = interaction({}, command="settings")
    sub = [{"name": name, "type": 6 if name == "person" else 3, "value": value} for name, value in options.items()]
    payload["data"]["options"] = [{"name": "audit", "type": 1, "options": sub}]
    return admin(payload)


async def shown(open_: Opened) -> Call:
    (call,) = await open_.discord.wait("PATCH", "/messages/@original")
    (deferred,) = open_.discord.named("POST", "/callback")
    assert deferred.body["type"] == 6 or (deferred.body["type"], deferred.data["flags"]) == (5, EPHEMERAL)
    assert call.body["allowed_mentions"] == {"parse": []}
    return call


async def test_a_page_is_shown_to_whoever_asked_with_buttons_to_its_neighbours() -> None:
    acts = Acts(page=AuditPage((row("granted", None, {"user_id": "7"}, 9), row("appeal", row_id=6)), True, True))
    async with opened(server=server(), guild_settings=acts) as open_:
        open_.press(asked(person="7", kind="granted"))
        said = str((await shown(open_)).body["components"])
    assert acts.asked == [(GUILD_ID, AuditFilter(7, AuditKind.GRANTED), None, None, ROWS_MOST)]
    for part in ("made a grant: <@7>", "<@7> or about them", "audit_page:after:9:7:granted"):
        assert part in said
    assert "audit_page:before:6:7:granted" in said


async def test_a_button_turns_the_page_in_its_place() -> None:
    acts = Acts(page=AuditPage((row("appeal", row_id=3),), has_newer=True))
    async with opened(server=server(), guild_settings=acts) as open_:
        payload = admin(pressed_button("audit_page:before:6:any:any"))
        payload["message"]["flags"] |= 64
        open_.press(payload)
        said = str((await shown(open_)).body["components"])
    assert acts.asked == [(GUILD_ID, AuditFilter(), 6, None, ROWS_MOST)]
    assert "audit_page:after:3:any:any" in said
    assert "Older" not in said


async def test_where_nothing_is_noted_it_says_so() -> None:
    async with opened(server=server(), guild_settings=Acts()) as open_:
        open_.press(asked())
        said = str((await shown(open_)).body["components"])
    assert texts.NOTHING_NOTED in said
    assert "audit_page" not in said


async def test_it_is_for_admins() -> None:
    acts = Acts()
    payload = asked()
    payload = by(payload, MODERATOR_ROLE, held_here=1 << 13)
    async with opened(server=server(), guild_settings=acts) as open_:
        open_.press(payload)
        (call,) = await open_.discord.wait("POST", "/callback")
    assert "“Manage Server”" in call.data["content"]
    assert acts.asked == []
