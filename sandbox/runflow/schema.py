"""The one model the stand-in runs: its inputs, the pixels of its presets, its price. Source: the model's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from sandbox.runflow.switches import CostRule

OWNER: Final = "black-forest-labs"
SLUG: Final = "flux-2-klein-4b"
MODEL_ID: Final = "0197a3f0-6c1e-7b52-8d0a-5a1f4c9be204"

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


@dataclass(frozen=True, slots=True)
class Field:
    """One input: its kind, and what is allowed."""

    name: str
    kind: type[str] | type[int] | type[bool]
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

_KINDS: Final[Mapping[type, str]] = {str: "string", int: "integer", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one input."""

    field: str
    message: str
    kind: str

    def wire(self) -> dict[str, Any]:
        """An entry of `errors`. Its shape is not documented; this is FastAPI's."""
        return {"loc": ["input", self.field], "msg": self.message, "type": self.kind}


@dataclass(frozen=True, slots=True)
class Job:
    """A checked input with its defaults filled in. `seed` is None where none was asked for."""

    prompt: str
    width_px: int
    height_px: int
    count: int
    steps: int
    seed: int | None
    file_format: str
    safety_checker: bool
    sync_mode: bool


def problems_of(given: Mapping[str, object], *, ignore_unknown: bool) -> tuple[Problem, ...]:
    """Everything that is wrong with an `input`."""
    known = {field.name for field in FIELDS}
    unknown = () if ignore_unknown else tuple(name for name in given if name not in known)
    found = [Problem(name, "unknown input", "extra_forbidden") for name in unknown]
    for field in FIELDS:
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
    if isinstance(value, int):
        if field.least is not None and value < field.least:
            return Problem(field.name, f"must be >= {field.least}", "range")
        if field.most is not None and value > field.most:
            return Problem(field.name, f"must be <= {field.most}", "range")
    return None


def job_of(given: Mapping[str, object], problems: tuple[Problem, ...] = ()) -> Job:
    """The input with defaults in place of what is absent or, where bad input only fails late, wrong."""
    wrong = {problem.field for problem in problems}

    def value(name: str) -> object:
        default = next(field.default for field in FIELDS if field.name == name)
        asked = given.get(name)
        return default if asked is None or name in wrong else asked

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


def cost_usd(job: Job, count: int, rule: CostRule) -> Decimal:
    """The price of `count` pictures in dollars. A cost that is not shown is proportional all the same."""
    pixels = job.width_px * job.height_px
    if rule == "rounded_1e6":
        megapixels = Decimal(-(-pixels // 10**6))
    elif rule == "rounded_2e20":
        megapixels = Decimal(-(-pixels // 2**20))
    else:
        megapixels = Decimal(pixels) / 10**6
    return _USD_PER_MEGAPIXEL * megapixels * count


def model_wire(*, available: bool) -> dict[str, Any]:
    """The model as the catalogue describes it. The codes of kinds and validators are not documented: these are ours."""
    return {
        "id": MODEL_ID,
        "owner": OWNER,
        "slug": SLUG,
        "name": "FLUX.2 [klein] 4B",
        "status_code": "published",
        "availability_status": "available" if available else "unavailable",
        "pricing_note": "$0.005/megapixel",
        "inputs": [_field_wire(field, order) for order, field in enumerate(FIELDS)],
        "outputs": [
            {"name": name, "variable_type_code": "json"}
            for name in ("outputs", "seed", "model_data", "nsfw_detected", "timing")
        ],
    }


def _field_wire(field: Field, order: int) -> dict[str, Any]:
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
        "is_featured": field.name in {"prompt", "image_size", "num_images"},
    }
