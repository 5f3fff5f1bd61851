"""The frozen record of services a cog may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.catalog.model import Model
from bot.catalog.registry import Registry
from bot.guilds.audit import AdminAction
from bot.guilds.protocols import Guilds
from bot.ledger.values import Explanation, Limit, Notice, Person, SpendReport, UsageReport
from bot.moderation.policy import Policy
from bot.moderation.protocols import Policies, PromptRules, Sanctions
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.money import MicroUsd
from bot.runs.card import Balance, FinalCard, InLine, Pictures
from bot.runs.drafts import Draft
from bot.runs.family import Cell, Family
from bot.runs.past import Page, Thumbnail, Viewing
from bot.runs.review.removing import Removed
from bot.runs.review.service import Decided, Reported, Status
from bot.runs.run import PictureRef, Place, Reply, Run
from bot.runs.saved import Mark, SavedPage


class Runs(Protocol):
    """What a cog may ask of the runs room."""

    async def accept(
        self,
        *,
        user_id: int,
        place: Place,
        reply: Reply,
        model: Model,
        options: Mapping[str, object],
        policy: Policy = Policy.BLOCK,
        rules: ChannelRules | None = None,
        where: ChannelContext | None = None,
        role_ids: tuple[int, ...] = (),
        parents: tuple[PictureRef, ...] = (),
        button: str | None = None,
        private: bool = False,
    ) -> Run:
        """Check the options, hold the dearest price and write the row: all or nothing. Nothing is sent yet.

        `where` is where it is asked for: what holds there is read with it; without it `rules` hold, or a bare policy.
        `role_ids` are the person's roles at this moment, `parents` the pictures it is made from, `button` the custom_id
        that was pressed for it; `private`: only its person sees its card.

        Raises OptionError, LimitError, or Unavailable; RepeatedPress for a press that has its
        run already, or of the same button by the same person within 3 s; UserError for a person or a prompt that the
        server does not let through, and where private use is switched off.
        """
        ...

    async def notices(self, run: Run) -> tuple[Notice, ...]:
        """What the person is to be told beside this run's card: limits of which this run used 80 % for the first time.

        Each is given once in a window, whatever is pressed; asking again for the same run gives the same. Raises
        Unavailable.
        """
        ...

    def position(self, run: Run) -> InLine | None:
        """Where a run that was just accepted waits in the queue; None where it may start at once."""
        ...

    async def leave(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> Run:
        """Take a run that waits in the bot's queue out of it and release its money; its card then ends by itself.

        Only for the one who asked, and for whoever moderates the channel `moderated_channel_id` (checked by the cog)
        where the run is from there. Raises UserError for anybody else and for a run that waits no more; Unavailable.
        """
        ...

    async def cancel(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> Run:
        """Wait no more for a run that has no end; its card then says so by itself, and what is billed is settled.

        For whom, and raises: as `leave`, for a run that has its end.
        """
        ...

    async def leave_all(self, user_id: int, act: AdminAction) -> int:
        """Take all that a person has waiting in a server out of the queue, as a moderator's act; how many those were.

        Raises Unavailable.
        """
        ...

    async def start(self, run: Run, message_id: int) -> None:
        """The card stands as `message_id`: submit the run and see it to its end, supervised, in the background."""
        ...

    async def abandon(self, run: Run) -> None:
        """The card could not be shown (nothing was sent to Runflow): end the run and release the money.

        Raises Unavailable where that happens later: the run then goes on where its card stands after all.
        """
        ...

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message; None for any other message."""
        ...

    async def balance(self, run: Run) -> Balance:
        """How many pictures like these the one who asked has left: for their eyes only. Raises Unavailable."""
        ...


class Drafts(Protocol):
    """Requests that were typed and refused, kept for a day for their author alone."""

    async def keep(
        self,
        user_id: int,
        model_id: str,
        options: Mapping[str, object],
        parents: tuple[PictureRef, ...] = (),
        *,
        card: str | None = None,
    ) -> Draft:
        """Keep a request; the draft. `card`: the run whose card it came from. Raises Unavailable."""
        ...

    async def find(self, user_id: int, draft_id: str) -> Draft:
        """A draft of this person's. Raises UserError where there is none (any more), and Unavailable."""
        ...


