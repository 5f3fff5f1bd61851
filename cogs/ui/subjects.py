"""What the buttons of several features are about, as their custom_ids say it. Pure."""

import re

from bot.custom_ids import run_id
from bot.runs.run import PictureRef

_INDEX = re.compile(r"[0-9]")  # an answer shows ten pictures at most


def picture_ref(subject: str) -> PictureRef:
    """One picture of a run: the run's id, a colon, and its index from 0. Raises ValueError."""
    of_run, _, index = subject.partition(":")
    if _INDEX.fullmatch(index) is None:
        raise ValueError("no picture")
    return PictureRef(run_id(of_run), int(index))


def of_picture(ref: PictureRef) -> str:
    """The subject that `picture_ref` reads."""
    return f"{ref.run_id}:{ref.index}"
