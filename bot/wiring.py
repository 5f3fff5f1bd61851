"""The composition root, between the edges: everything is made here and handed to whoever needs it. Tests use it too.

`Edges` is what touches the world (database, Runflow, Discord, time); `wire` makes everything between them. `bot/app.py`
opens the real edges.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalog.registry import Registry
from bot.choices import Choices
from bot.clock import Clock
from bot.entropy import Entropy
from bot.images.download import Downloader
from bot.ledger.balance_alert import Admins, LowBalance
from bot.ledger.service import LedgerService
from bot.moderation.services import ModerationServices
from bot.runflow.client import RunflowClient
from bot.runs.admission import Admission
from bot.runs.card import CardView
from bot.runs.delivery.deliver import Deliverer
from bot.runs.delivery.held_card import HeldCard
from bot.runs.delivery.progress import Progress
from bot.runs.drafts import DraftService
from bot.runs.execution.at_runflow import AtRunflow
from bot.runs.execution.callbacks import MOST_WAITING, CallbackHint, CallbackHints, HeardCallbacks
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.poll import Poller
from bot.runs.execution.reach import Reach
from bot.runs.execution.recovery import CardFinder
from bot.runs.execution.refresh import CardRefresher
from bot.runs.execution.review_worker import ReviewWorker
from bot.runs.execution.steps import RunSteps
from bot.runs.execution.submit import Submitter
from bot.runs.execution.sweeper import Sweeper
from bot.runs.execution.waiting_cards import WaitingCards
from bot.runs.execution.worker import Worker
from bot.runs.families import FamilyService
from bot.runs.history import RunHistory
from bot.runs.housekeeping import Housekeeping
from bot.runs.images import RunImages
from bot.runs.posting import PostingService
from bot.runs.review.asking import ReviewAsker
from bot.runs.review.channel import ReviewChannel
from bot.runs.review.closing import ReviewCloser
from bot.runs.review.held_images import HeldImages
from bot.runs.review.removing import RemovalService
from bot.runs.review.service import ReviewService
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.saved import SavedPictures
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.seeing import Seeing
from bot.runs.service import RunService
from bot.runs.sources import Attachments, Sources
from bot.runs.store import RunStore
from bot.runs.wake_ups import WakeUps
from bot.services import Services
from bot.store.engine import Store

Part = Callable[[], Coroutine[Any, Any, None]]
"""A background part: served until cancelled, in a task of its own."""


@dataclass(frozen=True, slots=True)
class Edges:
    """What touches the world. Tests swap these, and nothing else."""

    store: Store
    runflow: RunflowClient
    downloader: Downloader
    attachments: Attachments
    card: CardView
    review_channel: ReviewChannel
    admins: Admins
    clock: Clock
    entropy: Entropy


@dataclass(frozen=True, slots=True)
class App:
    """The bot between its edges. `parts` are served by name; `hints` takes Runflow's callbacks."""

    services: Services
    store: RunStore
    moderation: ModerationServices
    worker: Worker
    review_worker: ReviewWorker
    scheduler: Scheduler
    wake_ups: WakeUps
    overdue: OverduePolls
    admission: Admission
    hints: asyncio.Queue[CallbackHint]
    parts: Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class _Core:
    """What the rooms of `bot/runs` share."""

    edges: Edges
    choices: Choices
    store: RunStore
    moderation: ModerationServices
    visibility: VisibilityNow
    held: HeldImages
    images: RunImages
    seeing: Seeing
    sources: Sources
    wake_ups: WakeUps
    callbacks: HeardCallbacks


def wire(edges: Edges, choices: Choices, models: Registry) -> App:
    """Everything between the edges, made once. Nothing runs until the parts are served."""
    core = _core(edges, choices)
    scheduler = Scheduler(
        caps=choices.caps,
        clock=edges.clock,
        turn_came=core.wake_ups.wake_run,
        deadline_s=choices.run_deadline_s,
    )
    overdue = OverduePolls(edges.clock)
    admission = Admission(
        sanctions=core.moderation.sanctions,
        policies=core.moderation.policies,
        prompt_rules=core.moderation.prompt_rules,
        guild_settings=core.moderation.guild_settings,
        rule_log=edges.review_channel,
    )
    reach = Reach(store=core.store, card=edges.card, clock=edges.clock, wake=core.wake_ups.wake_run)
    worker, review_worker = _worker(core, scheduler, overdue, models, reach), _review_worker(core)
    hints: asyncio.Queue[CallbackHint] = asyncio.Queue(MOST_WAITING)
    callback_hints = CallbackHints(
        store=core.store,
        waiting=hints,
        wake=core.wake_ups.wake_run,
        heard=core.callbacks,
        clock=edges.clock,
    )
    low_balance = LowBalance(
        store=edges.store, account=edges.runflow, admins=edges.admins, clock=edges.clock, below=choices.low_balance
    )
    parts: Mapping[str, Part] = {
        "runs": worker.serve,
        "reviews": review_worker.serve,
        "last words": reach.serve,
        "callback hints": callback_hints.serve,
        "low balance": low_balance.serve,
        "housekeeping": Housekeeping(store=edges.store, clock=edges.clock).serve,
    }
    services = _services(core, scheduler, admission, models)
    return App(
        services,
        core.store,
        core.moderation,
        worker,
        review_worker,
        scheduler,
        core.wake_ups,
        overdue,
        admission,
        hints,
        parts,
    )


