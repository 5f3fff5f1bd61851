"""Who may press the buttons of a card, beside the one who asked for it. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

_EVERYONE, _AUTHOR, _ROLES = "everyone", "author", "role:"
_IDS = re.compile(r"[1-9][0-9]{0,19}(\+[1-9][0-9]{0,19})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pressers:
    """Everyone; with `role_ids`, people who have all of these roles; with `author_only`, nobody.

    Whoever asked for a card may always press its buttons, so nobody else is meant here. As text it is `everyone`,
    `author`, or `role:` with the ids and `+` between them.
    """

    role_ids: frozenset[int] = frozenset()
    author_only: bool = False

    def __str__(self) -> str:
        if self.author_only:
            return _AUTHOR
        return _ROLES + "+".join(str(one) for one in sorted(self.role_ids)) if self.role_ids else _EVERYONE

    @classmethod
    def parse(cls, text: str) -> Self:
        """What a text says. Raises ValueError for one that was never written."""
        if text in {_EVERYONE, _AUTHOR}:
            return cls(author_only=text == _AUTHOR)
        if not text.startswith(_ROLES) or _IDS.fullmatch(ids := text.removeprefix(_ROLES)) is None:
            raise ValueError("nobody's buttons")
        return cls(frozenset(int(one) for one in ids.split("+")))

    def lets(self, role_ids: Collection[int]) -> bool:
        """Whether somebody who did not ask for the card, and has these roles, may press. Nobody has a deleted role."""
        return not self.author_only and self.role_ids.issubset(role_ids)

    def stricter(self, other: Self) -> Self:
        """Those whom both let."""
        if self.author_only or other.author_only:
            return type(self)(author_only=True)
        return type(self)(self.role_ids | other.role_ids)


EVERYONE, AUTHOR = Pressers(), Pressers(author_only=True)
