"""Runs, a model and services for the face's tests."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from PIL import Image

from bot.catalog.model import Choice, Option, OptionKind, Output, Price
from bot.catalog.request import Request
from bot.errors import BotError, OptionError, Unavailable, UserError
from bot.guilds.audit import AdminAction, AuditKind
from bot.guilds.settings import GuildSettings
from bot.images.image import Picture
from bot.ledger.export import csv_file
from bot.ledger.values import EntryRow, Explanation, Limit, Notice, Person, Spend, SpendReport, UsageReport
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting, rules_for
from bot.money import MicroUsd
from bot.runs.card import Balance, FinalCard, InLine, Pictures
from bot.runs.drafts import Draft
from bot.runs.family import Cell, Family, family_of
from bot.runs.past import NoThumbnail, Page, Thumbnail, Viewing
from bot.runs.run import Delivery, PictureRef, Place, Reply, Result, Run, State
from bot.runs.saved import Mark, SavedPage

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SMALL_PNG = BytesIO()
Image.new("RGB", (40, 30), "#336699").save(SMALL_PNG, "PNG")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def a_run(prompt: str = "a red fox in snow", **changes: Any) -> Run:
    reply = Reply(
        interaction_id=1,
        application_id=900000000000000001,
        token="tok-secret",
        created_at=NOW,
        attachment_limit_bytes=10_485_760,
        message_id=500000000000000001,
    )
    run = Run(
        id="0123456789abcdef" * 2,
        user_id=800000000000000001,
        place=Place(700000000000000001, 600000000000000001),
        reply=reply,
        model_id="black-forest-labs/flux-2-klein-4b",
        input={"prompt": prompt},
        request=Request(prompt, 4, ("4 steps",), tells_seed=True),
        policy=Policy.BLOCK,
        state=State.ACCEPTED,
        delivery=Delivery.PENDING,
        held=MicroUsd(40_000),
        created_at=NOW,
        submitted_at=NOW,
    )
    return replace(run, **changes)


def done(run: Run, **changes: Any) -> Run:
    """The same run after a success."""
    result = Result(seed=42, nsfw_detected=False, num_outputs=run.images_wanted, duration_ms=1234)
    return replace(
        run, **{"state": State.SUCCEEDED, "result": result, "cost": MicroUsd(12_000), "ended_at": NOW, **changes}
    )


def pictures(count: int, **changes: Any) -> tuple[Picture, ...]:
    return tuple(replace(Picture(i, PNG, "png", 1024, 768), **changes) for i in range(count))


@dataclass(frozen=True)
class Checked:
    options: Mapping[str, Any]

    @property
    def request(self) -> Request:
        return Request(str(self.options["prompt"]), int(self.options.get("num_images", 1)))

    def wire(self) -> dict[str, Any]:
        return dict(self.options)


class SampleModel:
    """A model small enough to see through."""

    model_id = "black-forest-labs/flux-2-klein-4b"
    title = "FLUX.2 [klein] 4B"
    command = "imagine"
    summary = "Make pictures from words"
    most_images = 4
    has_checker = True
    options = (
        Option(
            "size",
            OptionKind.TEXT,
            "Shape of the picture",
            required=False,
            choices=(Choice("sq", "Square"), Choice("w", "Wide")),
        ),
        Option("num_images", OptionKind.WHOLE, "How many pictures", required=False, minimum=1, maximum=4),
        Option("prompt", OptionKind.TEXT, "What to draw", required=True, minimum=1, maximum=2000),
    )

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> Checked:
        prompt, count = options.get("prompt"), options.get("num_images", 1)
        if not isinstance(prompt, str) or not 1 <= len(prompt) <= 2000:
            raise OptionError("prompt", "empty", "1 to 2000 characters")
        if not isinstance(count, int) or not 1 <= count <= 4:
            raise OptionError("num_images", str(count), "1 to 4")
        if options.get("size", "sq") not in {"sq", "w"}:
            raise OptionError("size", str(options["size"]), "sq or w")
        return Checked(options)

    def read(self, stored: Mapping[str, Any]) -> Checked:
        return Checked(stored)

    def options_given(self, checked: object, *, anew: bool = False) -> dict[str, object]:
        assert isinstance(checked, Checked)
        return dict(checked.wire())

    def for_images(self, options: Mapping[str, object], images: int) -> dict[str, object]:
        return {**options, "num_images": images}

    def option_names(self, fields: Sequence[str]) -> tuple[str, ...]:
        return tuple(fields)

    def most(self, checked: object) -> MicroUsd:
        return MicroUsd(40_000)

    def delivered(self, checked: object, outputs: Sequence[Output]) -> MicroUsd:
        return MicroUsd(12_000)

    def prices(self) -> tuple[Price, ...]:
        return (Price("", MicroUsd(12_000), MicroUsd(40_000)),)


@dataclass
class FakePolicies:
    """Channels of which nobody has set anything but `setting`, in each of a server's."""

    setting: ChannelSetting | None = None

    async def rules_at(self, channel_context: ChannelContext) -> ChannelRules:
        private = channel_context.guild_id is None or not channel_context.known
        setting = None if channel_context.guild_id is None else self.setting
        return rules_for(setting, None, age_restricted=channel_context.age_restricted, private=private)


