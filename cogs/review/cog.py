"""Moderators' decisions about pictures that wait for them, and /review, which sets up and watches over that."""

import discord
import structlog
from discord import app_commands, ui

from bot.custom_ids import number, run_id
from bot.errors import UserError
from bot.guilds.permissions import PERMISSIONS, guild_of, need_not_own, need_there
from bot.guilds.settings import REASON_MOST as LISTED_REASON_MOST
from bot.guilds.settings import REASONS_MOST as LISTED_REASONS_MOST
from bot.runs.review.review import Obstacle, Review
from bot.runs.review.service import REASON_MOST, Decided
from bot.services import AdminAction, Guilds, Reviews
from cogs import Host
from cogs.review import texts as review_texts
from cogs.review.panel import APPROVE, OFF, REJECT, may_remove_again, names_on, panel
from cogs.ui.actions import Form, Press, Values, open_form
from cogs.ui.arguments import WRITABLE, ChannelId, OneOf, Words
from cogs.ui.card_texts import relative
from cogs.ui.context import everyone_sees, is_age_restricted
from cogs.ui.discord_errors import Refused, tried
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import cut, link, listed, literal, plain
from cogs.ui.replies import answer, answer_with, wait_a_moment

_log = structlog.get_logger(__name__)


_NO_MENTIONS = discord.AllowedMentions.none()


class Decisions:
    """Answers the buttons under pictures that wait."""

    def __init__(self, *, reviews: Reviews, guild_settings: Guilds) -> None:
        self._reviews, self._guild_settings = reviews, guild_settings

    async def approve(self, interaction: discord.Interaction, run_id: str) -> None:
        """Show the pictures to everybody. Raises UserError for a review that is not this server's."""
        guild_id = guild_of(interaction)
        await self._find(interaction, run_id)
        decided = await self._reviews.approve(AdminAction(guild_id, interaction.user.id), run_id)
        await self._show(interaction, decided)

    async def ask_why(self, interaction: discord.Interaction, run_id: str) -> None:
        """Ask for the reason of a rejection, unless somebody decided already."""
        guild_id = guild_of(interaction)
        known = await self._find(interaction, run_id)
        if may_remove_again(known.run, known.review):
            await wait_a_moment(interaction)
            tried = await self._reviews.after_hiding(guild_id, run_id)
            await answer(interaction, review_texts.result(tried.run, tried.review))
            return
        if not known.first:
            await answer(interaction, review_texts.already(known.review, known.run))
            return
        settings = await self._guild_settings.settings_of(guild_id)
        await open_form(interaction, reject_form(run_id, settings.reasons))

    async def reject(self, interaction: discord.Interaction, run_id: str, values: Values) -> None:
        """Reject, with the reason that was chosen or written."""
        guild_id = guild_of(interaction)
        await self._find(interaction, run_id)
        own, chosen = plain(values.get("words", "")), values.get("reason", "")
        settings = await self._guild_settings.settings_of(guild_id)
        listed = {str(number): each for number, each in enumerate(settings.reasons)}
        reason = own or listed.get(chosen)
        if not reason:
            raise UserError("Please choose a reason or write one: the person will read it. Nothing was changed.")
        decided = await self._reviews.reject(AdminAction(guild_id, interaction.user.id), run_id, reason)
        await self._show(interaction, decided)

    async def _find(self, interaction: discord.Interaction, run_id: str) -> Decided:
        """The review, where whoever presses may decide it: of this server or channel, and not about themselves.

        Raises UserError. The press may come from anywhere: it can be forged.
        """
        known = await self._reviews.find(guild_of(interaction), run_id)
        rule = PERMISSIONS.buttons[APPROVE]
        need_there(interaction, rule, known.run.place.channel_id, known.review.channel_id)
        need_not_own(interaction, interaction.user.id, known.run.user_id)
        return known

    async def _show(self, interaction: discord.Interaction, decided: Decided) -> None:
        """Let the moderators' message say it at once; what became of it follows when the card has its form."""
        if not decided.first:
            await answer(interaction, review_texts.already(decided.review, decided.run))
            return
        message = interaction.message
        if message is None or message.id != decided.review.message_id:
            await answer(interaction, review_texts.decided(decided.review, decided.run))
            return
        view = panel(decided.run, decided.review, names_on(message))
        edited = await tried(interaction.response.edit_message(view=view, allowed_mentions=_NO_MENTIONS))
        if isinstance(edited, Refused):
            # It is decided, whatever becomes of the message: perhaps somebody deleted it just now.
            _log.info("the moderators' message could not be changed", run=decided.run.id, why=edited.why)
            await answer(interaction, review_texts.decided(decided.review, decided.run))


