"""One object of a request as it is read: each question answers the value when it is fit and notes a problem when not.

The sentences and codes are Discord's.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast
from urllib.parse import urlsplit

from sandbox.discord.rules.problems import Path, Problem

CUSTOM_ID_MOST: Final = 100
_URL_MOST: Final = 2048


class Form:
    """A mapping at a path; problems are gathered in a list that all forms of one request share.

    A key with the value null counts as absent, as it does for Discord in every optional field.
    """

    def __init__(self, value: Mapping[str, object], path: Path, problems: list[Problem]) -> None:
        self.value = value
        self.path = path
        self.problems = problems

    def note(self, keys: str | int | Path, code: str, message: str) -> None:
        """Note a problem below this object; the empty path `()` is the object itself."""
        way = keys if isinstance(keys, tuple) else (keys,)
        self.problems.append(Problem((*self.path, *way), code, message))

    def has(self, key: str) -> bool:
        """Whether the key holds anything but null."""
        return self.value.get(key) is not None

    def _present(self, key: str, *, required: bool) -> bool:
        if self.has(key):
            return True
        if required:
            self.note(key, "BASE_TYPE_REQUIRED", "This field is required")
        return False

    def text(self, key: str, least: int, most: int, *, required: bool = False) -> str | None:
        """A string whose length in code points lies between two bounds."""
        if not self._present(key, required=required):
            return None
        value = self.value[key]
        if not isinstance(value, str):
            self.note(key, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return None
        if required and least and not value:
            self.note(key, "BASE_TYPE_REQUIRED", "This field is required")
            return None
        return value if self._length(key, len(value), least, most) else None

    def _length(self, key: str, length: int, least: int, most: int) -> bool:
        if least <= length <= most:
            return True
        if least:
            self.note(key, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        else:
            self.note(key, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return False

    def whole(self, key: str, least: int, most: int, *, required: bool = False) -> int | None:
        """An integer between two bounds."""
        if not self._present(key, required=required):
            return None
        value = self.value[key]
        if not isinstance(value, int) or isinstance(value, bool):
            self.note(key, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return None
        if value > most:
            self.note(key, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
            return None
        if value < least:
            self.note(key, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
            return None
        return value

    def choice(self, key: str, allowed: Sequence[int], *, required: bool = False) -> int | None:
        """An integer out of a list."""
        if not self._present(key, required=required):
            return None
        value = self.value[key]
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            listed = ", ".join(map(str, allowed))
            self.note(key, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """A boolean."""
        value = self.value.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.note(key, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        return None

    def listed(self, key: str, least: int, most: int, *, required: bool = False) -> list[object]:
        """A list whose length lies between two bounds; its entries come back even when it is too long."""
        if not self._present(key, required=required):
            return []
        value = self.value[key]
        if not isinstance(value, list | tuple):
            self.note(key, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        entries = list(cast("Sequence[object]", value))
        if required and least and not entries:
            self.note(key, "BASE_TYPE_REQUIRED", "This field is required")
        else:
            self._length(key, len(entries), least, most)
        return entries

    def forms(self, key: str, least: int, most: int, *, required: bool = False) -> list["Form"]:
        """A list of objects, each as a form of its own."""
        entries = enumerate(self.listed(key, least, most, required=required))
        return [form for index, entry in entries if (form := self._form((key, index), entry)) is not None]

    def form(self, key: str, *, required: bool = False) -> "Form | None":
        """One object as a form of its own."""
        return self._form((key,), self.value[key]) if self._present(key, required=required) else None

    def _form(self, way: Path, value: object) -> "Form | None":
        if isinstance(value, Mapping):
            return Form(cast("Mapping[str, object]", value), (*self.path, *way), self.problems)
        self.note(way, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return None

    def url(self, key: str, schemes: Sequence[str] = ("http", "https"), *, most: int = _URL_MOST) -> str | None:
        """A well-formed address of one of the schemes."""
        value = self.text(key, 1, most)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
        except ValueError:
            self.note(key, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
            return None
        if parts.scheme not in schemes:
            listed = ", ".join(f"'{scheme}'" for scheme in schemes)
            self.note(key, "URL_TYPE_INVALID_SCHEME", f'Scheme "{parts.scheme}" must be one of ({listed}).')
            return None
        if not parts.netloc:
            self.note(key, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
            return None
        return value


def repeated(values: Iterable[object]) -> list[int]:
    """The places of strings and integers that stood earlier already; other values are not compared."""
    seen: set[str | int] = set()
    places: list[int] = []
    for place, value in enumerate(values):
        if not isinstance(value, str | int):
            continue
        if value in seen:
            places.append(place)
        seen.add(value)
    return places
