"""A picture that a person gives a model to work from: attached, or made by an earlier run."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

STORED = {"stored": True}
"""The validation context of an input that is read back from a row, where a source is its address and nothing else."""

MOST_BYTES = 10 * 1024 * 1024
"""The most bytes of an attached source: what Discord lets everybody attach."""

_OF_RUN = re.compile(r"run:(?P<run>[0-9a-f]{32}):(?P<index>[0-9]|[1-9][0-9])")
_CONVERTED = "frame:"


@dataclass(frozen=True, slots=True)
class SourceImage:
    """A picture to work from: its address, which is never logged or shown, what it claims to be, its size.

    The address of an attachment is the signed one that Discord gave; that of a picture of the bot's own is `run:`, the
    run's id and the picture's index. An attachment whose first frame is to be sent in place of the file has `frame:`
    before its address. What Runflow gets is made of these when the run is sent (`bot/runs/sources.py`).

    `remark` is what a card says of how it was taken; `is_unclaimed`: nobody says what kind of file it is, as of those
    that come from a row. A field of a schema may be a `SourceImage`, or a `tuple[SourceImage, ...]` with its least and
    greatest length. In a row a source is its address.
    """

    ACCEPTED: ClassVar[str] = "a PNG, JPEG, WebP or GIF picture of at most 10 MB and 16 megapixels"
    _KINDS: ClassVar[frozenset[str]] = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})

    url: str = field(repr=False)
    content_type: str = ""
    size_bytes: int = 0
    remark: str = ""
    is_unclaimed: bool = False

    @classmethod
    def of_run(cls, run_id: str, index: int) -> "SourceImage":
        """A picture of a run, by the run's id and the picture's index from 0. Raises ValueError for what is no such."""
        source = cls(f"run:{run_id}:{index}")
        if source.run_picture is None:
            raise ValueError("no picture of a run")
        return source

    @property
    def run_picture(self) -> tuple[str, int] | None:
        """The run's id and the picture's index; None of an attachment."""
        match = _OF_RUN.fullmatch(self.url)
        return None if match is None else (match["run"], int(match["index"]))

    @property
    def is_converted(self) -> bool:
        """Whether its first frame is sent in place of the file."""
        return self.url.startswith(_CONVERTED)

    @property
    def attached_at(self) -> str:
        """The address that Discord gave for an attachment."""
        return self.url.removeprefix(_CONVERTED)

    def converted(self, remark: str) -> "SourceImage":
        """The same attachment, of which the first frame is to be sent."""
        return replace(self, url=f"{_CONVERTED}{self.attached_at}", remark=remark)

    @property
    def is_accepted(self) -> bool:
        """Whether a model may be given it, as far as Discord tells. What its bytes say is asked before a run is."""
        if self.is_unclaimed or self.run_picture is not None:
            return True
        kind = self.content_type.partition(";")[0].strip().lower()
        return kind in self._KINDS and 0 < self.size_bytes <= MOST_BYTES

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Takes sources as they are attached; from a row, their addresses."""
        del source, handler
        return core_schema.with_info_plain_validator_function(
            _source,
            serialization=core_schema.plain_serializer_function_ser_schema(_address, info_arg=True),
        )


def _source(value: object, info: core_schema.ValidationInfo) -> SourceImage:
    if info.context == STORED and isinstance(value, str):
        return SourceImage(value, is_unclaimed=True)
    if not isinstance(value, SourceImage) or not value.is_accepted:
        raise PydanticCustomError("source_image", "is no picture that can be used")
    return value


def _address(image: SourceImage, info: core_schema.SerializationInfo) -> str:
    """Its own address, or what stands for it where the context says so."""
    context = cast("object", info.context)
    return cast("dict[str, str]", context).get(image.url, image.url) if isinstance(context, dict) else image.url
