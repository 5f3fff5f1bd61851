"""/sanction, and “Stop this person” from the menu of a person, of a card, or under a picture that waits."""

import discord
import structlog
from discord import app_commands, ui

from bot.custom_ids import number, run_id
from bot.errors import Unavailable, UserError
from bot.guilds.permissions import guild_of, need_not_own
from bot.moderation.sanctions import SanctionKind
from bot.moderation.sanctions_service import REASON_MOST
from bot.services import AdminAction, Guilds, Reviews, Runs, Sanctions
from cogs import Host
from cogs.conduct import texts
from cogs.conduct.targets import need_a_person, need_below
from cogs.ui.actions import Form, Values, open_form
from cogs.ui.arguments import PersonId, Whole, Words
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import plain
from cogs.ui.replies import answer, answer_anew, wait_a_moment
from cogs.ui.telling import tell_person

_log = structlog.get_logger(__name__)

MENU = "Stop this person"
PRESS = "person_stop"  # under a picture that waits; its subject is the run
_FORM = "stop"
_WORDS = "words"
_HOUR_S = 3600
_HOURS_MOST = 24 * 365

Someone = app_commands.Transform[int, PersonId]
Reason = app_commands.Transform[str, Words(REASON_MOST)]

_NOT_OURS = "This is no card of the bot's, so there is nobody to stop. Use the person's own menu, or /sanction stop."


