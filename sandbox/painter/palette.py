"""What the words of a prompt mean for a picture: time of day, place, weather, subject, colours."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

Rgb = tuple[int, int, int]


def rgb(code: str) -> Rgb:
    """A colour from six hexadecimal digits."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`first` with a `share` (0 to 1) of `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Scene:
    """What to draw. `sky` runs from the top to the horizon; `light` is the sun's or moon's; `accent` the subject's."""

    time: str
    sky: tuple[Rgb, ...]
    far: Rgb
    near: Rgb
    light: Rgb
    place: str
    weather: str
    subject: str
    accent: Rgb
    stars: float
    sun_height: float


_TIMES: Final[Mapping[str, Scene]] = {
    "dawn": Scene(
        "dawn",
        (rgb("31437a"), rgb("8c86bd"), rgb("f0a9a7"), rgb("ffdcae"), rgb("fff0cf")),
        rgb("a99bbd"),
        rgb("2b3350"),
        rgb("fff2cc"),
        "",
        "",
        "",
        rgb("d9662b"),
        0.05,
        0.3,
    ),
    "day": Scene(
        "day",
        (rgb("2a74c7"), rgb("5da7e4"), rgb("a6d5f2"), rgb("e4f3f3")),
        rgb("9fc3d4"),
        rgb("27594a"),
        rgb("fffbe0"),
        "",
        "",
        "",
        rgb("d9662b"),
        0.0,
        0.68,
    ),
    "sunset": Scene(
        "sunset",
        (rgb("2a1d57"), rgb("7a2f77"), rgb("d9534f"), rgb("ff9a56"), rgb("ffdf96")),
        rgb("b8617a"),
        rgb("221534"),
        rgb("ffeaa8"),
        "",
        "",
        "",
        rgb("c8501e"),
        0.1,
        0.2,
    ),
    "dusk": Scene(
        "dusk",
        (rgb("12183c"), rgb("343f80"), rgb("85699f"), rgb("e0998f"), rgb("f6c39b")),
        rgb("6f6a9c"),
        rgb("12142c"),
        rgb("fff1d6"),
        "",
        "",
        "",
        rgb("b5552e"),
        0.45,
        0.55,
    ),
    "night": Scene(
        "night",
        (rgb("040a20"), rgb("0b1a40"), rgb("1a3768"), rgb("41659a")),
        rgb("34557f"),
        rgb("050b1c"),
        rgb("f4f1de"),
        "",
        "",
        "",
        rgb("8a4a2c"),
        1.0,
        0.7,
    ),
}

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "time": {
        "dawn": "dawn sunrise morning early spring pastel",
        "day": "day noon sunny summer bright daylight afternoon blue clear",
        "sunset": "sunset golden evening warm autumn fall orange fire dragon desert retro vintage",
        "dusk": "dusk twilight purple violet magic mystic fantasy rain rainy",
        "night": "night midnight moon moonlit moonlight dark stars starry neon cyberpunk aurora halloween",
    },
    "place": {
        "space": "space galaxy planet nebula cosmos cosmic astronaut universe orbit mars saturn jupiter spaceship",
        "sea": "sea ocean beach coast island wave waves lake river water harbour harbor bay ship boat sail whale"
        " lighthouse fjord pond",
        "city": "city street skyline skyscraper tower towers town neon cyberpunk urban metropolis tokyo london paris"
        " york berlin cafe market",
        "forest": "forest wood woods tree trees pine pines jungle deer bear owl fairy mushroom",
        "mountains": "mountain mountains alps peak peaks summit cliff glacier himalaya eagle airplane volcano dragon",
        "desert": "desert dune dunes sand sahara camel cactus canyon pyramid",
        "hills": "hill hills meadow field fields valley garden countryside farm village flower flowers horse sheep",
    },
    "weather": {
        "snow": "snow snowy snowing winter ice icy frozen blizzard christmas",
        "rain": "rain rainy raining storm stormy thunder monsoon",
        "fog": "fog foggy mist misty haze hazy cloudy clouds smoke",
        "aurora": "aurora borealis northern",
        "clear": "clear sunny cloudless",
    },
    "subject": {
        "fox": "fox foxes vixen",
        "cat": "cat cats kitten kitty tabby",
        "birds": "bird birds gull gulls seagull crow crows eagle owl swallow swallows geese",
        "boat": "boat boats ship sail sailing sailboat yacht",
        "house": "house cabin cottage hut home barn farm village inn",
        "balloon": "balloon balloons",
        "lighthouse": "lighthouse",
        "castle": "castle palace fortress kingdom fantasy fairy dragon",
    },
}

