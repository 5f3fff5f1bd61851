"""The inputs of the stand-in's models, the pixels of presets, prices. Source: the models' pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from sandbox.runflow.switches import CostRule

PRESETS: Final[Mapping[str, tuple[int, int]]] = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
"""Width and height in pixels. Source: the presets of fal, which have the same names; Runflow prints none."""

_USD_PER_MEGAPIXEL: Final = Decimal("0.005")
_USD_PER_EDIT: Final = Decimal("0.005")
_EDIT_STEPS: Final = 25
"""So many steps of an edit have one price. What more cost is not documented: here, the same again."""
EDIT_PIXELS: Final = 1024 * 1024
"""What the flat price of an edit is for."""

_WEB: Final = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
_INLINE: Final = re.compile(r"data:image/[\w.+-]+;base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One input: its kind, and what is allowed. `least` and `most` are a number's, or how many a list has.

    Every list is one of pictures.
    """

    name: str
    kind: type[str] | type[int] | type[bool] | type[list[Any]]
    description: str
    default: str | int | bool | None = None
    required: bool = False
    allowed: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


FIELDS: Final = (
    Field("prompt", str, "Text description of the image to generate.", required=True),
    Field("image_size", str, "Size preset for the generated image.", "landscape_4_3", allowed=tuple(PRESETS)),
    Field("num_images", int, "Number of images to generate (1-4).", 1, least=1, most=4),
    Field("num_inference_steps", int, "Number of denoising steps.", 4, least=1, most=50),
    Field("seed", int, "Random seed for reproducible generation.", least=0, most=2**32 - 1),
    Field("output_format", str, "Output image format.", "png", allowed=("jpeg", "png", "webp")),
    Field("enable_safety_checker", bool, "Enable NSFW content filtering.", default=True),
    Field("sync_mode", bool, "Wait for the result synchronously.", default=False),
)

EDIT_FIELDS: Final = (
    Field("prompt", str, "What to change in the image.", required=True),
    Field("image_urls", list, "URLs of the source images, or base64 images (1-4).", required=True, least=1, most=4),
    Field("steps", int, "Number of denoising steps.", 4, least=1, most=50),
    Field("seed", int, "Random seed for reproducible generation.", least=0, most=2**32 - 1),
)

