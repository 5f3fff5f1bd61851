"""What people and moderators read of sanctions and appeals."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.moderation.sanctions import RecordKind, RecordLine, SanctionKind, SanctionStatus
from bot.moderation.sanctions_service import Appeal
from cogs.conduct import texts

AGAIN = "The reason they gave: spam\nYou can ask for pictures there again"
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
STAMP = int(LATER.timestamp())
WARNED = SanctionStatus(strikes=1, warned=True)
PAUSED = SanctionStatus(SanctionKind.PAUSE, LATER, "3 strikes", 3, True, 7, "…")
STOPPED = SanctionStatus(SanctionKind.STOP, None, "please rest", 0, False, 8, "…")
STRUCK = replace(STOPPED, strikes=1)  # a strike beside a stop that was there before


def an_appeal(**changes: Any) -> Appeal:
    return replace(Appeal(id=4, guild_id=1, user_id=2, words="*sorry* @everyone", opened_at=NOW), **changes)


@pytest.mark.parametrize(
    ("kind", "standing", "said"),
    [
        (SanctionKind.STRIKE, WARNED, "This is your first strike that counts."),
        (SanctionKind.STRIKE, WARNED, "Please take this as a warning"),
        (SanctionKind.STRIKE, SanctionStatus(strikes=1), "So far nothing follows from it."),
        (SanctionKind.STRIKE, PAUSED, "have given you a strike.\nThe reason they gave: spam\n3 strikes count now."),
        (SanctionKind.STRIKE, PAUSED, f"You are paused. You can ask for pictures there again <t:{STAMP}:R>"),
        (SanctionKind.STRIKE, STRUCK, "1 strike counts now. You are stopped. You cannot ask for pictures there until"),
        (SanctionKind.PAUSE, PAUSED, f"have paused you.\n{AGAIN} <t:{STAMP}:R>"),
        (SanctionKind.STOP, STOPPED, "You cannot ask for pictures there until they lift it."),
        (
            SanctionKind.LIFT,
            SanctionStatus(),
            "have cleared your strikes, pauses and stops: you can ask for pictures there.",
        ),
    ],
)
def test_people_read_what_was_done_why_and_when_it_ends(kind: SanctionKind, standing: SanctionStatus, said: str):
    told = texts.to_person(kind, "spam", standing, "The *Studio*")
    assert said in told
    assert r"The \*Studio\*" in told
    assert "spam" in told
    held = standing.kind is not None
    assert ("/appeal" in told) is held
    unheard = texts.to_person(kind, "spam", standing, "Studio", appeals_are_heard=False)
    assert "/appeal" not in unheard
    assert ("ask one of its admins" in unheard) is held


@pytest.mark.parametrize(
    ("standing", "told", "said"),
    [
        (
            WARNED,
            texts.Hearing.TOLD,
            "<@2> was given a strike. 1 strike counts now.\nThey were told in a direct message.",
        ),
        (WARNED, texts.Hearing.TELLING, "<@2> was given a strike. 1 strike counts now.\nTelling them…"),
        (
            WARNED,
            texts.Hearing.CLOSED,
            "No direct message reached them, so they were not told: please tell them yourself.",
        ),
        (
            PAUSED,
            texts.Hearing.CLOSED,
            "No direct message reached them: they read it when they next ask for a picture here.",
        ),
    ],
)
def test_moderators_read_what_holds_now_and_who_knows_of_it(standing: SanctionStatus, told: texts.Hearing, said: str):
    assert said in texts.to_moderator(2, SanctionKind.STRIKE, standing, told=told)


def test_the_log_tells_what_was_taken_back_and_that_it_was_about_themselves():
    line = texts.log_line(2, 2, SanctionKind.STOP, "rude", STOPPED, taken=1)
    assert line.startswith("<@2>: <@2> (themselves) was stopped.")
    assert line.endswith("1 of their requests was taken out of the queue.")


def test_the_log_escapes_the_reason():
    line = texts.log_line(9, 2, SanctionKind.STOP, "rude **words**.", STOPPED)
    assert line == r"<@9>: <@2> was stopped. Reason: rude \*\*words\*\*. Stopped until a moderator lifts it."


def test_an_appeal_waits_with_two_buttons_and_ends_without():
    waiting = str(texts.appeal_panel(an_appeal(), STOPPED).to_components())
    assert r"\\*sorry\\* \\@everyone" in waiting
    assert "please rest" in waiting
    assert "'appeal_lift:4'" in waiting
    assert "'appeal_keep:4'" in waiting
    decided = texts.appeal_panel(an_appeal(lifted=False, decided_by=9, decided_at=LATER), STOPPED)
    assert "Kept by <@9>" in str(decided.to_components())
    assert "custom_id" not in str(decided.to_components())


def test_an_appeal_as_long_as_can_be_fits():
    panel = texts.appeal_panel(an_appeal(words="*" * 1000), SanctionStatus(SanctionKind.STOP, None, "*" * 300))
    assert panel.content_length() <= 4000


@pytest.mark.parametrize(
    ("lifted", "standing", "said"),
    [
        (True, SanctionStatus(), "have granted your appeal: you can ask for pictures there again."),
        (
            True,
            PAUSED,
            "have granted your appeal, but something else holds by now: you are paused. "
            f"You can ask for pictures there again <t:{STAMP}:R>, on <t:{STAMP}:f>.",
        ),
        (
            False,
            PAUSED,
            "have read your appeal and turned it down: you are paused. "
            f"You can ask for pictures there again <t:{STAMP}:R>, on <t:{STAMP}:f>.",
        ),
        (
            False,
            STOPPED,
            "have read your appeal and turned it down: you are stopped. "
            "You cannot ask for pictures there until they lift it.",
        ),
        (False, SanctionStatus(), "have read your appeal and turned it down. By now you can ask for pictures there."),
    ],
)
def test_the_person_hears_what_was_decided_and_what_holds_now(lifted: bool, standing: SanctionStatus, said: str):
    heard = texts.appeal_heard(an_appeal(lifted=lifted), standing, "Studio")
    assert heard == f"The moderators of Studio {said}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (RecordLine(RecordKind.SANCTION, "pause", NOW, 9, "spam", until=LATER), "paused by <@9>, until"),
        (RecordLine(RecordKind.REVIEW, "rejected", NOW, None), "pictures rejected by the channel's rule"),
        (
            RecordLine(RecordKind.REPORTED, "reported", NOW, 3, "*me*"),
            r"picture of theirs was reported by <@3>: \*me\*",
        ),
        (RecordLine(RecordKind.APPEAL, "opened", NOW, 2, "x" * 500), "appealed by <@2>: xxx"),
    ],
)
def test_a_record_says_when_what_by_whom_and_why(line: RecordLine, said: str):
    told = texts.record_line(line)
    assert said in told
    assert len(told) < 300


def test_the_head_of_a_record_says_what_holds():
    assert (
        texts.record_head(2, SanctionStatus()) == "**Record of <@2>.** No pause and no stop: they may ask for pictures."
    )
    assert texts.record_head(2, WARNED).endswith(
        "No pause and no stop: they may ask for pictures. 1 strike counts now."
    )
    assert "Paused until" in texts.record_head(2, PAUSED)
