"""What moderators and admins read of reviews: pure functions of frozen values."""

from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.review.service import REASON_MOST
from bot.runs.review.visibility import changed_prompt
from bot.runs.run import Delivery, Removal, ReviewCause, Run
from cogs.ui.card_texts import relative
from cogs.ui.markdown import link, literal

PROMPT_LIMIT = 1500
USED_LIMIT = 500
DETAIL_LIMIT = 300
NAME_LIMIT = 80


EVERYONE_SEES = (
    "Everyone in this server can see <#{channel}>, and with it pictures that nobody has checked. Choose a channel that "
    "only moderators see. Nothing was changed."
)
TURN_OFF = "To ask them elsewhere, name a channel. Stop asking? Pictures that need a moderator then stay hidden."
TURNED_OFF = "Moderators are no longer asked. Pictures that need one stay hidden until you set this again."
NO_AGE_MARK = "That channel is not age-restricted, though flagged pictures will stand there. Better mark it."

PRESS_AGAIN = "Remove again"
"""The button under a picture that was removed and still stands."""

_WHY = {
    ReviewCause.FLAGGED: "Runflow's safety check flagged it as not safe for work",
    ReviewCause.UNCHECKED: "Nobody checked it for adult content",
    ReviewCause.BLACK: "A picture is black all over, as providers leave what they do not want to show",
    ReviewCause.EVERYTHING: "In this channel, a moderator approves every picture",
    ReviewCause.RULE: "The prompt met a rule of this server",
    ReviewCause.PROMPT_USED: "The prompt that Runflow says it used met a rule of this server",
    ReviewCause.REPORTED: "A member reported it",
    ReviewCause.SOURCE: "A picture it was made from was flagged, not checked, or waits for a moderator itself",
}


def why(review: Review) -> str:
    """Why the pictures wait, with the rule's reason or the words of the report."""
    detail = literal(review.detail or "", DETAIL_LIMIT)
    return f"{_WHY[review.why]}: {detail}" if detail else f"{_WHY[review.why]}."


def where(run: Run) -> str:
    """Where a run was asked for, with a link to its card where that is known."""
    if run.reply.message_id is None:
        return f"<#{run.place.channel_id}>"
    return f"<#{run.place.channel_id}> · {card_link(run)}"


def card_link(run: Run) -> str:
    """A link to a card that is known."""
    return f"[to the card]({link(run.place.guild_id, run.place.channel_id, run.reply.message_id or 0)})"


def prompts(run: Run) -> str:
    """The prompt, and the one that Runflow used where that is another."""
    lines = [f"**Prompt:** {literal(run.prompt, PROMPT_LIMIT) or '(empty)'}"]
    if used := changed_prompt(run):
        lines.append(f"**Runflow drew:** {literal(used, USED_LIMIT)}")
    return "\n".join(lines)


def decided(review: Review, run: Run) -> str:
    """What was decided, by whom and when; that it was about their own picture is said."""
    yes, no = ("Kept", "Removed") if review.why is ReviewCause.REPORTED else ("Approved", "Rejected")
    verb = {Decision.APPROVED: yes, Decision.REMOVED: "Removed"}.get(review.outcome or Decision.REJECTED, no)
    is_own = review.decided_by == run.user_id
    own = "" if not is_own else ", who made it" if review.outcome is Decision.REMOVED else ", about their own picture"
    by = f"by <@{review.decided_by}>{own}" if review.decided_by else "by the channel's rule: nobody decided in time"
    when = f" {relative(review.decided_at)}" if review.decided_at else ""
    reason = f"\nReason: {literal(review.reason, REASON_MOST)}" if review.reason else ""
    return f"{verb} {by}{when}.{reason}"


def already(review: Review, run: Run) -> str:
    """To the moderator who was second."""
    return f"This was decided already. {decided(review, run)}\nNothing was changed."


def result(run: Run, review: Review) -> str:
    """What became of a decision."""
    if run.delivery is Delivery.PENDING:
        return "Updating the card…"
    if run.delivery is Delivery.STILL_VISIBLE:
        return still_visible(run, press=PRESS_AGAIN)
    if run.removal is not None:
        return _removed(run, run.removal, review)
    if run.delivery is Delivery.UNDELIVERABLE:
        seen = " Who asked for it finds it with /history." if review.outcome is Decision.APPROVED else ""
        return f"The card is gone, or the bot may not write there any more: nothing was posted.{seen}"
    return _approved(run) if review.outcome is Decision.APPROVED else "The person was told in the card."