@dataclass
class FakeGuilds:
    """A server in which nobody has set anything but `log`. `readings`: who looked at what about whom."""

    log: int | None = None
    readings: list[tuple[AdminAction, AuditKind, dict[str, object]]] = field(
        default_factory=list[tuple[AdminAction, AuditKind, dict[str, object]]]
    )

    async def settings_of(self, guild_id: int) -> GuildSettings:
        return GuildSettings(log_channel_id=self.log)

    async def note_reading(self, act: AdminAction, kind: AuditKind, about: Mapping[str, object]) -> None:
        self.readings.append((act, kind, dict(about)))


@dataclass
class FakeRuns:
    """The runs room as a cog sees it. `hold` keeps `accept` waiting; `refusal` is what it answers, `broken` `start`."""

    refusal: BotError | None = None
    broken: BotError | None = None
    hold: asyncio.Event | None = None
    waits_at: int | None = None
    left: list[tuple[str, int, int | None]] = field(default_factory=list[tuple[str, int, int | None]])
    canceled: list[tuple[str, int, int | None]] = field(default_factory=list[tuple[str, int, int | None]])
    waiting: int = 0
    taken_back: list[tuple[int, AdminAction]] = field(default_factory=list[tuple[int, AdminAction]])
    accepted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    started: list[tuple[Run, int]] = field(default_factory=list[tuple[Run, int]])
    abandoned: list[Run] = field(default_factory=list[Run])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, **asked: Any) -> Run:
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        rules = await FakePolicies().rules_at(asked["where"])
        asked["model"].parse(asked["options"])
        asked |= {"policy": rules.policy}
        self.accepted.append(asked)
        options = asked["options"]
        shown = {"place": asked["place"], "reply": asked["reply"], "policy": asked["policy"]}
        return a_run(str(options["prompt"]), **shown, private=asked["private"])

    async def notices(self, run: Run) -> tuple[Notice, ...]:
        return ()

    def position(self, run: Run) -> InLine | None:
        return None if self.waits_at is None else InLine(self.waits_at)

    async def leave_all(self, user_id: int, act: AdminAction) -> int:
        self.taken_back.append((user_id, act))
        return self.waiting

    async def leave(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> Run:
        if self.refusal is not None:
            raise self.refusal
        self.left.append((run_id, user_id, moderated_channel_id))
        self.changed.set()
        return a_run(id=run_id)

    async def cancel(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> Run:
        if self.refusal is not None:
            raise self.refusal
        self.canceled.append((run_id, user_id, moderated_channel_id))
        self.changed.set()
        return a_run(id=run_id)

    async def start(self, run: Run, message_id: int) -> None:
        if self.broken is not None:
            raise self.broken
        self.started.append((run, message_id))
        self.changed.set()

    async def abandon(self, run: Run) -> None:
        self.abandoned.append(run)
        self.changed.set()

    async def by_message(self, message_id: int) -> Run | None:
        return next((run for run, shown_as in self.started if shown_as == message_id), None)

    async def balance(self, run: Run) -> Balance:
        return Balance(pictures=None)


@dataclass
class FakeDrafts:
    """Drafts as a cog sees them. `refusal` is what keeping one is answered with."""

    kept: dict[str, Draft] = field(default_factory=dict[str, Draft])
    refusal: BotError | None = None
    hold: asyncio.Event | None = None

    async def keep(
        self,
        user_id: int,
        model_id: str,
        options: Mapping[str, object],
        parents: tuple[PictureRef, ...] = (),
        *,
        card: str | None = None,
    ) -> Draft:
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        draft = Draft(f"{len(self.kept) + 1:032x}", user_id, model_id, dict(options), parents, NOW, card)
        self.kept[draft.id] = draft
        return draft

    async def find(self, user_id: int, draft_id: str) -> Draft:
        draft = self.kept.get(draft_id)
        if draft is None or draft.user_id != user_id:
            raise UserError("These words are not kept any more.")
        return draft


@dataclass
class FakeHistory:
    """Past runs as a cog sees them. `refusal` is what pictures are answered with, `hidden` how they are kept back."""

    runs: dict[str, Run] = field(default_factory=dict[str, Run])
    hold: asyncio.Event | None = None
    page_now: Page = field(default_factory=lambda: Page(()))
    refusal: BotError | None = None
    hidden: FinalCard | None = None
    spoiler: bool = False
    asked: list[tuple[int, int | None, int | None, int | None]] = field(
        default_factory=list[tuple[int, int | None, int | None, int | None]]
    )
    viewings: list[Viewing] = field(default_factory=list[Viewing])
    thumbnailed: list[PictureRef] = field(default_factory=list[PictureRef])

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10,
    ) -> Page:
        self.asked.append((user_id, guild_id, before, after))
        return self.page_now

    async def find(self, run_id: str, guild_id: int | None) -> Run:
        if self.hold is not None:
            await self.hold.wait()
        if run_id not in self.runs:
            raise UserError("This request is not known here any more.")
        return self.runs[run_id]

    async def pictures(self, run: Run, viewing: Viewing) -> Pictures:
        self.viewings.append(viewing)
        if self.refusal is not None:
            raise self.refusal
        found = pictures(2)
        wanted = found if viewing.only is None else tuple(one for one in found if one.index == viewing.only)
        return Pictures(wanted, spoiler=self.spoiler)

    async def kept_back(self, run: Run) -> FinalCard | None:
        return self.hidden

    async def thumbnails(self, cells: Sequence[Cell], viewing: Viewing) -> tuple[Thumbnail, ...]:
        self.viewings.append(viewing)
        self.thumbnailed += [one.ref for one in cells]
        if self.refusal is not None:
            return tuple(Thumbnail(why=NoThumbnail.NOT_SHOWN) for _ in cells)
        return tuple(Thumbnail(SMALL_PNG.getvalue(), spoiler=self.spoiler) for _ in cells)


@dataclass
class FakeFamilies:
    """Families of the runs of a history, as a cog sees them."""

    history: FakeHistory = field(default_factory=FakeHistory)

    async def beginning(self, digits: str, guild_id: int | None) -> tuple[Run, ...]:
        return tuple(
            run for run in self.history.runs.values() if run.id.startswith(digits) and run.place.guild_id == guild_id
        )

    async def family(self, run: Run) -> Family:
        known = self.history.runs
        return family_of(run, lambda ids: [known[one] for one in ids if one in known], self._children(run.id))

    async def made_from(self, run_id: str) -> int:
        return len(self._children(run_id))

    def _children(self, run_id: str) -> list[Run]:
        return [run for run in self.history.runs.values() if run_id in {one.run_id for one in run.parents}]


@dataclass
class FakeSaved:
    """What people saved, as a cog sees it: `kept` by person and run. `page_now` is what a list shows."""

    kept: dict[tuple[int, str], set[int]] = field(default_factory=dict[tuple[int, str], set[int]])
    page_now: SavedPage = field(default_factory=lambda: SavedPage(()))
    asked: list[tuple[int, int | None, Mark | None, Mark | None]] = field(
        default_factory=list[tuple[int, int | None, Mark | None, Mark | None]]
    )
    refusal: BotError | None = None

    async def toggle(self, user_id: int, run: Run, picture: int | None = None) -> bool:
        if self.refusal is not None:
            raise self.refusal
        wanted = set(range(run.result.num_outputs if run.result else 0)) if picture is None else {picture}
        kept = self.kept.setdefault((user_id, run.id), set())
        is_new = not wanted <= kept
        kept ^= (wanted - kept) if is_new else wanted
        return is_new

    async def take_out(self, user_id: int, run_id: str) -> bool:
        return bool(self.kept.pop((user_id, run_id), None))

    async def of_run(self, user_id: int, run_id: str) -> tuple[int, ...]:
        return tuple(sorted(self.kept.get((user_id, run_id), ())))

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: Mark | None = None,
        after: Mark | None = None,
        most: int = 10,
    ) -> SavedPage:
        self.asked.append((user_id, guild_id, before, after))
        return self.page_now