class History(Protocol):
    """What a cog may ask of runs that are over. Whether somebody may ask for another person's is checked by the cog."""

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10,
    ) -> Page:
        """A person's runs in a server (None: privately), newest first; the newest of all where neither end is given.

        `before` and `after` are ids of the interactions that asked for runs. Raises Unavailable.
        """
        ...

    async def find(self, run_id: str, guild_id: int | None) -> Run:
        """A run of this server (None: a private one). Raises UserError where there is none, and Unavailable."""
        ...

    async def pictures(self, run: Run, viewing: Viewing) -> Pictures:
        """The pictures of a run, fetched anew, as far as the rules of then and of now let them be seen there.

        Raises UserError with why there is nothing to show, and Unavailable where it may be tried again.
        """
        ...

    async def thumbnails(self, cells: Sequence[Cell], viewing: Viewing) -> tuple[Thumbnail, ...]:
        """The pictures of cells, fetched anew and small, as far as `pictures` would show each; in the same order.

        Never raises for one of them: its thumbnail says that it is missing. Raises UserError where the person's last
        fetch still goes on.
        """
        ...

    async def kept_back(self, run: Run) -> FinalCard | None:
        """How the pictures of a run are kept from view at this moment; None where they are not, or there are none.

        Why is the business of the one who asked alone. Raises Unavailable.
        """
        ...


class Saved(Protocol):
    """Pictures that people save for themselves. Whether somebody may see a run is checked by the cog."""

    async def toggle(self, user_id: int, run: Run, picture: int | None = None) -> bool:
        """Save one picture of a run (None: all), or take out what is saved; whether it is saved now.

        A second press right after the first changes nothing. Raises UserError where there is nothing to save, or too
        much is saved already, and Unavailable.
        """
        ...

    async def take_out(self, user_id: int, run_id: str) -> bool:
        """Take out all that somebody saved of a run; False where that is nothing. Raises Unavailable."""
        ...

    async def of_run(self, user_id: int, run_id: str) -> tuple[int, ...]:
        """Which pictures of a run somebody saved, from 0. Raises Unavailable."""
        ...

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: Mark | None = None,
        after: Mark | None = None,
        most: int = 10,
    ) -> SavedPage:
        """What somebody saved in a server (None: privately), newest first. Raises Unavailable."""
        ...


class Families(Protocol):
    """What a cog may ask of runs and where they come from. Whether somebody may see one is checked by the cog."""

    async def beginning(self, digits: str, guild_id: int | None) -> tuple[Run, ...]:
        """The runs of a server (None: private ones) whose ids begin with these 8 to 32 hex digits; ten at most."""
        ...

    async def family(self, run: Run) -> Family:
        """The family of a run, as far as it fits a sheet. Raises Unavailable."""
        ...

    async def made_from(self, run_id: str) -> int:
        """How many runs were made from pictures of this one, counted up to a hundred. Raises Unavailable."""
        ...


class Ledger(Protocol):
    """What a cog may ask of the ledger. Every method raises Unavailable when the database does not answer.

    Whether somebody may act as an admin is checked at the edge; every act leaves an audit row in its own transaction.
    """

    async def usage(self, person: Person) -> UsageReport:
        """What the person uses and has left here, limit by limit, and their last ten runs here."""
        ...

    async def explain(self, person: Person) -> Explanation:
        """Which limits hold for the person here and why, and which of theirs give way."""
        ...

    async def limits_of(self, guild_id: int) -> tuple[Limit, ...]:
        """Every limit that the server's admins set, those of deleted roles and channels too, in a fixed order."""
        ...

    async def set_limit(self, act: AdminAction, limit: Limit) -> Limit | None:
        """Set a limit of the server, in place of the one with the same subject, window and measure, which is given.

        Raises UserError for an amount out of range, and for what no admin may set (the bot's own limits, those of
        another server, runs at once in another window than `ever`).
        """
        ...

    async def remove_limit(self, act: AdminAction, limit: Limit) -> bool:
        """Remove the limit with this subject, window and measure, whatever its amount; False where there is none."""
        ...

    async def grant(self, act: AdminAction, person: Person, amount: MicroUsd, reason: str) -> UsageReport:
        """Raise what is left for the person in this server, in the windows of this moment, by `amount`.

        Money only; the server's and the channel's own limits stand. Gives what the person has then. Raises UserError
        for an amount that is not above zero or above $10,000, and for a reason of more than 500 characters.
        """
        ...

    async def spend(self, guild_id: int | None, since: datetime, until: datetime) -> SpendReport:
        """What was spent from the day of `since` until before that of `until`, by day and by person. None: privately.

        Raises UserError where `until` is not after `since`, or they are more than 366 days apart.
        """
        ...

    async def entries_csv(
        self, guild_id: int | None, since: datetime | None, until: datetime | None, *, most_bytes: int
    ) -> bytes | None:
        """The entries of a server (None: of all, and private ones) with since <= at < until, oldest first, as CSV.

        None where the file would be longer than `most_bytes`.
        """
        ...


