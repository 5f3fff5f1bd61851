"""Edits of pictures for the Runflow stand-in: the source is still to be recognised, and does what the words ask.

The same sources, words and seed give the same bytes. What nobody asks for stays; where the words ask for nothing that
is known here, the picture is varied a little, by the seed.
"""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import hashlib
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image

from sandbox.painter import framing
from sandbox.painter.light import at_time, graded, in_tone, tinted
from sandbox.painter.pictures import LABEL, encode, label, without_label
from sandbox.painter.props import add
from sandbox.painter.reading import read_picture
from sandbox.painter.skies import in_weather
from sandbox.painter.styles import in_style
from sandbox.painter.wishes import Wishes, wishes_of

EDIT_LABEL: Final = "sandbox edit"


def edit_picture(
    sources: Sequence[bytes], prompt: str, *, seed: int, width_px: int, height_px: int, file_format: str
) -> bytes:
    """An encoded picture (`png`, `jpeg` or `webp`) of one to four sources, changed as the prompt asks.

    Blocks for some tenths of a second: call it in a thread. Raises NotReadable.
    """
    images = [read_picture(source, width_px, height_px) for source in sources]
    return encode(edited(images, prompt, seed=seed), file_format)


def edited(images: Sequence[Image.Image], prompt: str, *, seed: int) -> Image.Image:
    """The edit of pictures of one size. None of them is changed."""
    words = " ".join(prompt.split())
    rng = _chance(images, words, seed)
    wishes = wishes_of(words)
    bare = [without_label(image, (LABEL, EDIT_LABEL)) for image in images]
    image = framing.blend(bare, rng) if len(bare) > 1 else bare[0].copy()
    if wishes.variation and len(images) == 1:
        image = framing.varied(image, rng, strong=wishes.variation == "strong")
    else:
        image = graded(image, _breath(rng))
    image = _changed(image, wishes, rng)
    label(image, EDIT_LABEL)
    return image


def _chance(images: Sequence[Image.Image], words: str, seed: int) -> random.Random:
    digest = hashlib.sha256(f"{words.casefold()}\n{seed}\n".encode())
    for image in images:
        digest.update(image.reduce(8).tobytes())
    return random.Random(int.from_bytes(digest.digest()[:8], "big"))  # noqa: S311  # pictures, not secrets


def _changed(image: Image.Image, wishes: Wishes, rng: random.Random) -> Image.Image:
    """Frame first, then what is in it, then the light on it, then the means it is made with."""
    if wishes.frame:
        image = framing.wider(image, rng) if wishes.frame == "wider" else framing.closer(image, rng)
    image = at_time(image, wishes.time, rng)
    for place, thing in enumerate(wishes.additions):
        add(image, thing, rng, place)
    image = in_weather(image, wishes.weather, rng)
    if wishes.colour is not None:
        image = tinted(image, wishes.colour, sky_only=wishes.colours_sky)
    image = in_tone(image, wishes.tone)
    return in_style(image, wishes.style, rng)


def _breath(rng: random.Random) -> tuple[float, float, float]:
    """Hardly to be seen: two seeds never give quite the same picture."""
    return rng.uniform(0.97, 1.03), rng.uniform(0.97, 1.03), rng.uniform(0.97, 1.03)
