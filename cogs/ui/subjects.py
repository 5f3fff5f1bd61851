"""What the buttons of several features are about, as their custom_ids say it. Pure."""

import re
from typing import NamedTuple

from bot.custom_ids import run_id
from bot.runs.run import PictureRef

_INDEX = re.compile(r"[0-9]")  # an answer shows ten pictures at most


def picture_ref(subject: str) -> PictureRef:
    """One picture of a run: the run's id, a colon, and its index from 0. Raises ValueError."""
    of_run, _, index = subject.partition(":")
    if _INDEX.fullmatch(index) is None:
        raise ValueError("no picture")
    return PictureRef(run_id(of_run), int(index))


class Saving(NamedTuple):
    """What a heart is on: one picture of a run, from 0, or None for all of them."""

    run_id: str
    picture: int | None


def saving(subject: str) -> Saving:
    """What a heart's subject says: a run's id alone, or one of its pictures. Raises ValueError."""
    if ":" not in subject:
        return Saving(run_id(subject), None)
    ref = picture_ref(subject)
    return Saving(ref.run_id, ref.index)


def of_picture(ref: PictureRef) -> str:
    """The subject that `picture_ref` reads."""
    return f"{ref.run_id}:{ref.index}"
