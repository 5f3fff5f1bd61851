"""Who sent a callback: the signature over its raw body. Pure. Source: guides/verify-callback-signatures."""

import hashlib
import hmac
from collections.abc import Sequence

SIGNATURE_HEADER = "Runflow-Signature"


def is_signed(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether `signature` is that of `body` under any of the secrets: HMAC-SHA256 in lowercase hex, keyed with the
    whole secret as it was issued.

    Every secret is tried and each comparison takes the same time, so that neither tells how near a forgery came.
    Several secrets: while one is replaced, either may sign.
    """
    given = (signature or "").encode("utf-8", "replace")
    matches = [hmac.compare_digest(_signature(body, secret), given) for secret in secrets]
    return any(matches)


def _signature(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
