"""What moderators see, what a person reads of held and rejected pictures, and forms that outlive restarts."""

from dataclasses import replace
from typing import Any

import pytest
from discord import ui

from bot.errors import UserError
from bot.guilds.settings import REASON_MOST, REASONS_MOST
from bot.runs.card import EditResult, Ended, Held, Pictures, Rejected
from bot.runs.review.channel import Asked
from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.run import Delivery, Place, Result, ReviewCause, Run
from cogs.review import texts as review_texts
from cogs.review.channel import DiscordReviewChannel
from cogs.review.cog import changed, reject_form
from cogs.review.panel import panel
from cogs.ui import card_texts, cards, discord_limits
from cogs.ui.actions import Press
from cogs.ui.markdown import length
from sandbox.clock import SandboxClock
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.samples import NOW, a_run, done, pictures
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, MESSAGE_ID, Call, guild

NASTY = "||`*_~<@1>[x](http://a)" * 200 + "\u202e" + "👩‍👩‍👧" * 300


def a_review(run: Run, **changes: Any) -> Review:
    return replace(Review(run.id, GUILD_ID, ReviewCause.FLAGGED, opened_at=NOW), **changes)


def texts(layout: ui.LayoutView) -> str:
    return "\n".join(item.content for item in layout.walk_children() if isinstance(item, ui.TextDisplay))


def labels(layout: ui.LayoutView) -> list[str | None]:
    return [item.label for item in layout.walk_children() if isinstance(item, Press)]


@pytest.mark.parametrize("why", list(ReviewCause))
@pytest.mark.parametrize("outcome", [None, *Decision])
def test_a_panel_fits_into_a_message_whatever_is_in_it(why: ReviewCause, outcome: Decision | None) -> None:
    run = done(a_run(NASTY), result=Result(prompt_used=NASTY + "!", num_outputs=4))
    review = a_review(run, why=why, detail=NASTY, outcome=outcome, decided_by=5, decided_at=NOW, reason=NASTY)
    shown = panel(run, review, [(f"SPOILER_{n}.png", "x") for n in range(4)])
    assert length(texts(shown)) <= discord_limits.LAYOUT_TEXT
    assert bool(labels(shown)) is (outcome is None)
    gallery = next(item for item in shown.walk_children() if isinstance(item, ui.MediaGallery))
    assert all(item.spoiler for item in gallery.items)


def test_a_report_is_kept_or_removed() -> None:
    run = done(a_run())
    review = a_review(run, why=ReviewCause.REPORTED, detail="mean")
    assert labels(panel(run, review, [])) == ["Keep", "Remove…", "Stop this person…"]
    assert "A member reported it: mean" in texts(panel(run, review, []))
    kept = replace(review, outcome=Decision.APPROVED, decided_by=5, decided_at=NOW)
    assert review_texts.decided(kept, run).startswith("Kept by <@5> ")
    own = replace(kept, decided_by=run.user_id)
    assert "about their own picture" in review_texts.decided(own, run)


@pytest.mark.parametrize(
    ("delivery", "outcome", "words"),
    [
        (Delivery.PENDING, Decision.APPROVED, "Updating the card"),
        (Delivery.SHOWN, Decision.APPROVED, "The pictures are shown."),
        (Delivery.WITHHELD, Decision.APPROVED, "does not show such pictures any more"),
        (Delivery.UNDELIVERABLE, Decision.APPROVED, "nothing was posted. Who asked for it finds it with /history."),
        (Delivery.UNDELIVERABLE, Decision.REJECTED, "nothing was posted."),
        (Delivery.STILL_VISIBLE, Decision.REJECTED, "it is still visible: [to the card]"),
        (Delivery.STILL_VISIBLE, Decision.REJECTED, "let me view the channel and its history and press Remove again"),
        (Delivery.WITHHELD, Decision.REJECTED, "The person was told"),
    ],
)
def test_what_became_of_a_decision(delivery: Delivery, outcome: Decision, words: str) -> None:
    run = done(a_run(), delivery=delivery)
    assert words in review_texts.result(run, a_review(run, outcome=outcome))


