"""Files that people chose in the page, kept until a command or a form sends them."""

import secrets
from collections.abc import Mapping
from typing import Any, Final, cast

from sandbox.discord import ClientRefusal, Upload

KEPT_MOST: Final = 40
KEPT_BYTES_MOST: Final = 256 * 1024 * 1024


class Uploads:
    """Files by a token; the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], Upload] = {}

    def keep(self, user_id: int, upload: Upload) -> str:
        """Keep somebody's file. Gives the token that stands for it."""
        token = secrets.token_urlsafe(12)
        self._kept[user_id, token] = upload
        while len(self._kept) > KEPT_MOST or sum(len(each.content) for each in self._kept.values()) > KEPT_BYTES_MOST:
            self._kept.pop(next(iter(self._kept)))
        return token

    def filled_in(self, user_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a command or a form, with the files in the place of `{"upload": token}`.

        Raises ClientRefusal for a file that is no longer kept, or is somebody else's.
        """
        return {name: self._filled(user_id, value) for name, value in values.items()}

    def _filled(self, user_id: int, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(user_id, each) for each in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        upload = self._kept.get((user_id, str(cast("dict[str, Any]", value).get("upload"))))
        if upload is None:
            raise ClientRefusal("This file is no longer at hand. Please choose it again.")
        return upload