@dataclass
class FakeLedger:
    """The ledger as a cog sees it: what it holds is set by the test, what it was asked is kept in `asked`.

    `refusal` is what every method answers instead. The CSV is not there before `writing`, and `written` comes instead.
    Acts change `limits` as the ledger would.
    """

    refusal: BotError | None = None
    report: UsageReport = field(default_factory=lambda: UsageReport((), {}, ()))
    explanation: Explanation = field(default_factory=lambda: Explanation((), ()))
    limits: tuple[Limit, ...] = ()
    spent: SpendReport | None = None
    rows: tuple[EntryRow, ...] = ()
    writing: asyncio.Event | None = None
    written: Unavailable | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    def _note(self, *what: Any) -> None:
        self.asked.append(what)
        if self.refusal is not None:
            raise self.refusal

    async def usage(self, person: Person) -> UsageReport:
        self._note("usage", person)
        return self.report

    async def explain(self, person: Person) -> Explanation:
        self._note("explain", person)
        return self.explanation

    async def limits_of(self, guild_id: int) -> tuple[Limit, ...]:
        self._note("limits_of", guild_id)
        return self.limits

    async def set_limit(self, act: AdminAction, limit: Limit) -> Limit | None:
        self._note("set_limit", act, limit)
        before = self._standing(limit)
        self.limits = (*(one for one in self.limits if one is not before), limit)
        return before

    async def remove_limit(self, act: AdminAction, limit: Limit) -> bool:
        self._note("remove_limit", act, limit)
        before = self._standing(limit)
        self.limits = tuple(one for one in self.limits if one is not before)
        return before is not None

    async def grant(self, act: AdminAction, person: Person, amount: MicroUsd, reason: str) -> UsageReport:
        self._note("grant", act, person, amount, reason)
        return self.report

    async def spend(self, guild_id: int | None, since: datetime, until: datetime) -> SpendReport:
        self._note("spend", guild_id, since, until)
        return self.spent or SpendReport(since, until, (), (), Spend())

    async def entries_csv(
        self, guild_id: int | None, since: datetime | None, until: datetime | None, *, most_bytes: int
    ) -> bytes | None:
        self._note("entries", guild_id, since, until)
        if self.writing is not None:
            await self.writing.wait()
        if self.written is not None:
            raise self.written
        return csv_file(self.rows, most_bytes)

    def _standing(self, limit: Limit) -> Limit | None:
        place = (limit.subject, limit.subject_id, limit.window, limit.measure)
        return next(
            (one for one in self.limits if (one.subject, one.subject_id, one.window, one.measure) == place), None
        )
