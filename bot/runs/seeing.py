"""Whether somebody may see the pictures of an earlier run, and work from one of them: asked here and nowhere else."""

from dataclasses import replace

from sqlalchemy import Connection

from bot.errors import UserError
from bot.moderation.policy import Showing
from bot.runs import rows
from bot.runs.past import Viewing, has_pictures
from bot.runs.review.visibility import Visibility
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, PictureRef, Run
from bot.store.engine import Store

UNKNOWN = "This request is not known here any more."
NO_PICTURES = "There are no pictures of this request to show."
_ON_THEIR_WAY = "The pictures of this request are still on their way to its card."
_HELD = "These pictures wait for a moderator, so they cannot be shown yet."
_UNASKED = (
    "The channel where this was asked for now has a moderator look at such pictures first, and none was asked about "
    "these, so they cannot be shown again."
)
_REMOVED = "These pictures were removed, so they cannot be shown again."
_TO_GO = "These pictures are to be taken away, so they cannot be shown again."
_WITHHELD = "The rules of the channel where this was asked for keep these pictures back, so they cannot be shown here."
_ELSEWHERE = (
    "These pictures were not cleared as safe for work. Ask for them where they were made, or in an age-restricted "
    "channel."
)
_NOT_IN_THIS_CHANNEL = "This channel does not show such pictures. Ask for them where they were made."
_NO_SUCH_PICTURE = "There is no such picture of this request."
_ANOTHERS = "Only the person who asked for this picture can work from it elsewhere; others can where it stands."
_TOO_LARGE_A_FAMILY = (
    "This picture was made from so many others, one after the other, that nobody could look through them all any more. "
    "Please work from an earlier one."
)


class Seeing:
    """Answers for one person in one place, at this moment."""

    def __init__(self, *, store: Store, visibility: VisibilityNow) -> None:
        self._store, self._visibility = store, visibility

    async def need_visible(self, run: Run, viewing: Viewing, black: tuple[int, ...] = ()) -> Visibility:
        """How the pictures of a run may be seen there, now. Raises UserError where they may not.

        What the channel's policy said then and what it says now both bind; what was kept back stays kept back; and
        what nobody cleared is shown elsewhere only where adults are. Whether the person may ask is not asked here.
        """
        _need_stand(run)
        visibility = await self._visibility.decide(run, black=black)
        if visibility.removal is not None:
            raise UserError(_REMOVED)
        if visibility.showing is Showing.HELD:
            is_asked = visibility.review is not None and visibility.outcome is None
            raise UserError(_HELD if is_asked else _UNASKED)
        if visibility.showing is Showing.WITHHELD:
            raise UserError(_WITHHELD)
        if run.rules_channel_id == viewing.context.rules_id:
            return visibility
        if not (_is_cleared(run, visibility) or viewing.context.age_restricted):
            raise UserError(_ELSEWHERE)
        there = await self._visibility.decide_in(run, viewing.context, visibility)
        if not there.is_shown:
            raise UserError(_NOT_IN_THIS_CHANNEL)
        return replace(visibility, showing=Showing.SPOILER) if there.showing is Showing.SPOILER else visibility

    async def need_usable(self, picture: PictureRef, viewing: Viewing) -> Run:
        """The run whose picture this person may work from in this place, now. Raises UserError where they may not.

        What they cannot see they cannot use: it must be their own, or stand in the very channel where they are, and be
        visible there by every rule that shows it. It is asked when they ask for something, and when that is sent.
        """
        run, is_family_small = await self._store.read(_with_family, picture.run_id)
        if run is None or run.place.guild_id != viewing.context.guild_id:
            raise UserError(UNKNOWN)
        if run.user_id != viewing.user_id and run.place.channel_id != viewing.context.channel_id:
            raise UserError(_ANOTHERS)
        if not is_family_small:
            raise UserError(_TOO_LARGE_A_FAMILY)
        await self.need_visible(run, viewing)
        if run.result is None or not 0 <= picture.index < run.result.num_outputs:
            raise UserError(_NO_SUCH_PICTURE)
        return run


def _with_family(connection: Connection, run_id: str) -> tuple[Run | None, bool]:
    """The run, and whether what is made from it still has a family that can be looked through."""
    found = rows.these(connection, [run_id])
    if not found:
        return None, True
    return found[0], rows.ancestors(connection, found[0], rows.MOST_GENERATIONS - 1) is not None


def _need_stand(run: Run) -> None:
    """Raises UserError where the pictures were kept back, are to go, or never came."""
    match run.delivery:
        case _ if run.is_removed:
            raise UserError(_REMOVED)
        case Delivery.WITHHELD:
            raise UserError(_WITHHELD)
        case Delivery.HELD:
            raise UserError(_HELD)
        case Delivery.STILL_VISIBLE:
            raise UserError(_TO_GO)
        case _ if not has_pictures(run):
            raise UserError(_ON_THEIR_WAY if run.delivery is Delivery.PENDING else NO_PICTURES)
        case _:
            pass


def _is_cleared(run: Run, visibility: Visibility) -> bool:
    """Whether somebody checked its pictures, and all that they were made from."""
    return run.nsfw_flag is False and visibility.inherited.flag is False
