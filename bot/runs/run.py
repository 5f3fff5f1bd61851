"""A run as the bot keeps it: the frozen record, its states and its ends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from bot.catalog.request import Request
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules
from bot.money import MicroUsd


class State(StrEnum):
    """Where a run stands. Which change may follow which is the table in states.py."""

    ACCEPTED = "accepted"  # row and money held; nothing sent
    SUBMITTING = "submitting"  # a create may be on its way; never sent again
    QUEUED = "queued"
    DISPATCHING = "dispatching"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELED = "canceled"
    LOST = "lost"  # given up: no trace of it at Runflow, no end by the deadline, or canceled after it was sent


AT_RUNFLOW = frozenset({State.QUEUED, State.DISPATCHING, State.RUNNING})
"""How far a run is at Runflow. A row keeps the first of them that was read: what a new process needs is Runflow's id,
and the next reading tells the rest.
"""


class Delivery(StrEnum):
    """What became of the card."""

    PENDING = "pending"
    SHOWN = "shown"
    HELD = "held"
    WITHHELD = "withheld"
    UNDELIVERABLE = "undeliverable"  # no way leads to the card; it shows no pictures
    STILL_VISIBLE = "still_visible"  # it shows pictures that are to go, and the bot may not edit it now

    @property
    def is_over(self) -> bool:
        """Whether the card is as it is to be, or nothing can be done about it any more."""
        return self not in {Delivery.PENDING, Delivery.STILL_VISIBLE}


class Reason(StrEnum):
    """Why a run ended without all its pictures; the sentence for each lives in cogs/ui/card_texts.py."""

    NOT_AVAILABLE = "not_available"  # 401, 403: the operator's to mend
    OUT_OF_CREDIT = "out_of_credit"  # 402
    INPUT_REFUSED = "input_refused"  # 422, or a late failure that names an input
    BUSY = "busy"  # 429 or 5xx on every try, proven not taken
    UPSTREAM_FAILED = "upstream_failed"  # Runflow ended the run as failed
    CANCELED = "canceled"
    LEFT_QUEUE = "left_queue"  # by the one who asked, before anything was sent
    REMOVED = "removed"  # from the queue, by a moderator
    CANCELED_BY_ASKER = "canceled_by_asker"  # after its turn had come; Runflow may go on with it all the same
    CANCELED_BY_MODERATOR = "canceled_by_moderator"  # as that
    SOURCE_GONE = "source_gone"  # a picture to work from is gone, or may not be used any more, so nothing was sent
    OUT_OF_REACH = "out_of_reach"  # waited until nothing could be shown any more, so it was not sent
    LOST = "lost"  # the create's answer was lost and no run was found
    DEADLINE = "deadline"  # no end by the deadline
    NO_PICTURES = "no_pictures"  # succeeded, yet with nothing in it
    PICTURES_UNREADABLE = "pictures_unreadable"  # none could be fetched or read
    UPLOAD_REFUSED = "upload_refused"  # too large: to be fetched, or for Discord even at the smallest fitting
    CONTENT = "content"  # Runflow ended it, or made nothing, because of what it shows
    FAULT = "fault"  # ours; a reference is given


_CANCELED_BY_SOMEBODY = frozenset({Reason.CANCELED_BY_ASKER, Reason.CANCELED_BY_MODERATOR})


class ReviewCause(StrEnum):
    """Why pictures wait for a moderator; the sentence for each lives in cogs/review/texts.py."""

    FLAGGED = "flagged"
    UNCHECKED = "unchecked"
    BLACK = "black"  # an all-black picture, and nobody says that it was cleared
    EVERYTHING = "everything"  # the channel lets a moderator approve every picture
    RULE = "rule"  # a rule of the server for prompts
    PROMPT_USED = "prompt_used"  # the same rules, on the prompt that Runflow says it used
    REPORTED = "reported"
    SOURCE = "source"  # a picture it was made from was flagged, or waits itself


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run was asked for. Ids are Discord's. `parent_channel_id` is a thread's channel; no guild means a DM."""

    guild_id: int | None
    channel_id: int
    parent_channel_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """How the card is reached: through the interaction's token for 15 minutes, later through the channel."""

    interaction_id: int
    application_id: int
    token: str
    created_at: datetime  # UTC; of an accepted run by the bot's own clock, which Discord's may not agree with
    attachment_limit_bytes: int
    message_id: int | None = None

    def __repr__(self) -> str:
        return f"Reply(interaction_id={self.interaction_id}, message_id={self.message_id})"