_KINDS: Final[Mapping[type, str]] = {str: "string", int: "integer", bool: "boolean", list: "array"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one input, or with the item at `index` of one."""

    field: str
    message: str
    kind: str
    index: int | None = None

    def wire(self) -> dict[str, Any]:
        """An entry of `errors`. Its shape is not documented; this is FastAPI's."""
        return {"loc": where(self.field, self.index), "msg": self.message, "type": self.kind}


def where(field: str | None, index: int | None) -> list[str | int | None]:
    """`loc` of an input, or of an item of one."""
    return ["input", field] if index is None else ["input", field, index]


@dataclass(frozen=True, slots=True)
class Job:
    """A checked input with its defaults filled in. `seed` is None where none was asked for.

    `flat_usd` is the price of a picture whatever its size, None where pixels are paid. `steps_field` is what the model
    calls its steps.
    """

    prompt: str
    width_px: int
    height_px: int
    count: int
    steps: int
    seed: int | None
    file_format: str
    safety_checker: bool
    sync_mode: bool
    flat_usd: Decimal | None = None
    steps_field: str = "num_inference_steps"


def problems_of(
    given: Mapping[str, object], *, ignore_unknown: bool, fields: Sequence[Field] = FIELDS
) -> tuple[Problem, ...]:
    """Everything that is wrong with an `input`."""
    known = {field.name for field in fields}
    unknown = () if ignore_unknown else tuple(name for name in given if name not in known)
    found = [Problem(name, "unknown input", "extra_forbidden") for name in unknown]
    for field in fields:
        if field.name not in given or (given[field.name] is None and not field.required):
            if field.required:
                found.append(Problem(field.name, "field required", "missing"))
            continue
        problem = _problem(field, given[field.name])
        if problem is not None:
            found.append(problem)
    return tuple(found)


def _problem(field: Field, value: object) -> Problem | None:
    if type(value) is not field.kind:  # a bool is an int to Python, not to Runflow
        return Problem(field.name, f"must be a {_KINDS[field.kind]}", "type")
    if field.required and isinstance(value, str) and not value.strip():
        return Problem(field.name, "must not be empty", "too_short")
    if field.allowed and value not in field.allowed:
        return Problem(field.name, f"must be one of {', '.join(field.allowed)}", "enum")
    if isinstance(value, list):
        return _list_problem(field, cast("list[object]", value))
    return _number_problem(field, value) if isinstance(value, int) else None


def _number_problem(field: Field, value: int) -> Problem | None:
    if field.least is not None and value < field.least:
        return Problem(field.name, f"must be >= {field.least}", "range")
    if field.most is not None and value > field.most:
        return Problem(field.name, f"must be <= {field.most}", "range")
    return None


def _list_problem(field: Field, items: Sequence[object]) -> Problem | None:
    if field.least is not None and len(items) < field.least:
        return Problem(field.name, f"must have at least {field.least} item", "too_short")
    if field.most is not None and len(items) > field.most:
        return Problem(field.name, f"must have at most {field.most} items", "too_long")
    for index, item in enumerate(items):
        if not isinstance(item, str):
            return Problem(field.name, "must be a string", "type", index)
        if not (_WEB.match(item) or _INLINE.match(item)):
            return Problem(field.name, "must be an http or https address, or a base64 image", "url", index)
    return None


def _value(given: Mapping[str, object], problems: Sequence[Problem], field: Field) -> object:
    """What was given; the default in place of what is absent or, where bad input only fails late, wrong."""
    asked = given.get(field.name)
    return field.default if asked is None or field.name in {one.field for one in problems} else asked


def job_of(given: Mapping[str, object], problems: Sequence[Problem] = ()) -> Job:
    """The input of a picture from words."""
    named = {field.name: field for field in FIELDS}

    def value(name: str) -> object:
        return _value(given, problems, named[name])

    width_px, height_px = PRESETS[str(value("image_size"))]
    return Job(
        prompt=str(value("prompt") or ""),
        width_px=width_px,
        height_px=height_px,
        count=cast("int", value("num_images")),
        steps=cast("int", value("num_inference_steps")),
        seed=cast("int | None", value("seed")),
        file_format=str(value("output_format")),
        safety_checker=bool(value("enable_safety_checker")),
        sync_mode=bool(value("sync_mode")),
    )


def edit_job_of(given: Mapping[str, object], problems: Sequence[Problem], size: tuple[int, int]) -> Job:
    """The input of an edit whose picture will have `size` pixels. Its safety checker cannot be switched off."""
    prompt, _, steps, seed = (_value(given, problems, field) for field in EDIT_FIELDS)
    asked_steps = cast("int", steps)
    return Job(
        prompt=str(prompt or ""),
        width_px=size[0],
        height_px=size[1],
        count=1,
        steps=asked_steps,
        seed=cast("int | None", seed),
        file_format="jpeg",
        safety_checker=True,
        sync_mode=False,
        flat_usd=_USD_PER_EDIT * -(-asked_steps // _EDIT_STEPS),
        steps_field="steps",
    )


def cost_usd(job: Job, count: int, rule: CostRule) -> Decimal:
    """The price of `count` pictures in dollars. A cost that is not shown is proportional all the same."""
    if job.flat_usd is not None:
        return job.flat_usd * count
    pixels = job.width_px * job.height_px
    if rule == "rounded_1e6":
        megapixels = Decimal(-(-pixels // 10**6))
    elif rule == "rounded_2e20":
        megapixels = Decimal(-(-pixels // 2**20))
    else:
        megapixels = Decimal(pixels) / 10**6
    return _USD_PER_MEGAPIXEL * megapixels * count


def field_wire(field: Field, order: int) -> dict[str, Any]:
    """An input as the catalogue describes it. The codes of kinds and validators are not documented: these are ours."""
    attributes: dict[str, Any] = {}
    if field.allowed:
        attributes["options"] = list(field.allowed)
    if field.least is not None:
        attributes["min"] = field.least
    if field.most is not None:
        attributes["max"] = field.most
    return {
        "name": field.name,
        "display_name": field.name.replace("_", " ").capitalize(),
        "description": field.description,
        "variable_type_code": _KINDS[field.kind],
        "default_behavior_code": "static" if field.default is not None else "none",
        "validator_code": "enum" if field.allowed else "range" if attributes else None,
        "validator_attrs": attributes,
        "is_required": field.required,
        "default_value": field.default,
        "sort_order": order,
        "is_featured": field.name in {"prompt", "image_size", "num_images", "image_urls"},
    }