COLOURS: Final[Mapping[str, Rgb]] = {
    "red": rgb("d63a2f"),
    "crimson": rgb("b3122d"),
    "orange": rgb("f0802a"),
    "yellow": rgb("f6cf3c"),
    "gold": rgb("e8b23a"),
    "golden": rgb("f0b84a"),
    "green": rgb("4a9f5b"),
    "emerald": rgb("1f9d6f"),
    "teal": rgb("1f9a9a"),
    "turquoise": rgb("34c3c0"),
    "cyan": rgb("36c5e0"),
    "blue": rgb("2f6fd0"),
    "azure": rgb("3f97e8"),
    "indigo": rgb("4338a8"),
    "violet": rgb("7d4fc9"),
    "purple": rgb("7a3fb0"),
    "lavender": rgb("a996dc"),
    "pink": rgb("f08ab8"),
    "magenta": rgb("d63ca8"),
    "rose": rgb("e8798f"),
    "brown": rgb("7a4f30"),
    "black": rgb("1b1b22"),
    "white": rgb("eef1f4"),
    "silver": rgb("b4bcc8"),
    "grey": rgb("858b96"),
    "gray": rgb("858b96"),
    "neon": rgb("f02fc2"),
}

_OF_SUBJECTS: Final[Mapping[str, Rgb]] = {
    "cat": rgb("4a4e5c"),
    "boat": rgb("9c3f2e"),
    "house": rgb("8a4636"),
    "balloon": rgb("d9483b"),
    "lighthouse": rgb("c73a33"),
    "castle": rgb("6b6f86"),
}

_LANDS: Final[Mapping[str, tuple[Rgb, float]]] = {
    "forest": (rgb("1d4a34"), 0.35),
    "desert": (rgb("b8683a"), 0.55),
    "hills": (rgb("3f7a3c"), 0.4),
    "mountains": (rgb("34506b"), 0.3),
    "city": (rgb("262b45"), 0.3),
    "sea": (rgb("1f4a5c"), 0.3),
}

_SEASONS: Final[Mapping[str, tuple[Rgb, float]]] = {
    "autumn": (rgb("a8501f"), 0.5),
    "fall": (rgb("a8501f"), 0.5),
    "spring": (rgb("7fae4e"), 0.4),
    "summer": (rgb("4f9440"), 0.35),
}


def scene_of(prompt: str, rng: random.Random) -> Scene:
    """The scene that a prompt describes; `rng` chooses what it leaves open."""
    words = re.findall(r"[^\W\d_]+", prompt.casefold())
    weather = _said("weather", words) or rng.choices(("clear", "clouds", "fog"), (3, 4, 2))[0]
    if {"aurora", "borealis"} & set(words):  # snow under it is only on the ground
        weather = "aurora"
    place = _said("place", words) or rng.choice(("mountains", "hills", "sea", "forest"))
    time = _said("time", words) or rng.choice(("dawn", "day", "sunset", "dusk", "night"))
    if weather == "aurora":
        time = "night"
    scene = replace(_TIMES[time], place=place, weather=weather, subject=_said("subject", words))
    land, share = _LANDS.get(place, (scene.near, 0.0))
    scene = replace(scene, near=mix(scene.near, land, share * _daylight(time)))
    for word in words:
        land, share = _SEASONS.get(word, (scene.near, 0.0))
        scene = replace(scene, near=mix(scene.near, land, share * _daylight(time)))
    if weather == "snow":
        snow = mix(rgb("eef4fb"), scene.sky[1], 0.25 if time == "day" else 0.5)
        scene = replace(scene, near=mix(scene.near, snow, 0.75), far=mix(scene.far, snow, 0.4))
    return _coloured(scene, words)


def _said(kind: str, words: Sequence[str]) -> str:
    """The first meaning of a kind that the words have, or nothing."""
    for word in words:
        for meaning, names in _WORDS[kind].items():
            if word in names.split():
                return meaning
    return ""


def _coloured(scene: Scene, words: Sequence[str]) -> Scene:
    """A colour just before the subject is the subject's; any other tints sky and land."""
    accent = _OF_SUBJECTS.get(scene.subject, scene.accent)
    names = _WORDS["subject"].get(scene.subject, "").split()
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        colour = COLOURS.get(word)
        if colour is None:
            continue
        if following in names:
            accent = mix(colour, accent, 0.4) if scene.subject == "fox" and word == "red" else colour
            continue
        sky = tuple(mix(stop, colour, 0.12 + 0.3 * at / len(scene.sky)) for at, stop in enumerate(scene.sky))
        scene = replace(scene, sky=sky, far=mix(scene.far, colour, 0.35), near=mix(scene.near, colour, 0.15))
    return replace(scene, accent=mix(accent, scene.near, 0.35 if scene.time == "night" else 0.1))


def _daylight(time: str) -> float:
    return {"day": 1.0, "dawn": 0.7, "sunset": 0.5, "dusk": 0.35}.get(time, 0.2)
