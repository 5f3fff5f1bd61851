"""What the operator chooses, as the values that the rooms understand."""

from dataclasses import dataclass
from datetime import timedelta

from bot.ledger.values import Defaults
from bot.moderation.sanctions import Thresholds
from bot.money import MicroUsd
from bot.runs.scheduling.turns import Caps
from bot.settings import Settings
from bot.web.callbacks import CALLBACK_PATH

# A run that ends so soon after its turn needs no edit in between. Where edits need no spacing, none is held back.
_QUIET_S = 1.0


@dataclass(frozen=True, slots=True)
class Choices:
    """Limits, caps and times. Times are in seconds; `low_balance` of None warns of nothing."""

    defaults: Defaults
    caps: Caps
    thresholds: Thresholds = Thresholds()  # noqa: RUF009 - frozen
    run_deadline_s: float = 600.0
    lost_after_s: float = 30.0
    progress_spacing_s: float = 0.5
    progress_quiet_s: float = _QUIET_S
    callback_url: str | None = None
    low_balance: MicroUsd | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Choices":
        """What the settings say."""
        return cls(
            defaults=Defaults(
                user_daily=settings.user_daily_limit,
                private_daily=settings.private_daily_limit,
                private_use=settings.private_use == "on",
                bot_monthly=settings.bot_monthly_cap,
            ),
            caps=Caps(
                at_once=settings.max_runs_at_once,
                per_guild=settings.max_runs_per_guild,
                per_user=settings.max_runs_per_user,
            ),
            thresholds=Thresholds(
                warn=settings.strikes_to_warn,
                pause=settings.strikes_to_pause,
                stop=settings.strikes_to_stop,
                decay=timedelta(days=settings.strike_days),
                pause_length=timedelta(hours=settings.pause_hours),
            ),
            run_deadline_s=settings.run_deadline_s,
            lost_after_s=settings.lost_after_s,
            progress_spacing_s=settings.progress_spacing_s,
            progress_quiet_s=_QUIET_S if settings.progress_spacing_s else 0.0,
            callback_url=f"{settings.public_url}{CALLBACK_PATH}" if settings.public_url else None,
            low_balance=settings.low_balance,
        )