def test_what_still_stands_is_said_to_moderators_and_may_be_removed_again() -> None:
    run = done(a_run(), delivery=Delivery.STILL_VISIBLE)
    review = a_review(run, why=ReviewCause.REPORTED)
    shown = panel(run, review, [])
    assert labels(shown) == ["Keep", "Remove…", "Stop this person…"]
    assert "it is still visible" in texts(shown)
    removed = replace(review, outcome=Decision.REJECTED, decided_by=5, decided_at=NOW)
    assert labels(panel(run, removed, [])) == ["Remove again"]
    assert labels(panel(replace(run, delivery=Delivery.WITHHELD), removed, [])) == []
    for one in (review, removed):
        assert "it is still visible" in review_texts.log_visible(run, one)
    assert "no longer visible" in review_texts.log_visible(replace(run, delivery=Delivery.HELD), review)


@pytest.mark.parametrize("why", list(ReviewCause))
@pytest.mark.parametrize("asked", [True, False])
def test_a_held_card_is_kind_and_shows_nothing(why: ReviewCause, asked: bool) -> None:
    run = done(a_run("a secret fox"))
    hidden = texts(cards.final(run, Held(why, asked=asked, hide_prompt=True)))
    assert "secret" not in hidden
    assert card_texts.PROMPT_HIDDEN in hidden
    covered = texts(cards.final(run, Held(why, asked=asked)))
    assert "||**a secret fox**||" in covered
    assert covered.startswith("||**a secret fox**||")
    assert "¢" not in covered


@pytest.mark.parametrize("ending", [Rejected("too *spooky*."), Rejected(None), Rejected(None, by_rule=True)])
def test_a_rejected_card_says_why_kindly(ending: Rejected) -> None:
    said = texts(cards.final(done(a_run()), ending))
    assert said.startswith("||**a red fox in snow**||")
    assert "You are welcome to" in said
    assert ("The reason: too \\*spooky\\*." in said) is (ending.reason is not None)
    assert ("in time" in said) is ending.by_rule


def test_a_prompt_is_hidden_where_runflow_ended_a_run_for_its_content() -> None:
    said = texts(cards.final(a_run("a secret fox"), Ended(hide_prompt=True)))
    assert "secret" not in said


def test_black_pictures_and_approvals_are_said() -> None:
    notes = card_texts.notes(done(a_run()), Pictures(pictures(4), black=(1,), approved=True))
    assert any("Picture 2 is black all over" in note for note in notes)
    assert "A moderator approved this." in notes


def test_the_form_offers_the_servers_reasons_or_own_words() -> None:
    reasons = tuple(f"{n} " + "x" * (REASON_MOST - 3) for n in range(REASONS_MOST))
    form = reject_form("f" * 32, reasons).to_dict()
    assert form["custom_id"] == "reject:" + "f" * 32
    select, words = (part["component"] for part in form["components"])
    assert len(select["options"]) == REASONS_MOST
    assert words["required"] is False
    assert [part["component"]["required"] for part in reject_form("f" * 32, ()).to_dict()["components"]] == [True]


@pytest.mark.parametrize(
    ("change", "words", "after"),
    [("add", "b", ("a", "b")), ("remove", "A", ())],
)
def test_reasons_are_added_and_removed(change: str, words: str, after: tuple[str, ...]) -> None:
    assert changed(("a",), change, words) == after


@pytest.mark.parametrize(
    ("reasons", "change", "words"),
    [
        ((), "add", ""),
        (("a",), "add", "A"),
        (("a",), "remove", "b"),
        ((), "add", "x" * (REASON_MOST + 1)),
        (tuple(map(str, range(REASONS_MOST))), "add", "x"),
    ],
)
def test_a_change_of_reasons_that_makes_no_sense_is_refused(reasons: tuple[str, ...], change: str, words: str) -> None:
    with pytest.raises(UserError):
        changed(reasons, change, words)


def facing(open_: Opened, *, ready: bool = True) -> DiscordReviewChannel:
    face = DiscordReviewChannel(SandboxClock())
    face.attach(open_.client)
    if ready:
        open_.become_ready()
        open_.hand_in("GUILD_CREATE", guild(nsfw=False))
    open_.discord.calls.clear()
    return face


