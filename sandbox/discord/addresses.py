"""Where files can be had: signed addresses that expire, as Discord's CDN has them.

Source: Discord's reference, "Signed Attachment CDN URLs": `ex` and `is` are hexadecimal times, `hm` the signature.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final, cast

from sandbox.clock import SandboxClock
from sandbox.discord.media import Attachment
from sandbox.discord.wire import Payload, sid

LIFE_S: Final = 24 * 3600
_STEP_S: Final = 3600  # addresses of one hour are alike, so that browsers keep what they loaded
_KEY: Final = b"the little world's CDN"


class Addresses:
    """Signs addresses by the sandbox's clock. `cdn_url` is filled in when the stand-in knows its port."""

    def __init__(self, clock: SandboxClock) -> None:
        self.cdn_url = ""
        self._clock = clock

    def of(self, file: Attachment) -> str:
        """A fresh address of a file; good for 23 to 24 hours."""
        path = path_of(file)
        issued_s = int(self._clock.now().timestamp()) // _STEP_S * _STEP_S
        expires_s = issued_s + LIFE_S
        signature = _signature(path, f"{expires_s:x}", f"{issued_s:x}")
        return f"{self.cdn_url}/{path}?ex={expires_s:x}&is={issued_s:x}&hm={signature}&"

    def admits(self, file: Attachment, query: Mapping[str, str]) -> bool:
        """Whether an address with this query is one of ours for this file, and not yet too old."""
        expires, issued = query.get("ex", ""), query.get("is", "")
        claimed = query.get("hm", "").encode("utf-8", "replace")  # compare_digest takes only ASCII as text
        genuine = hmac.compare_digest(_signature(path_of(file), expires, issued).encode(), claimed)
        return genuine and int(expires, 16) > self._clock.now().timestamp()

    def refresh(self, component: Payload, files: Mapping[str, Attachment]) -> Payload:
        """A message's component with fresh addresses of the files (by id) that it shows."""
        return cast("Payload", self._refreshed(component, files))

    def _refreshed(self, value: Any, files: Mapping[str, Attachment]) -> Any:
        if isinstance(value, list):
            return [self._refreshed(each, files) for each in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        fresh = {key: self._refreshed(each, files) for key, each in cast("Payload", value).items()}
        file = files.get(str(fresh.get("attachment_id")))
        return fresh if file is None else fresh | dict.fromkeys(("url", "proxy_url"), self.of(file))


def path_of(file: Attachment) -> str:
    """The address of a file below the CDN's, without what is signed."""
    folder = "ephemeral-attachments" if file.ephemeral else "attachments"
    return f"{folder}/{sid(file.channel_id)}/{sid(file.id)}/{file.filename}"


def _signature(path: str, expires: str, issued: str) -> str:
    return hmac.new(_KEY, f"{path}?{expires}&{issued}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
