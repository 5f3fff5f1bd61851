"""A picture that a person gives a model to work from."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

STORED = {"stored": True}
"""The validation context of an input that is read back from a row, where a source is its address and nothing else."""


@dataclass(frozen=True, slots=True)
class SourceImage:
    """A picture as it was attached: its signed address, which is never logged or shown, what it claims to be, its size.

    A field of a schema may be a `SourceImage`, or a `tuple[SourceImage, ...]` with its least and greatest length. On
    the wire a source is its address.
    """

    ACCEPTED: ClassVar[str] = "a PNG, JPEG or WebP picture of at most 10 MB"
    _KINDS: ClassVar[frozenset[str]] = frozenset({"image/png", "image/jpeg", "image/webp"})
    _MOST_BYTES: ClassVar[int] = 10 * 1024 * 1024

    url: str = field(repr=False)
    content_type: str = ""
    size_bytes: int = 0

    @property
    def is_accepted(self) -> bool:
        """Whether a model may be given it, as far as Discord tells."""
        kind = self.content_type.partition(";")[0].strip().lower()
        return kind in self._KINDS and 0 < self.size_bytes <= self._MOST_BYTES

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Takes sources as they are attached; from a row, their addresses."""
        del source, handler
        return core_schema.with_info_plain_validator_function(
            _source, serialization=core_schema.plain_serializer_function_ser_schema(_address)
        )


def _source(value: object, info: core_schema.ValidationInfo) -> SourceImage:
    if info.context == STORED and isinstance(value, str):
        return SourceImage(value)
    if not isinstance(value, SourceImage) or not value.is_accepted:
        raise PydanticCustomError("source_image", "is no picture that can be used")
    return value


def _address(image: SourceImage) -> str:
    return image.url
