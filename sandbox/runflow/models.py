"""The models that the stand-in runs: pictures from words, and edits of pictures. Source: their pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.runflow.schema import EDIT_FIELDS, FIELDS, Field, field_wire


@dataclass(frozen=True, slots=True)
class Model:
    """A model. `slug` may have several parts; `uuid` is what runs name it by."""

    owner: str
    slug: str
    uuid: str
    name: str
    pricing_note: str
    fields: tuple[Field, ...]
    takes_pictures: bool = False

    @property
    def id(self) -> str:
        """Owner and slug, as creates name it."""
        return f"{self.owner}/{self.slug}"

    def wire(self, *, available: bool) -> dict[str, Any]:
        """The model as the catalogue describes it."""
        return {
            "id": self.uuid,
            "owner": self.owner,
            "slug": self.slug,
            "name": self.name,
            "status_code": "published",
            "availability_status": "available" if available else "unavailable",
            "pricing_note": self.pricing_note,
            "inputs": [field_wire(field, order) for order, field in enumerate(self.fields)],
            "outputs": [
                {"name": name, "variable_type_code": "json"}
                for name in ("outputs", "seed", "model_data", "nsfw_detected", "timing")
            ],
        }


KLEIN: Final = Model(
    owner="black-forest-labs",
    slug="flux-2-klein-4b",
    uuid="0197a3f0-6c1e-7b52-8d0a-5a1f4c9be204",
    name="FLUX.2 [klein] 4B",
    pricing_note="$0.005/megapixel",
    fields=FIELDS,
)
EDIT: Final = Model(
    owner="black-forest-labs",
    slug="flux-2-klein-4b/edit",
    uuid="0197a3f0-6c1e-7b52-8d0a-5a1f4c9be2ed",
    name="FLUX.2 [klein] 4B Edit",
    pricing_note="$0.005/image (1024x1024, up to 25 steps)",
    fields=EDIT_FIELDS,
    takes_pictures=True,
)
MODELS: Final[Mapping[str, Model]] = {model.id: model for model in (KLEIN, EDIT)}


def uuid_of(model_id: str) -> str:
    """What a run of a model names it by."""
    return MODELS.get(model_id, KLEIN).uuid
