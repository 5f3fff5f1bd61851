"""The one door of the runs room and the admins' desk, over one store; nothing is sent anywhere."""

from datetime import UTC, datetime

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.entropy import Entropy
from bot.guilds.audit import AdminAction
from bot.guilds.settings import GuildSettingsService
from bot.ledger.service import LedgerService
from bot.ledger.values import Defaults, Limit, Measure, Subject, Window
from bot.moderation.policy import Policy
from bot.runs.run import PictureRef, Place, Reply, Run
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.scheduling.turns import Caps
from bot.runs.service import RunService
from bot.runs.store import RunStore
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store
from sandbox.clock import SandboxClock
from tests.contract.gates import NO_SOURCES, open_admission

MiB = 1024 * 1024
HERE, THERE, PRIVATE = Place(1, 10), Place(2, 20), Place(None, 30)
ADMIN = AdminAction(1, 9)
JUST_BEFORE_MIDNIGHT = datetime(2026, 6, 30, 23, 59, 50, tzinfo=UTC)


class Room:
    """Whoever presses, and the admins' desk, over one store."""

    def __init__(self, store: Store, defaults: Defaults = Defaults()) -> None:  # noqa: B008 - frozen
        self.store, self.clock = store, SandboxClock(stopped=True, start=JUST_BEFORE_MIDNIGHT)
        self.book = RunStore(store=store, defaults=defaults, clock=self.clock)
        self.desk = LedgerService(store=store, clock=self.clock, defaults=defaults)
        self.guild_settings = GuildSettingsService(store=store, clock=self.clock)
        scheduler = Scheduler(caps=Caps(at_once=1_000, per_guild=1_000, per_user=1_000), clock=self.clock)
        self.service = RunService(
            store=self.book,
            wake_ups=WakeUps(),
            scheduler=scheduler,
            admission=open_admission(store, self.clock),
            sources=NO_SOURCES,
            new_run_id=Entropy.of_system().new_run_id,
        )

    async def press(
        self,
        number: int,
        place: Place = HERE,
        *,
        user_id: int = 7,
        roles: tuple[int, ...] = (),
        pictures: int = 1,
        parents: tuple[PictureRef, ...] = (),
        button: str | None = None,
    ) -> Run:
        reply = Reply(number, 8, "token", self.clock.now(), 10 * MiB)
        return await self.service.accept(
            user_id=user_id,
            place=place,
            reply=reply,
            model=FLUX_KLEIN,
            options={"prompt": "a red fox", "num_images": pictures, "image_size": "square_hd"},
            policy=Policy.BLOCK,
            role_ids=roles,
            parents=parents,
            button=button,
        )

    async def limit(
        self, subject: Subject, subject_id: int | None, measure: Measure, amount: int, window: Window
    ) -> None:
        await self.desk.set_limit(ADMIN, Limit(subject, subject_id, window, measure, amount, ADMIN.guild_id))