def reject_form(run_id: str, reasons: tuple[str, ...]) -> Form:
    """The form that asks for a reason: one of the server's, or one's own words."""
    form = Form(REJECT, run_id, title="Why not?")
    if reasons:
        options = [
            discord.SelectOption(label=cut(plain(reason), LISTED_REASON_MOST), value=str(number))
            for number, reason in enumerate(reasons)
        ]
        select: ui.Select[Form] = ui.Select(custom_id="reason", options=options, required=False, min_values=0)
        form.add_item(ui.Label(text="Reason", description="The person will read it.", component=select))
    words: ui.TextInput[Form] = ui.TextInput(
        custom_id="words", style=discord.TextStyle.paragraph, max_length=REASON_MOST, required=not reasons
    )
    label = "Or in your own words" if reasons else "Reason"
    form.add_item(ui.Label(text=label, description="The person will read this; please be kind.", component=words))
    return form


class ReviewCommands(app_commands.Group):
    """/review: where moderators are asked, the reasons they pick from, and what waits for them."""

    def __init__(self, *, reviews: Reviews, guild_settings: Guilds) -> None:
        super().__init__(
            name="review",
            description="Pictures that wait for a moderator",
        )
        self._reviews, self._guild_settings = reviews, guild_settings

    @app_commands.command(name="channel", description="Where moderators are asked about pictures")
    @app_commands.describe(channel="A channel that only moderators can see; leave it out to see which it is")
    async def channel(
        self, interaction: discord.Interaction, channel: app_commands.Transform[int, ChannelId(WRITABLE)] | None = None
    ) -> None:
        """Set the moderation channel, or show which it is. Raises UserError for one the bot cannot use."""
        guild_id = guild_of(interaction)
        if channel is None:
            await self._show_channel(interaction, guild_id)
            return
        act = AdminAction(guild_id, interaction.user.id)
        found = interaction.guild.get_channel_or_thread(channel) if interaction.guild else None
        if found is None:
            raise UserError("The bot cannot see that channel here. Let it view the channel, or choose another.")
        if everyone_sees(found):
            raise UserError(review_texts.EVERYONE_SEES.format(channel=channel))
        await wait_a_moment(interaction)
        await self._guild_settings.set_review_channel(act, channel)
        await self._reviews.retry(guild_id)
        lines = [f"Moderators are asked in <#{channel}> from now on."]
        if (obstacle := (await self._reviews.status(guild_id)).obstacle) is not None:
            lines.append(review_texts.obstacle(obstacle, channel))
        if not is_age_restricted(found):
            lines.append(review_texts.NO_AGE_MARK)
        await answer(interaction, "\n".join(lines))
        await self._log(interaction, guild_id, f"chose <#{channel}> for asking moderators about pictures.")

    async def _show_channel(self, interaction: discord.Interaction, guild_id: int) -> None:
        """Say where moderators are asked. Only looking changes nothing: ending it is a press of its own."""
        status = await self._reviews.status(guild_id)
        if status.channel_id is None:
            await answer(interaction, review_texts.obstacle(Obstacle.NO_CHANNEL, None))
            return
        trouble = "" if status.obstacle is None else review_texts.obstacle(status.obstacle, status.channel_id)
        said = f"Moderators are asked in <#{status.channel_id}>. {trouble}".rstrip()
        button = Press(OFF, str(guild_id), label="Stop asking moderators", style=discord.ButtonStyle.danger)
        await answer_with(interaction, f"{said}\n{review_texts.TURN_OFF}", button)

    async def turn_off(self, interaction: discord.Interaction, _guild_id: int) -> None:
        """End asking moderators in the server where this is pressed, whatever the button names."""
        guild_id = guild_of(interaction)
        await self._guild_settings.set_review_channel(AdminAction(guild_id, interaction.user.id), None)
        await answer(interaction, review_texts.TURNED_OFF)
        await self._log(interaction, guild_id, "ended asking moderators about pictures.")

    @app_commands.command(name="reasons", description="The reasons that moderators can choose from")
    @app_commands.describe(change="Add one, take one away, or show them", reason="The words that the person will read")
    async def reasons(
        self,
        interaction: discord.Interaction,
        change: app_commands.Transform[
            str, OneOf("change", {"show": "show", "add": "add", "remove": "remove"})
        ] = "show",
        reason: app_commands.Transform[str, Words(LISTED_REASON_MOST)] | None = None,
    ) -> None:
        """Show the reasons that moderators pick from; add or remove one. Raises UserError as `changed`."""
        guild_id = guild_of(interaction)
        reasons = (await self._guild_settings.settings_of(guild_id)).reasons
        words = plain(reason or "")
        if change != "show":
            reasons = changed(reasons, change, words)
            await self._guild_settings.set_reasons(AdminAction(guild_id, interaction.user.id), reasons)
            did = "added" if change == "add" else "removed"
            await self._log(
                interaction, guild_id, f"{did} a reason for rejecting: {literal(words, LISTED_REASON_MOST * 2)}"
            )
        shown = "\n".join(f"{number}. {literal(each, LISTED_REASON_MOST)}" for number, each in enumerate(reasons, 1))
        head = "Moderators can choose from these, or write their own:" if reasons else "There are no reasons yet."
        await answer(interaction, f"{head}\n{shown or 'Add one with /review reasons change:add.'}")

    @app_commands.command(name="list", description="The pictures that wait for a decision")
    async def waiting(self, interaction: discord.Interaction) -> None:
        """List the pictures that wait, oldest first, with a way to each."""
        guild_id = guild_of(interaction)
        status = await self._reviews.status(guild_id)
        lines = [_line(guild_id, each) for each in status.waiting]
        await answer(interaction, listed(lines, "Nothing waits for a decision."))

    @app_commands.command(name="status", description="Whether moderators can be asked, and what to mend if not")
    async def status(self, interaction: discord.Interaction) -> None:
        """Say whether moderators can be asked, how many pictures wait, and what to mend."""
        guild_id = guild_of(interaction)
        status = await self._reviews.status(guild_id)
        asked = f"Moderators are asked in <#{status.channel_id}>." if status.channel_id else ""
        trouble = "" if status.obstacle is None else review_texts.obstacle(status.obstacle, status.channel_id)
        unasked = [each for each in status.waiting if each.message_id is None]
        count = len(status.waiting)
        lines = [asked if status.obstacle is None else trouble]
        lines.append("Nothing waits for a decision." if not count else f"{count} waiting; see /review list.")
        if unasked:
            others = {each.obstacle for each in unasked} - {None, status.obstacle}
            lines.append(f"{len(unasked)} of them could not be brought to moderators yet.")
            lines += [review_texts.obstacle(each, status.channel_id) for each in others if each]
        await answer(interaction, "\n".join(lines))

    @app_commands.command(
        name="retry", description="Ask moderators now about pictures that could not be brought to them"
    )
    async def retry(self, interaction: discord.Interaction) -> None:
        """Have the bot bring to moderators what it could not bring before. How it goes, /review status says."""
        guild_id = guild_of(interaction)
        await wait_a_moment(interaction)
        await self._reviews.retry(guild_id)
        await answer(interaction, "Trying again now. /review status tells how it went.")

    async def _log(self, interaction: discord.Interaction, guild_id: int, did: str) -> None:
        settings = await self._guild_settings.settings_of(guild_id)
        tell_admins(interaction.client, settings.log_channel_id, f"{interaction.user.mention} {did}")