@dataclass(frozen=True, slots=True)
class Result:
    """What Runflow reported at the end, without any address."""

    seed: int | None = None
    nsfw_detected: bool | None = None
    prompt_used: str | None = None
    num_outputs: int = 0
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PictureRef:
    """One picture of a run of ours. `index` counts from 0, as Runflow's outputs do."""

    run_id: str
    index: int

    @property
    def address(self) -> str:
        """As a run's input names it, where it is worked from (`bot/catalog/source.py`)."""
        return f"run:{self.run_id}:{self.index}"


@dataclass(frozen=True, slots=True)
class Removal:
    """That the pictures of a run were removed: by whom (an id of Discord's), when (UTC), why. It is for good.

    `reason` is a moderator's, who reads it is the person; the one who made the pictures gives none.
    """

    by: int
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """What the queue needs to know of a run. `has_card`: the message id of its card was noted."""

    run_id: str
    user_id: int
    guild_id: int | None
    created_at: datetime
    state: State
    has_card: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One press, one run. Times are UTC; money is whole micro-dollars.

    `input` is the checked input on the wire, which only its model can read; `request` is what it asks for.

    `rules` is what the channel said when the run was accepted; `review_why` is set when its prompt made a moderator's
    look necessary, whatever comes out. `parents` are the pictures it was made from, or that it is another try of, in
    order. `button` is the custom_id of the button that asked for it; None for a command. `pictures_up`: while the
    delivery is pending or still visible, pictures stand on the card, or may stand there, that were to be seen before.
    `removal` is set once they were removed: nothing shows them again.

    `given_back` is the part of `cost` that counts against none of the person's limits (None: nothing was given back).
    `pictures_shown`: how many its card showed when it last did; None until it shows some.
    """

    id: str  # 32 hex digits, ours
    user_id: int
    place: Place
    reply: Reply
    model_id: str
    input: dict[str, Any]
    request: Request
    policy: Policy
    state: State
    delivery: Delivery
    held: MicroUsd
    created_at: datetime
    cost: MicroUsd | None = None
    cost_estimated: bool = False
    runflow_id: str | None = None
    reason: Reason | None = None
    reason_fields: tuple[str, ...] = ()
    result: Result | None = None
    submitted_at: datetime | None = None
    ended_at: datetime | None = None
    rules: ChannelRules | None = None
    review_why: ReviewCause | None = None
    pictures_up: bool = False
    given_back: MicroUsd | None = None
    pictures_shown: int | None = None
    parents: tuple[PictureRef, ...] = ()
    button: str | None = None
    removal: Removal | None = None

    @property
    def is_removed(self) -> bool:
        """Whether the pictures were removed for good, whatever stands on the card at this moment."""
        return self.removal is not None

    @property
    def rules_then(self) -> ChannelRules:
        """What held for the run when it was accepted; where only the policy was kept, the rest as if nobody set it."""
        return self.rules or ChannelRules(policy=self.policy)

    @property
    def is_unwanted(self) -> bool:
        """Whether somebody canceled it after its turn had come: what it costs is booked, its pictures go nowhere."""
        return self.reason in _CANCELED_BY_SOMEBODY

    @property
    def made_pictures(self) -> bool:
        """Whether Runflow made pictures for the run."""
        return (
            self.state in {State.SUCCEEDED, State.PARTIAL} and self.result is not None and self.result.num_outputs > 0
        )

    @property
    def nsfw_flag(self) -> bool | None:
        """The flag as it counts: None where nobody checked, and where the check was switched off for this run."""
        flag = self.result.nsfw_detected if self.result else None
        return None if flag is False and not self.rules_then.safety_checker else flag

    @property
    def rules_channel_id(self) -> int:
        """The channel whose rules hold for the run: a thread's is its parent."""
        return self.place.parent_channel_id or self.place.channel_id

    @property
    def prompt(self) -> str:
        """The whole prompt, as it was typed; empty where the model takes none."""
        return self.request.prompt

    @property
    def sources(self) -> tuple[PictureRef, ...]:
        """The parents whose pictures it works from. Of the others it is only another try: nothing of them is in it."""
        named = {one for value in self.input.values() for one in _texts(value)}
        return tuple(one for one in self.parents if one.address in named)

    @property
    def images_wanted(self) -> int:
        """How many pictures were asked for."""
        return self.request.images


def _texts(value: object) -> tuple[str, ...]:
    """The texts of one value of an input: itself, or those it lists."""
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(one for one in listed if isinstance(one, str))