def _core(edges: Edges, choices: Choices) -> _Core:
    store = RunStore(store=edges.store, defaults=choices.defaults, clock=edges.clock)
    moderation = ModerationServices.over(edges.store, edges.clock, choices.thresholds)
    wake_ups = WakeUps()
    held = HeldImages(
        store=edges.store,
        guild_settings=moderation.guild_settings,
        channel=edges.review_channel,
        clock=edges.clock,
        wake_ups=wake_ups,
    )
    visibility = VisibilityNow(
        store=edges.store, policies=moderation.policies, prompt_rules=moderation.prompt_rules, channels=edges.card
    )
    images = RunImages(runflow=edges.runflow, downloader=edges.downloader, copies=held, clock=edges.clock)
    seeing = Seeing(store=edges.store, visibility=visibility)
    sources = Sources(
        seeing=seeing, images=images, attachments=edges.attachments, channels=edges.card, clock=edges.clock
    )
    return _Core(
        edges=edges,
        choices=choices,
        store=store,
        moderation=moderation,
        visibility=visibility,
        held=held,
        images=images,
        seeing=seeing,
        sources=sources,
        wake_ups=wake_ups,
        callbacks=HeardCallbacks(asked_for=choices.callback_url is not None),
    )


def _services(core: _Core, scheduler: Scheduler, admission: Admission, models: Registry) -> Services:
    edges = core.edges
    return Services(
        runs=RunService(
            store=core.store,
            wake_ups=core.wake_ups,
            scheduler=scheduler,
            admission=admission,
            sources=core.sources,
            new_run_id=edges.entropy.new_run_id,
        ),
        drafts=DraftService(store=edges.store, clock=edges.clock, new_id=edges.entropy.new_run_id),
        history=RunHistory(store=edges.store, images=core.images, visibility=core.visibility, seeing=core.seeing),
        saved=SavedPictures(store=edges.store, clock=edges.clock),
        families=FamilyService(store=edges.store),
        ledger=LedgerService(store=edges.store, clock=edges.clock, defaults=core.choices.defaults),
        reviews=ReviewService(
            store=edges.store,
            guild_settings=core.moderation.guild_settings,
            visibility=core.visibility,
            channel=edges.review_channel,
            clock=edges.clock,
            wake_ups=core.wake_ups,
        ),
        removals=RemovalService(store=edges.store, clock=edges.clock, wake_ups=core.wake_ups),
        posts=PostingService(store=edges.store, admission=admission, clock=edges.clock, wake_ups=core.wake_ups),
        policies=core.moderation.policies,
        prompt_rules=core.moderation.prompt_rules,
        sanctions=core.moderation.sanctions,
        guild_settings=core.moderation.guild_settings,
        models=models,
    )


def _worker(core: _Core, scheduler: Scheduler, overdue: OverduePolls, models: Registry, reach: Reach) -> Worker:
    edges, choices, clock = core.edges, core.choices, core.edges.clock
    submitter = Submitter(
        store=core.store,
        runflow=edges.runflow,
        models=models,
        clock=clock,
        reach=reach,
        sources=core.sources,
        callback_url=choices.callback_url,
        lost_after_s=choices.lost_after_s,
    )
    poller = Poller(
        store=core.store,
        runflow=edges.runflow,
        models=models,
        clock=clock,
        rng=edges.entropy.rng,
        deadline_s=choices.run_deadline_s,
        overdue=overdue,
        callbacks=core.callbacks,
        sweeper=Sweeper(runflow=edges.runflow, clock=clock, overdue=overdue, callbacks=core.callbacks),
    )
    deliverer = Deliverer(
        store=core.store,
        images=core.images,
        card=edges.card,
        visibility=core.visibility,
        held=core.held,
        clock=clock,
    )
    steps = RunSteps(
        cards=CardFinder(store=core.store, card=edges.card, clock=clock, tried=core.wake_ups.tried),
        scheduler=scheduler,
        at_runflow=AtRunflow(
            store=core.store,
            submitter=submitter,
            poller=poller,
            clock=clock,
            calling_off=core.wake_ups.calling_off,
        ),
        deliverer=deliverer,
        progress=lambda: Progress(
            card=edges.card, clock=clock, spacing_s=choices.progress_spacing_s, quiet_s=choices.progress_quiet_s
        ),
        waiting_cards=WaitingCards(store=core.store, scheduler=scheduler, card=edges.card, clock=clock),
        refresher=CardRefresher(clock),
        clock=clock,
    )
    return Worker(
        store=core.store,
        steps=steps,
        deliverer=deliverer,
        scheduler=scheduler,
        clock=clock,
        wake_ups=core.wake_ups,
    )


def _review_worker(core: _Core) -> ReviewWorker:
    edges = core.edges
    asker = ReviewAsker(
        store=edges.store,
        guild_settings=core.moderation.guild_settings,
        images=core.images,
        channel=edges.review_channel,
        card=HeldCard(store=core.store, card=edges.card, visibility=core.visibility, wake_ups=core.wake_ups),
        clock=edges.clock,
    )
    closer = ReviewCloser(
        store=edges.store,
        guild_settings=core.moderation.guild_settings,
        channel=edges.review_channel,
        clock=edges.clock,
        wake_ups=core.wake_ups,
    )
    return ReviewWorker(store=edges.store, asker=asker, closer=closer, clock=edges.clock, wake_ups=core.wake_ups)