def changed(reasons: tuple[str, ...], change: str, words: str) -> tuple[str, ...]:
    """The reasons after a change. Raises UserError for one that makes no sense."""
    if not words:
        raise UserError("Please say which reason: fill in the option `reason`.")
    if len(words) > LISTED_REASON_MOST:
        raise UserError(
            f"A reason has at most {LISTED_REASON_MOST} characters. Moderators can write longer ones themselves."
        )
    known = next((each for each in reasons if each.casefold() == words.casefold()), None)
    if change == "remove":
        if known is None:
            raise UserError("There is no such reason. /review reasons shows them.")
        return tuple(each for each in reasons if each != known)
    if known is not None:
        raise UserError("This reason is there already.")
    if len(reasons) >= LISTED_REASONS_MOST:
        raise UserError(f"There can be {LISTED_REASONS_MOST} reasons. Remove one first.")
    return (*reasons, words)


def _line(guild_id: int, review: Review) -> str:
    """A picture that waits: since when, why, and where it is decided."""
    if review.channel_id is None or review.message_id is None:
        return f"- {relative(review.opened_at)}: not brought to moderators yet. {review_texts.why(review)}"
    address = link(guild_id, review.channel_id, review.message_id)
    return f"- {relative(review.opened_at)}: [open]({address}). {review_texts.why(review)}"


async def setup(host: Host) -> None:
    """Add /review, and answer moderators' presses."""
    reviews, guild_settings = host.services.reviews, host.services.guild_settings
    decisions = Decisions(reviews=reviews, guild_settings=guild_settings)
    host.router.on_press(APPROVE, run_id, decisions.approve)
    host.router.on_press(REJECT, run_id, decisions.ask_why)
    host.router.on_form(REJECT, run_id, decisions.reject)
    commands = ReviewCommands(reviews=reviews, guild_settings=guild_settings)
    host.router.on_press(OFF, number, commands.turn_off)
    host.tree.add_command(commands)
