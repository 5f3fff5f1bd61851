"""Pictures for the Runflow stand-in, drawn from prompt and seed: the same request gives the same bytes.

They are landscapes whose light, place, weather and figure follow the words of the prompt, and they say in a corner what
they are.
"""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import hashlib
import io
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sandbox.painter import scenery
from sandbox.painter.cosmos import paint_space
from sandbox.painter.palette import Scene, scene_of
from sandbox.painter.scenery import Painting
from sandbox.painter.subjects import add_subject

LABEL: Final = "sandbox picture"


def draw_picture(prompt: str, *, seed: int, index: int, width_px: int, height_px: int, file_format: str) -> bytes:
    """An encoded picture (`png`, `jpeg` or `webp`). Blocks for about a tenth of a second: call it in a thread."""
    image = paint(prompt, seed=seed, index=index, width_px=width_px, height_px=height_px)
    return encode(image, file_format)


def paint(prompt: str, *, seed: int, index: int, width_px: int, height_px: int) -> Image.Image:
    """The picture itself."""
    words = " ".join(prompt.split())
    digest = hashlib.sha256(f"{words.casefold()}\n{seed}\n{index}".encode()).digest()
    rng = random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311  # pictures, not secrets
    scene = scene_of(words, rng)
    painting = _compose(scene, rng, width_px, height_px)
    scenery.falling(painting)
    label(painting.image, LABEL)
    return painting.image


def _compose(scene: Scene, rng: random.Random, width_px: int, height_px: int) -> Painting:
    if scene.place == "space":
        return paint_space(scene, rng, width_px, height_px)
    if scene.place == "sea":
        return _seascape(scene, rng, width_px, height_px)
    horizon = 0.72
    painting = scenery.begin(scene, rng, width_px, height_px, horizon)
    if scene.place == "city":
        for layer, crest, tallest in ((0.15, 0.78, 0.34), (0.5, 0.84, 0.42), (0.9, 0.94, 0.4)):
            scenery.city(painting, layer=layer, crest=crest, tallest=tallest)
            scenery.mist(painting, crest - 0.05, 0.28 * (1 - layer))
    else:
        rough, kinds = _LANDS.get(scene.place, _LANDS["hills"])
        for layer, crest, swing, kind in zip(
            (0.05, 0.3, 0.6), (0.66, 0.74, 0.83), (0.3, 0.2, 0.14), kinds, strict=True
        ):
            scenery.land(painting, layer=layer, crest=crest, swing=swing, roughness=rough, kind=kind)
            scenery.mist(painting, crest, (0.5 if scene.weather == "fog" else 0.22) * (1 - layer))
    scenery.land(painting, layer=0.95, crest=0.93, swing=0.06, roughness=0.36)
    add_subject(painting, 0.925)
    return painting


_LANDS: Final = {
    "mountains": (0.53, ("peaks", "peaks", "pines")),
    "forest": (0.45, ("", "pines", "pines")),
    "desert": (0.33, ("", "", "")),
    "hills": (0.38, ("", "", "pines")),
}


def _seascape(scene: Scene, rng: random.Random, width_px: int, height_px: int) -> Painting:
    horizon = rng.uniform(0.56, 0.64)
    painting = scenery.begin(scene, rng, width_px, height_px, horizon)
    scenery.land(painting, layer=0.08, crest=horizon + 0.01, swing=0.2, roughness=0.5, kind="peaks")
    scenery.land(painting, layer=0.35, crest=horizon + 0.02, swing=0.1, roughness=0.45, kind="pines")
    scenery.mist(painting, horizon - 0.02, 0.35)
    scenery.water(painting, horizon)
    afloat = scene.subject in {"boat", "lighthouse", "balloon", "birds"}
    if afloat:
        add_subject(painting, 0.82)
    else:
        scenery.land(painting, layer=1.0, crest=0.97, swing=0.08, roughness=0.4)
        add_subject(painting, 0.93)
    return painting