class SanctionActions:
    """Acts about people, whichever way they are asked for."""

    def __init__(self, *, sanctions: Sanctions, guild_settings: Guilds, runs: Runs, reviews: Reviews) -> None:
        self._sanctions, self._guild_settings, self._runs, self._reviews = sanctions, guild_settings, runs, reviews

    async def act(
        self,
        interaction: discord.Interaction,
        user_id: int,
        kind: SanctionKind,
        reason: str,
        length_s: int | None = None,
    ) -> None:
        """Do it, answer, tell the person where they take messages, and leave a line in the log channel."""
        guild_id = guild_of(interaction)
        need_a_person(interaction, user_id)
        words = plain(reason)
        if not words or len(words) > REASON_MOST:
            raise UserError(texts.REASON_WANTED)
        await self._need_may(interaction, user_id, kind)
        act = AdminAction(guild_id, interaction.user.id)
        done = await self._sanctions.sanction(act, user_id, kind, words, length_s=length_s)
        taken = None if done.allowed else await self._take_back(act, user_id)
        settings = await self._guild_settings.settings_of(guild_id)
        line = texts.log_line(act.actor_id, user_id, kind, words, done, taken=taken)
        tell_admins(interaction.client, settings.log_channel_id, line)
        await answer(interaction, texts.to_moderator(user_id, kind, done, taken=taken))
        heard = settings.review_channel_id is not None
        to_them = texts.to_person(kind, words, done, _name(interaction), appeals_are_heard=heard)
        told = await tell_person(interaction.client, self._sanctions, guild_id, user_id, to_them)
        await answer_anew(interaction, texts.to_moderator(user_id, kind, done, taken=taken, told=told))

    async def _need_may(self, interaction: discord.Interaction, user_id: int, kind: SanctionKind) -> None:
        """Raises UserError for acts about oneself and about people above. What holds may be lifted for anybody else."""
        if kind is SanctionKind.LIFT:
            need_not_own(interaction, interaction.user.id, user_id)
        else:
            await wait_a_moment(interaction)  # who that is must be asked of Discord
            await need_below(interaction, self._sanctions, user_id)

    async def _take_back(self, act: AdminAction, user_id: int) -> int | None:
        """Take what waits out of the queue; how many those were, None where that could not be done just now."""
        try:
            return await self._runs.leave_all(user_id, act)
        except Unavailable as error:
            _log.warning("requests of a stopped person were left in the queue", user=user_id, why=str(error))
            return None

    async def stop_person(self, interaction: discord.Interaction, person: discord.Member | discord.User) -> None:
        """Ask why this person is to be stopped; the form's answer stops them."""
        await self._ask(interaction, person.id)

    async def stop_behind(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """From the menu of a card: whoever asked for it."""
        guild_id = guild_of(interaction)
        run = await self._runs.by_message(message.id)
        if run is None or run.place.guild_id != guild_id:
            raise UserError(_NOT_OURS)
        await self._ask(interaction, run.user_id)

    async def stop_reviewed(self, interaction: discord.Interaction, run_id: str) -> None:
        """Ask why the person is to be stopped who asked for a picture that waits."""
        await self._ask(interaction, (await self._reviews.find(guild_of(interaction), run_id)).run.user_id)

    async def _ask(self, interaction: discord.Interaction, user_id: int) -> None:
        """Ask why: the person will read it."""
        need_a_person(interaction, user_id)
        form = Form(_FORM, str(user_id), title=MENU)
        words: ui.TextInput[Form] = ui.TextInput(
            custom_id=_WORDS, style=discord.TextStyle.paragraph, max_length=REASON_MOST
        )
        description = "They cannot ask for pictures here until a moderator lifts it, and will read this."
        form.add_item(ui.Label(text="Reason", description=description, component=words))
        await open_form(interaction, form)

    async def stop_asked(self, interaction: discord.Interaction, user_id: int, values: Values) -> None:
        """The form's answer. Its subject can be forged: what it may do is what /sanction stop may do."""
        await self.act(interaction, user_id, SanctionKind.STOP, values.get(_WORDS, ""))


def _name(interaction: discord.Interaction) -> str:
    return interaction.guild.name if interaction.guild else "the server"


class SanctionCommands(app_commands.Group):
    """/sanction: strikes, pauses, stops, and lifting them; a thing is done as `SanctionActions.act` does it."""

    def __init__(self, actions: SanctionActions) -> None:
        super().__init__(
            name="sanction",
            description="Strikes, pauses and stops for people who misuse the bot",
        )
        self._actions = actions

    @app_commands.command(name="strike", description="A strike: it fades with time; several pause or stop somebody")
    @app_commands.describe(person="Who", reason="Why; the person reads it")
    async def strike(self, interaction: discord.Interaction, person: Someone, reason: Reason) -> None:
        """Give a strike, which may bring a pause or a stop with it."""
        await self._actions.act(interaction, person, SanctionKind.STRIKE, reason)

    @app_commands.command(name="pause", description="No pictures for some time")
    @app_commands.describe(person="Who", reason="Why; the person reads it", hours="For how long; a day, when left out")
    async def pause(
        self,
        interaction: discord.Interaction,
        person: Someone,
        reason: Reason,
        hours: app_commands.Transform[int, Whole("hours", 1, _HOURS_MOST)] | None = None,
    ) -> None:
        """Pause somebody for `hours`; the service's usual length where none is given."""
        length_s = None if hours is None else hours * _HOUR_S
        await self._actions.act(interaction, person, SanctionKind.PAUSE, reason, length_s)

    @app_commands.command(name="stop", description="No pictures until a moderator lifts it")
    @app_commands.describe(person="Who", reason="Why; the person reads it")
    async def stop(self, interaction: discord.Interaction, person: Someone, reason: Reason) -> None:
        """Stop somebody until a moderator lifts it."""
        await self._actions.act(interaction, person, SanctionKind.STOP, reason)

    @app_commands.command(name="lift", description="End pauses and stops, and forget the strikes so far")
    @app_commands.describe(person="Who", reason="Why; the person reads it")
    async def lift(self, interaction: discord.Interaction, person: Someone, reason: Reason) -> None:
        """End pauses and stops, and forget the strikes so far."""
        await self._actions.act(interaction, person, SanctionKind.LIFT, reason)


def menus(actions: SanctionActions) -> tuple[app_commands.ContextMenu, app_commands.ContextMenu]:
    """The commands in the menus of a person and of a message."""
    return (
        app_commands.ContextMenu(name=MENU, callback=actions.stop_person),
        app_commands.ContextMenu(name=MENU, callback=actions.stop_behind),
    )


async def setup(host: Host) -> None:
    """Add /sanction and the menus' commands, and answer the button and the form."""
    services = host.services
    actions = SanctionActions(
        sanctions=services.sanctions,
        guild_settings=services.guild_settings,
        runs=services.runs,
        reviews=services.reviews,
    )
    host.router.on_press(PRESS, run_id, actions.stop_reviewed)
    host.router.on_form(_FORM, number, actions.stop_asked, hint="There is no such person. Nothing was changed.")
    host.tree.add_command(SanctionCommands(actions))
    for menu in menus(actions):
        host.tree.add_command(menu)