async def test_moderators_are_asked_in_one_message_with_alt_text_and_no_mentions() -> None:
    async with opened() as open_:
        face = facing(open_)
        run = done(a_run("a red fox"))
        asked = await face.ask(run, a_review(run), pictures(2), CHANNEL_ID)
        assert asked == Asked(CHANNEL_ID, MESSAGE_ID)
        (call,) = open_.discord.calls
        assert call.path == f"/channels/{CHANNEL_ID}/messages"
        assert [one["description"] for one in call.body["attachments"]] == [
            "Picture 1 of 4: a red fox",
            "Picture 2 of 4: a red fox",
        ]
        assert all(name.startswith("SPOILER_") for name in call.files)
        assert call.body["allowed_mentions"] == {"parse": []}
        assert (call.body["enforce_nonce"], len(call.body["nonce"]) <= 25) == (True, True)


@pytest.mark.parametrize(
    ("status", "code", "obstacle"),
    [
        (403, 50001, Obstacle.FORBIDDEN),
        (403, 50013, Obstacle.FORBIDDEN),
        (404, 10003, Obstacle.NO_CHANNEL),
        (413, 0, Obstacle.TOO_LARGE),
        (429, 0, Obstacle.LATER),
    ],
)
async def test_what_keeps_moderators_from_being_asked(status: int, code: int, obstacle: Obstacle) -> None:
    async with opened() as open_:
        face = facing(open_)
        open_.discord.refuse = lambda _: (status, {"message": "no", "code": code})
        run = done(a_run())
        assert await face.ask(run, a_review(run), pictures(1), CHANNEL_ID) is obstacle


async def test_what_is_known_without_asking() -> None:
    lonely = DiscordReviewChannel(SandboxClock())
    assert lonely.obstacle(GUILD_ID, None) is Obstacle.NO_CHANNEL
    assert lonely.obstacle(GUILD_ID, CHANNEL_ID) is Obstacle.LATER
    run = done(a_run(place=Place(GUILD_ID, CHANNEL_ID)))
    assert await lonely.ask(run, a_review(run), pictures(1), CHANNEL_ID) is Obstacle.LATER
    assert await lonely.refresh(run, a_review(run, channel_id=1, message_id=2)) is EditResult.LATER
    async with opened() as open_:
        assert facing(open_).obstacle(5, CHANNEL_ID) is Obstacle.FORBIDDEN


async def test_no_picture_is_brought_to_a_channel_that_everybody_sees() -> None:
    async with opened() as open_:
        view = facing(open_)
        seen = guild(nsfw=False)
        seen["roles"] = [{**seen["roles"][0], "permissions": str(1 << 10)}]  # View Channel
        open_.hand_in("GUILD_CREATE", seen)
        assert view.obstacle(GUILD_ID, CHANNEL_ID) is Obstacle.PUBLIC


async def test_what_became_public_during_the_upload_is_taken_back() -> None:
    async with opened() as open_:
        view = facing(open_)
        run = done(a_run())

        def open_to_all(call: Call) -> None:
            if call.method == "POST":
                seen = guild(nsfw=False)
                seen["roles"] = [{**seen["roles"][0], "permissions": str(1 << 10)}]
                open_.hand_in("GUILD_CREATE", seen)

        open_.discord.refuse = open_to_all
        assert await view.ask(run, a_review(run), pictures(1), CHANNEL_ID) is Obstacle.PUBLIC
        assert [call.method for call in open_.discord.calls] == ["POST", "DELETE"]


@pytest.mark.parametrize(("code", "stands"), [(10008, False), (10003, False), (50001, True)])
async def test_whether_a_message_still_stands(code: int, stands: bool) -> None:
    async with opened() as open_:
        face = facing(open_)
        assert await face.stands(CHANNEL_ID, MESSAGE_ID)
        open_.discord.refuse = lambda _: (404, {"message": "no", "code": code})
        assert await face.stands(CHANNEL_ID, MESSAGE_ID) is stands


@pytest.mark.parametrize("takes", [True, False])
async def test_without_a_log_channel_the_owner_is_told_once_a_day(takes: bool) -> None:
    async with opened() as open_:
        view, run = facing(open_), done(a_run())
        open_.hand_in("GUILD_CREATE", guild(nsfw=False) | {"owner_id": "77"})
        if not takes:
            open_.discord.refuse = lambda call: (403, {"code": 50007}) if "/channels" in call.path else None
        for _ in range(3):
            assert await view.tell_obstacle(None, a_review(run), Obstacle.NO_CHANNEL) is takes
        (written, *more) = open_.discord.calls
        assert (written.path, len(more)) == ("/users/@me/channels", 1 if takes else 0)
        if takes:
            assert "no moderation channel" in more[0].body["content"]
