"""Walks over the components of a message or modal, which lie in one another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import cast


class Kind(IntEnum):
    """The types of components, by Discord's numbers."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = (
    Kind.STRING_SELECT,
    Kind.USER_SELECT,
    Kind.ROLE_SELECT,
    Kind.MENTIONABLE_SELECT,
    Kind.CHANNEL_SELECT,
)

_SINGLE_CHILDREN = ("accessory", "component")
_DEEPEST_PATH = 20  # deeper than anything allowed, and far from Python's limit of recursion
_LARGEST_ID = 2**31 - 1

Component = Mapping[str, object]


def walk(components: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Component]]:
    """Every component with its path, in document order: the outer one first, a section's texts before its accessory."""
    if not isinstance(components, list | tuple) or len(path) > _DEEPEST_PATH:
        return
    for index, entry in enumerate(cast("Sequence[object]", components)):
        yield from _walk_one(entry, (*path, index))


def _walk_one(entry: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Component]]:
    if not isinstance(entry, Mapping):
        return
    component = cast("Component", entry)
    yield path, component
    yield from walk(component.get("components"), (*path, "components"))
    for key in _SINGLE_CHILDREN:
        yield from _walk_one(component.get(key), (*path, key))


def total_text(components: Sequence[object]) -> int:
    """Characters of all text displays together. Discord allows 4000 in one message."""
    contents = (c.get("content") for _, c in walk(components) if c.get("type") == Kind.TEXT_DISPLAY)
    return sum(len(content) for content in contents if isinstance(content, str))


def _given_id(component: Component) -> int | None:
    value = component.get("id")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID else None


def given_ids(components: Sequence[object]) -> list[tuple[tuple[str | int, ...], int]]:
    """The ids that the sender chose, with the path of their component. Zero stands for none, as Discord has it."""
    return [(path, given) for path, c in walk(components) if (given := _given_id(c)) is not None]


def assign_ids(components: Sequence[object]) -> list[dict[str, object]]:
    """The components as new mappings, every missing `id` filled: from 1 in document order, past the ids given."""
    taken = {given for _, given in given_ids(components)}
    return _filled(components, _free(taken))


def _free(taken: set[int]) -> Iterator[int]:
    return (number for number in range(1, _LARGEST_ID) if number not in taken)


def _filled(components: Iterable[object], free: Iterator[int]) -> list[dict[str, object]]:
    return [_filled_one(cast("Component", entry), free) for entry in components if isinstance(entry, Mapping)]


def _filled_one(component: Component, free: Iterator[int]) -> dict[str, object]:
    filled = dict(component)
    filled["id"] = _given_id(component) or next(free)
    children = filled.get("components")
    if isinstance(children, list | tuple):
        filled["components"] = _filled(cast("Sequence[object]", children), free)
    for key in _SINGLE_CHILDREN:
        child = filled.get(key)
        if isinstance(child, Mapping):
            filled[key] = _filled_one(cast("Component", child), free)
    return filled
