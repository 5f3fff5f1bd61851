"""What the words of an instruction ask of a picture: light, weather, colours, things, style, frame."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from sandbox.painter.palette import COLOURS, Rgb

Strength = Literal["", "subtle", "strong"]

_MOST_ADDITIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Addition:
    """A thing to draw. `colour` is None where none was said."""

    name: str
    colour: Rgb | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that was heard; what is empty was not said. `frame` is `wider` or `closer`."""

    time: str = ""
    weather: str = ""
    tone: str = ""
    style: str = ""
    frame: str = ""
    colour: Rgb | None = None
    colours_sky: bool = False
    additions: tuple[Addition, ...] = ()
    variation: Strength = ""


def _table(**meanings: str) -> Mapping[str, str]:
    return {word: meaning for meaning, words in meanings.items() for word in words.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TIMES: Final = _table(
    night="night midnight moonlit moonlight nighttime nocturnal starry",
    evening="evening sunset dusk twilight golden",
    morning="morning dawn sunrise",
    day="day noon daylight daytime midday afternoon",
)
_WEATHERS: Final = _table(
    snow="snow snowy snowing snowfall blizzard winter wintry",
    rain="rain rainy raining storm stormy drizzle thunderstorm",
    fog="fog foggy mist misty haze hazy",
    clouds="cloudy clouds overcast",
    clear="sunny clear sunshine",
)
_TONES: Final = _table(
    warm="warm warmer cosy cozy",
    cold="cold colder cool cooler icy chilly",
    mono="monochrome grayscale greyscale bw noir",
    sepia="sepia vintage retro antique",
    vivid="vivid colourful colorful saturated vibrant",
    muted="muted pastel faded soft softer desaturated",
    bright="bright brighter lighter",
    dark="dark darker moody gloomy",
)
_STYLES: Final = _table(
    watercolour="watercolour watercolor aquarelle watercolours watercolors",
    pixels="pixel pixels pixelart pixelated voxel",
    sketch="sketch pencil charcoal drawing sketched",
    comic="comic cartoon manga anime comics",
    poster="poster screenprint print minimalist flat",
    oil="oil painting impressionist painted brushstrokes",
)
_FRAMES: Final = (
    ("wider", re.compile(r"zoom(?:ed|ing)? out|\bwider\b|\bwide view|\boutpaint|further away|farther away")),
    ("closer", re.compile(r"zoom(?:ed|ing)? in\b|\bcloser\b|close[- ]up")),
)
THINGS: Final[Mapping[str, str]] = _table(
    hat="hat hats cap",
    crown="crown",
    moon="moon",
    sun="sun",
    stars="star stars",
    rainbow="rainbow",
    balloon="balloon balloons",
    birds="bird birds gull gulls swallows",
    boat="boat ship sailboat yacht",
    house="house cabin cottage hut barn",
    castle="castle palace",
    lighthouse="lighthouse",
    fox="fox",
    cat="cat kitten",
    tree="tree trees pine",
    flower="flower flowers tulip",
    umbrella="umbrella parasol",
    snowman="snowman",
    heart="heart hearts",
)

_KEPT: Final = _words("keep keeping leave preserve without remove no not don never")
_ADDING: Final = _words("add adding put draw place give giving with wearing wear include insert hang paint")
_CHANGING: Final = _ADDING | _words("make turn change let set")
_KNOWN: Final = _words("the its this that his her their your my")
_ANY: Final = _words("a an one another some two three")
_VARIED: Final = re.compile(r"\bvar(?:y|ied|iation|iations)\b|more like this|like this one|another version|\bsimilar\b")
_STRONG: Final = re.compile(r"\b(?:strong\w*|bold\w*|different|dramatic\w*|clearly|big|bigger|wild\w*)\b")
_BREAKS: Final = re.compile(r"[,.;:!?\n]+|\b(?:and|but|then)\b")


def wishes_of(instruction: str) -> Wishes:
    """What an instruction asks for. What it says to keep, to leave out or not to do is not heard."""
    text = " ".join(instruction.casefold().split()).replace("black and white", "monochrome").replace("8-bit", "pixel")
    varied = _VARIED.search(text) is not None
    wishes = Wishes(frame=next((frame for frame, pattern in _FRAMES if pattern.search(text)), ""))
    adding = False
    for clause in _BREAKS.split(text):
        words = re.findall(r"[^\W\d_]+", clause)
        said = frozenset(words)
        if said & _KEPT or (varied and (_VARIED.search(clause) or not said & _CHANGING)):
            adding = False
            continue
        adding = bool(said & _ADDING) or (adding and not said & _CHANGING)
        wishes = _heard(wishes, words, adding=adding or len(text.split()) <= 4)
    if varied or wishes == Wishes():
        return replace(wishes, variation="strong" if _STRONG.search(text) else "subtle")
    return wishes


def _heard(wishes: Wishes, words: Sequence[str], *, adding: bool) -> Wishes:
    """`wishes` with those of one clause; what was heard first stays."""
    additions, of_things = _additions(words, carried=adding) if adding else ((), frozenset[int]())
    colour = next((COLOURS[word] for at, word in enumerate(words) if word in COLOURS and at not in of_things), None)
    things = wishes.additions + additions
    rest = [word for at, word in enumerate(words) if at not in of_things]
    return replace(
        wishes,
        time=wishes.time or _first(_TIMES, rest),
        weather=wishes.weather or _first(_WEATHERS, rest),
        tone=wishes.tone or _first(_TONES, rest),
        style=wishes.style or _first(_STYLES, rest),
        colour=wishes.colour or colour,
        colours_sky=wishes.colours_sky or (colour is not None and wishes.colour is None and "sky" in words),
        additions=things[:_MOST_ADDITIONS],
    )


def _first(table: Mapping[str, str], words: Sequence[str]) -> str:
    return next((table[word] for word in words if word in table), "")


def _additions(words: Sequence[str], *, carried: bool) -> tuple[tuple[Addition, ...], frozenset[int]]:
    """The things of a clause that are not there yet, and where the words for their colours stand."""
    found: list[Addition] = []
    coloured: set[int] = set()
    for at, word in enumerate(words):
        name = THINGS.get(word)
        before = words[max(0, at - 3) : at]
        article = next((one for one in reversed(before) if one in _KNOWN or one in _ANY or one in _ADDING), "")
        if name is None or article in _KNOWN or not (article or carried):
            continue
        shade = next((place for place in range(at - 1, max(-1, at - 3), -1) if words[place] in COLOURS), None)
        if shade is not None:
            coloured.add(shade)
        found.append(Addition(name, None if shade is None else COLOURS[words[shade]]))
    return tuple(found), frozenset(coloured)