class Reviews(Protocol):
    """What a cog may ask about pictures that wait for a moderator, always for one server."""

    async def find(self, guild_id: int, run_id: str) -> Decided:
        """A review as it stands. Raises UserError for one that is not this server's, or that nobody knows."""
        ...

    async def approve(self, act: AdminAction, run_id: str) -> Decided:
        """Show the pictures. Raises UserError where they are unknown, or where the channel shows no such pictures."""
        ...

    async def reject(self, act: AdminAction, run_id: str, reason: str | None) -> Decided:
        """Keep the pictures from view for good, with the reason that the person reads. Raises UserError as `find`."""
        ...

    async def report(self, *, run: Run, reporter_id: int, reason: str | None, hide: bool) -> Reported:
        """Have moderators look at pictures that are shown. With `hide` they are taken away until one has looked.

        All or nothing: raises Unavailable with nothing written.
        """
        ...

    async def after_hiding(self, guild_id: int, run_id: str) -> Decided:
        """A review as it stands after the next try to take its pictures away, where any are to go; tried at once.

        Comes back within some ten seconds, whatever stands then. Raises UserError as `find`, and Unavailable.
        """
        ...

    async def status(self, guild_id: int) -> Status:
        """How reviewing stands in a server, with the oldest of those that wait."""
        ...

    async def retry(self, guild_id: int) -> None:
        """Ask moderators now wherever they could not be asked before, or their message was deleted meanwhile."""
        ...

    async def hide_again(self, guild_id: int) -> None:
        """Try now to take away what is to go and still stands. Raises Unavailable."""
        ...


class Removals(Protocol):
    """What a cog may ask about pictures that are to be removed for good. Whether somebody may is checked by the cog."""

    async def remove(self, run: Run, *, by: int, reason: str | None = None) -> Removed:
        """Remove the pictures of a run for good: nothing shows them again, whatever is set, decided or tried later.

        Whoever is not the one who made them gives a reason, which the person reads; it is noted as a moderator's act.
        The money stays as it is. Raises UserError where there is nothing to remove, and Unavailable.
        """
        ...

    async def after(self, run_id: str) -> Run:
        """A removed run as it stands after the next try to take its pictures away, where that is to be done.

        Comes back within some ten seconds, whatever stands then. Raises LookupError, and Unavailable.
        """
        ...


class Posts(Protocol):
    """What a cog may ask about private pictures that are to be posted."""

    async def post(self, run: Run, *, by: int) -> None:
        """Make a private run one for all, in its channel and under what holds there now; one press of any number does.

        Raises UserError for another person's, for what is posted already or cannot be, and Unavailable.
        """
        ...

    async def after(self, run_id: str) -> Run:
        """A posted run as it stands after the next try to show it: private again where it could not be posted.

        Comes back within some ten seconds, whatever stands then. Raises LookupError, and Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a cog receives."""

    runs: Runs
    drafts: Drafts
    history: History
    saved: Saved
    families: Families
    ledger: Ledger
    reviews: Reviews
    removals: Removals
    posts: Posts
    models: Registry
    policies: Policies
    prompt_rules: PromptRules
    sanctions: Sanctions
    guild_settings: Guilds