def label(image: Image.Image, kind: str) -> None:
    """A line in the lower right that says what this is."""
    font = ImageFont.load_default(_letter_px(image))
    pad, _, _ = _measures(_letter_px(image))
    left, top, right, bottom = _place(image, kind)
    badge = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(badge).rounded_rectangle(
        (0, 0, badge.width - 1, badge.height - 1), radius=badge.height / 2, fill=150
    )
    image.paste((12, 14, 22), (left, top), badge)
    ImageDraw.Draw(image).text((left + pad, (top + bottom) / 2), kind, font=font, fill=(245, 246, 250), anchor="lm")


def without_label(image: Image.Image, kinds: Sequence[str]) -> Image.Image:
    """A picture without its line of one of these kinds, which gives way to what lies above it; any other as it is."""
    for kind in kinds:
        place = _place(image, kind)
        if place[0] > 0 and place[1] > 2 * (place[3] - place[1]) and _has_label(image, place):
            return _patched(image, place)
    return image


def _patched(image: Image.Image, place: tuple[int, int, int, int]) -> Image.Image:
    """The picture with what lies above a place mirrored onto it, with soft rims."""
    soft = max(2, (place[3] - place[1]) // 4)
    left, top, right, bottom = place[0] - 2 * soft, place[1] - soft, image.width, image.height
    tall = bottom - top
    above = image.crop((left, top - tall, right, top)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mask = Image.new("L", above.size)
    mask.paste(255, (soft, soft, above.width, above.height))
    bare = image.copy()
    bare.paste(above, (left, top), mask.filter(ImageFilter.BoxBlur(soft)))
    return bare


def _place(image: Image.Image, kind: str) -> tuple[int, int, int, int]:
    """Where the line of a kind stands: left, top, right, bottom."""
    size = _letter_px(image)
    pad, margin, tall = _measures(size)
    wide = round(ImageFont.load_default(size).getlength(kind)) + 2 * pad
    right, bottom = image.width - margin, image.height - margin
    return right - wide, bottom - tall, right, bottom


def _has_label(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether a place is darker than what lies above it, and has light letters on it."""
    tall = box[3] - box[1]
    above = image.crop((box[0], box[1] - 2 * tall, box[2], box[1] - tall)).convert("L")
    place = image.crop(box).convert("L")
    levels, count = place.histogram(), place.width * place.height
    light, dark = sum(levels[190:]) / count, sum(levels[:150]) / count
    ground = sorted(place.tobytes())[count // 3]
    return 0.06 < light < 0.5 and dark > 0.3 and ground < sorted(above.tobytes())[above.width * above.height // 2]


def _letter_px(image: Image.Image) -> int:
    return max(12, round(min(image.size) * 0.021))


def _measures(size: int) -> tuple[int, int, int]:
    """Of a label: the room beside its letters, the room around it, and its height, in pixels."""
    pad = round(size * 0.6)
    return pad, round(size * 0.8), round(size * 1.25) + pad


def black_picture(width_px: int, height_px: int, file_format: str) -> bytes:
    """What a provider puts in the place of a picture it flagged."""
    return encode(Image.new("RGB", (width_px, height_px)), file_format)


def plain_picture(prompt: str, *, seed: int, index: int, width_px: int, height_px: int, file_format: str) -> bytes:
    """An encoded picture of one colour, which follows from the same values: for when nobody looks."""
    digest = hashlib.sha256(f"{prompt}\n{seed}\n{index}".encode()).digest()
    return encode(Image.new("RGB", (width_px, height_px), (digest[0], digest[1], digest[2])), file_format)


def encode(image: Image.Image, file_format: str) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    if file_format == "jpeg":
        image.save(buffer, "JPEG", quality=88)
    elif file_format == "webp":
        image.save(buffer, "WEBP", quality=85, method=0)
    else:
        image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
