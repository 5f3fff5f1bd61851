"""Every error of the project, in one tree.

    BotError
    ├── UserError             the person can mend it; str(error) is the sentence they read
    │   ├── OptionError       an option lies outside what the model takes (option, value, allowed)
    │   ├── PromptRefused     a server's rules do not allow a prompt (reason, as an admin wrote it)
    │   ├── LimitError        a limit would be passed (resets_at, fits)
    │   └── SanctionError     moderators paused or stopped the person (before, reason, after)
    ├── RefusedDraft          a refusal whose words were kept as a draft (refusal, draft_id, fits)
    ├── RepeatedPress         this press came before and has its answer: nobody is told anything
    ├── Unavailable           nothing wrong with the request; str(error) says to try later
    ├── RunflowError          what Runflow or its storage answered; never read by a person as it is
    │   ├── RunflowRefused    a final no: `refusal` says of what kind, `fields` which inputs
    │   ├── RunflowUnclear    the request may or may not have been taken: never send a create again
    │   │   └── RunflowUnanswered  there was no whole answer, or one of a server in trouble
    │   └── RunflowUnreachable  proven not taken: limits, refused connections; tries are used up
    ├── PictureError          a picture could not be had or read (`reason`)
    ├── SourceError           a picture handed in cannot be worked from; str(error) completes “cannot be …”
    ├── UnknownModel          no model of the catalog has this id; str(error) names those there are
    └── SettingsError         the settings do not hold; str(error) is for the operator

Foreign errors are translated where they enter (runflow/, store/, cogs/ui/); anything outside this tree is a fault.
"""

from datetime import datetime
from enum import StrEnum


class BotError(Exception):
    """The root of the tree."""


class UserError(BotError):
    """Something the person can mend. The text is what they read: what was wrong, what is allowed, what to do."""


class OptionError(UserError):
    """An option lies outside what the model takes. `option` is its name, `value` what was given, `allowed` a phrase."""

    def __init__(self, option: str, value: str, allowed: str) -> None:
        self.option, self.value, self.allowed = option, value, allowed
        super().__init__(f"`{option}` cannot be {value}. Allowed: {allowed}.")


class PromptRefused(UserError):
    """A server does not allow a prompt. `reason` was written by an admin: the face escapes it and builds `sentence`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(self.sentence(reason))

    @staticmethod
    def sentence(reason: str) -> str:
        """What the person reads, with a reason that is fit to be shown."""
        return f"This server does not allow that prompt: {reason}. Nothing was sent and nothing was charged."


class LimitError(UserError):
    """A limit would be passed. `resets_at` is UTC (None: never); `fits` is how many pictures would fit."""

    def __init__(self, sentence: str, *, resets_at: datetime | None = None, fits: int = 0) -> None:
        self.resets_at, self.fits = resets_at, fits
        super().__init__(sentence)


class SanctionError(UserError):
    """Moderators paused or stopped the person. `reason` is in a moderator's own words: whoever shows it escapes it.

    The sentence stands before and after it; both are the whole of it where no reason was given.
    """

    def __init__(self, *, before: str, reason: str, after: str) -> None:
        self.before, self.reason, self.after = before, reason, after
        super().__init__(f"{before}{reason}{after}")


class RepeatedPress(BotError):
    """The same press came before, to this process or to another: what it asked for is done, and said, once."""


class Unavailable(BotError):
    """Nothing is wrong with the request, but it cannot be served now. The text is the sentence people read."""


class RefusedDraft(BotError):
    """A request was refused, and its words are kept as a draft. `fits`: how many pictures would fit; 0: not said."""

    def __init__(self, refusal: UserError | Unavailable, draft_id: str) -> None:
        self.refusal, self.draft_id = refusal, draft_id
        self.fits = refusal.fits if isinstance(refusal, LimitError) else 0
        super().__init__(str(refusal))


class Refusal(StrEnum):
    """Why Runflow said no, as far as the bot must tell apart (concepts/errors)."""

    CREDENTIALS = "credentials"  # 401, 403: the operator must act
    CREDIT = "credit"  # 402
    INPUT = "input"  # 400, 422
    NOT_FOUND = "not_found"  # 404
    OTHER = "other"


class RunflowError(BotError):
    """Runflow, or the storage behind it, did not do as asked. The text is for the log, without secrets or URLs."""


class RunflowRefused(RunflowError):
    """A final no. `fields` holds the names of the inputs it named, where it named any."""

    def __init__(self, refusal: Refusal, log_text: str, fields: tuple[str, ...] = ()) -> None:
        self.refusal, self.fields = refusal, fields
        super().__init__(log_text)


class RunflowUnclear(RunflowError):
    """The answer was lost or unreadable: the request may have been taken."""


class RunflowUnanswered(RunflowUnclear):
    """No answer, half of one, or 5xx: it says nothing about what was asked, and reading again may help."""


class RunflowUnreachable(RunflowError):
    """The request was proven not taken, and every try is used up."""


class RunflowUnwanted(RunflowError):
    """Nothing was taken so far, and whoever asked does not want it any more."""


class PictureFault(StrEnum):
    """Why a picture could not be shown."""

    EXPIRED = "expired"  # 403, 404, 410: a fresh address may help, once
    UNREACHABLE = "unreachable"  # network, time, 5xx
    FORBIDDEN_ADDRESS = "forbidden_address"  # not https, or not a public address
    TOO_LARGE = "too_large"  # larger than the bot downloads or decodes
    UNREADABLE = "unreadable"  # not a picture, or a broken one


class PictureError(BotError):
    """One picture could not be had or read. The text is for the log, without URLs."""

    def __init__(self, reason: PictureFault, log_text: str) -> None:
        self.reason = reason
        super().__init__(log_text)


class SourceError(BotError):
    """A picture that somebody handed in cannot be worked from. The text says what it is, as in “cannot be …”."""


class UnknownModel(BotError):
    """No model of the catalog has this id. The text names the id and those there are; it is for the log."""


class SettingsError(BotError):
    """The settings do not hold. The text names each variable and what it may be; it never holds a secret."""