def _removed(run: Run, removal: Removal, review: Review) -> str:
    """That the pictures are gone; where something else was decided before, also by whom they were removed since."""
    gone = "The card is gone, or out of reach" if run.delivery is Delivery.UNDELIVERABLE else "The card says so"
    since = ""
    if review.outcome is Decision.APPROVED:
        by = f"<@{removal.by}>"
        since = f"Removed since by {by}{', who made it' if removal.by == run.user_id else ''}. "
    return f"{since}{gone}; the pictures are not shown again."


def _approved(run: Run) -> str:
    if run.delivery is not Delivery.SHOWN:
        return "The channel does not show such pictures any more: they were not shown."
    if run.reason is None:
        return "The pictures are shown."
    return "The pictures could not be shown any more: Runflow no longer has them. The card says so."


def still_visible(run: Run, *, press: str = "") -> str:
    """That pictures which are to go still stand, and what helps. `press`: what moderators can press then."""
    there = "" if run.reply.message_id is None else f": {card_link(run)}"
    also = f" and press {press}" if press else ""
    return (
        f"**I could not take it away; it is still visible{there}.** Delete it by hand, or let me view the channel "
        f"and its history{also}. I keep trying."
    )


def obstacle(found: Obstacle, channel_id: int | None) -> str:
    """What keeps moderators from being asked, and what mends it."""
    channel = f"<#{channel_id}>" if channel_id else "the moderation channel"
    match found:
        case Obstacle.NO_CHANNEL:
            return "This server has no moderation channel. Choose one with /review channel."
        case Obstacle.PUBLIC:
            return (
                f"Everybody in this server can see {channel}, so no picture is brought there. "
                "Hide it from @everyone, or choose another with /review channel."
            )
        case Obstacle.FORBIDDEN:
            return (
                f"The bot may not post in {channel}. Let it view the channel and its history, send messages "
                "and attach files there, or choose another with /review channel."
            )
        case Obstacle.PICTURES | Obstacle.TOO_LARGE:
            return "The pictures could not be brought to the moderation channel. The bot tries again by itself."
        case Obstacle.LATER:
            return "Discord does not take messages just now. The bot tries again by itself."


def told_obstacle(found: Obstacle) -> str:
    """To admins, in their log channel."""
    return f"A picture waits for a moderator, but nobody could be asked. {obstacle(found, None)}"


def to_owner(server: str, words: str) -> str:
    """To the owner of a server that has no log channel, in a direct message."""
    return f"About {literal(server, NAME_LIMIT)}: {words}\n-# /settings log-channel has this told in a channel instead."


def log_decision(run: Run, review: Review) -> str:
    """A line in the log channel."""
    words = f"{decided(review, run)} {result(run, review)}"
    return f"Review of a picture by <@{run.user_id}> in <#{run.place.channel_id}>: {words}"


def log_visible(run: Run, review: Review | None) -> str:
    """A line in the log channel: pictures that are to go still stand, or are gone at last."""
    of = f"A picture by <@{run.user_id}> in <#{run.place.channel_id}>"
    if run.delivery is not Delivery.STILL_VISIBLE:
        return f"{of} that could not be taken away is no longer visible."
    is_decided = review is not None and review.outcome is not None
    return f"{of} is to be hidden. {still_visible(run, press=PRESS_AGAIN if is_decided else '')}"


def log_visible_for_everybody(run: Run, review: Review | None) -> str:
    """The same line where everybody can see the log channel: no way to pictures that still stand and are to go."""
    if run.delivery is not Delivery.STILL_VISIBLE:
        return log_visible(run, review)
    of = f"A picture by <@{run.user_id}> is to be hidden, and could not be taken away. I keep trying."
    return f"{of} Everybody can see this channel, so where it stands is not shown here."


def log_rule(run: Run, words: str) -> str:
    """A line in the log channel for a prompt that met a rule."""
    prompt, rule = literal(run.prompt, USED_LIMIT), literal(words, DETAIL_LIMIT)
    return f"A prompt by <@{run.user_id}> in <#{run.place.channel_id}> met a rule ({rule}): {prompt}"


def log_rule_for_everybody(run: Run) -> str:
    """The same line where everybody can see the log channel: without the prompt, and without the rule."""
    met = f"A prompt by <@{run.user_id}> in <#{run.place.channel_id}> met a rule."
    return f"{met} Everybody can see this channel, so neither is shown here."
