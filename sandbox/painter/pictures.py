"""Pictures for the Runflow stand-in, drawn from prompt and seed: the same request gives the same bytes.

They are landscapes whose light, place, weather and figure follow the words of the prompt, and they say in a corner what
they are.
"""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import hashlib
import io
import random
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
    label(painting.image, LABEL, words)
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


def label(image: Image.Image, kind: str, prompt: str) -> None:
    """A line in the lower left that says what this is. The font has Latin letters only: others are left out."""
    size = _letter_px(image)
    font = ImageFont.load_default(size)
    shown = " ".join("".join(letter if letter.isascii() and letter.isprintable() else " " for letter in prompt).split())
    text = f"{kind} · {shown}" if shown else kind
    room = image.width * 0.8
    while font.getlength(text) > room and len(text) > len(kind):
        text = text[: -(8 if text.endswith("…") else 7)].rstrip(" ·") + "…"
    pad, margin, tall = _measures(size)
    wide = round(font.getlength(text)) + 2 * pad
    badge = Image.new("L", (wide, tall))
    ImageDraw.Draw(badge).rounded_rectangle((0, 0, wide - 1, tall - 1), radius=tall / 2, fill=150)
    at = (margin, image.height - margin - tall)
    image.paste((12, 14, 22), at, badge)
    ImageDraw.Draw(image).text((at[0] + pad, at[1] + tall / 2), text, font=font, fill=(245, 246, 250), anchor="lm")


def without_label(image: Image.Image) -> Image.Image:
    """A picture of ours without its line, which gives way to what lies above it; any other picture as it is."""
    pad, margin, tall = _measures(_letter_px(image))
    top = image.height - margin - tall
    if top < 2 * tall or not _has_label(image, (margin + pad, top + pad // 2, margin + pad + 4 * tall, top + tall)):
        return image
    box = (0, top - margin // 2, _label_end(image, margin, top, pad) + 2 * margin, image.height)
    above = image.crop((0, 2 * box[1] - box[3], box[2], box[1])).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mask = Image.new("L", above.size)
    mask.paste(255, (0, margin // 4, above.width - margin, above.height))
    bare = image.copy()
    bare.paste(above, box, mask.filter(ImageFilter.BoxBlur(margin // 4)))
    return bare


def _has_label(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether a place is darker than what lies above it, and has light letters on it."""
    tall = box[3] - box[1]
    above = image.crop((box[0], box[1] - 2 * tall, box[2], box[1] - tall)).convert("L")
    place = image.crop(box).convert("L")
    levels, count = place.histogram(), place.width * place.height
    light, dark = sum(levels[190:]) / count, sum(levels[:150]) / count
    ground = sorted(place.tobytes())[count // 3]
    return 0.06 < light < 0.5 and dark > 0.3 and ground < sorted(above.tobytes())[above.width * above.height // 2]


def _label_end(image: Image.Image, margin: int, top: int, pad: int) -> int:
    """Where the dark of a label ends, going right along its upper rim."""
    across = image.width - margin
    rim = (
        image.crop((0, top + 2, across, top + max(3, pad // 2))).convert("L").resize((across, 1), Image.Resampling.BOX)
    )
    above = image.crop((0, top - pad // 2, across, top - 1)).convert("L").resize((across, 1), Image.Resampling.BOX)
    darker = [low < 0.8 * high for low, high in zip(rim.tobytes(), above.tobytes(), strict=True)]
    at = 3 * margin
    while at < across and any(darker[at : at + pad]):
        at += 1
    return at


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
