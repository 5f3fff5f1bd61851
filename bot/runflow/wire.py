"""What Runflow writes, made into values. Every body is hostile until it has passed through here. Pure.

Every dialect that the documents and Runflow's own clients know is read: concepts/runs, runs/get-run, runs/search-runs,
concepts/callbacks, concepts/errors, account/get-organization-credit-balance. Unknown members are ignored, odd types
count as absent, and only a body without what is needed raises: RunflowUnclear, whose text holds nothing of the body.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import cast
from urllib.parse import parse_qs

from bot.errors import Refusal, RunflowUnclear
from bot.money import MicroUsd, round_usd
from bot.runflow.pages import ListedRun, RunPage, StatusPage
from bot.runflow.reading import OutputRef, Reading, RunflowFailure, RunflowStatus

_ID_MOST_CHARS = 128  # what the runs table keeps; Runflow's are UUIDs
_CURSOR_MOST_CHARS = 4096
_MESSAGE_MOST_CHARS = 500
_PROMPT_MOST_CHARS = 20_000
_NUMBER_MOST_CHARS = 60
_SIDE_MOST_PX = 100_000
_SEED_LIMIT = 2**63
_OUTPUTS_MOST = 10  # Discord's most attachments; no model may give more
_FIELDS_MOST = 10
# A run costs cents. A thousand dollars is a mistake upstream, and must not empty anybody's account.
_RUN_COST_MOST = MicroUsd(1_000_000_000)

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_ADDRESS = re.compile(r"\S*://\S*|\bdata:\S*", re.IGNORECASE)
_OTHER_SPELLINGS: Mapping[str, RunflowStatus] = {
    "cancelled": RunflowStatus.CANCELED,
    "errored": RunflowStatus.FAILED,
}
_REFUSALS: Mapping[int, Refusal] = {
    400: Refusal.INPUT,
    401: Refusal.CREDENTIALS,
    402: Refusal.CREDIT,
    403: Refusal.CREDENTIALS,
    404: Refusal.NOT_FOUND,
    422: Refusal.INPUT,
}

_Object = Mapping[str, object]
_NOTHING: _Object = {}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """An error's body, as far as it could be read. `message` is upstream text without addresses, for the log only."""

    code: str | None = None
    message: str | None = None
    fields: tuple[str, ...] = ()


def refusal_of(status: int) -> Refusal:
    """What kind of no an HTTP status is. Source: concepts/errors."""
    return _REFUSALS.get(status, Refusal.OTHER)


def parse_reading(body: bytes) -> Reading:
    """The run in the body of a create or a read. Raises RunflowUnclear where there is none."""
    parsed = _load(body)
    if not isinstance(parsed, dict):
        raise RunflowUnclear("unreadable run: not a JSON object")
    return _reading(cast("_Object", parsed))


def parse_run_page(body: bytes) -> RunPage:
    """One page of runs, with either dialect of cursors. Items that are no runs are left out. Raises RunflowUnclear."""
    entries, cursor = _page(body)
    return RunPage(tuple(_listed(entries)), len(entries), cursor)


def parse_status_page(body: bytes) -> StatusPage:
    """The same, without going into each run. Raises RunflowUnclear."""
    entries, cursor = _page(body)
    runs = [(_id(run.get("id")), run) for run in map(_object, entries)]
    return StatusPage({run_id: _status(run) for run_id, run in runs if run_id}, len(entries), cursor)


def _page(body: bytes) -> tuple[list[object], str | None]:
    parsed = _load(body)
    page = _object(parsed)
    items = page.get("items", parsed)
    if not isinstance(items, list):
        raise RunflowUnclear("unreadable list of runs: no items")
    return _list(cast("object", items)), _cursor(page.get("next_pq")) or _cursor(page.get("next"))


def parse_error(body: bytes) -> ErrorBody:
    """The body of an error: flat, under `error`, or under `detail`; empty for HTML and anything else. Never raises."""
    try:
        parsed = _load(body)
    except RunflowUnclear:
        return ErrorBody()
    return _error(_object(parsed))


def parse_balance(body: bytes) -> MicroUsd | None:
    """The organisation's credit: `balance_cents`, else a decimal `balance`; None where neither can be read, or not in
    US dollars. Never raises. It may be negative.
    """
    try:
        parsed = _object(_load(body))
    except RunflowUnclear:
        return None
    items = _list(parsed.get("items"))
    found = _object(items[0]) if items else parsed
    currency = found.get("currency")
    if currency is not None and currency != "USD":
        return None
    cents = _decimal(found.get("balance_cents"))
    if cents is not None:
        return _signed_micro(cents.scaleb(-2))
    named = found.get("balance_usd")
    amount = _decimal(found.get("balance") if named is None else named)
    return None if amount is None else _signed_micro(amount)


def _load(body: bytes) -> object:
    """JSON without floats. Numbers that no one could mean are None, so that one odd member spoils nothing else."""
    try:
        return cast(
            "object",
            json.loads(body, parse_float=_number, parse_int=_whole, parse_constant=lambda _: None),
        )
    except (ValueError, RecursionError):
        # Nothing of the body goes along: not in the text, and not as a cause that a log would print.
        raise RunflowUnclear("unreadable body: not JSON") from None


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if len(text) <= _NUMBER_MOST_CHARS else None
    except InvalidOperation:
        return None


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= _NUMBER_MOST_CHARS else None


def _reading(run: _Object) -> Reading:
    runflow_id = _id(run.get("id")) or _id(run.get("run_id"))
    if runflow_id is None:
        raise RunflowUnclear("unreadable run: no id")
    output = _object(run.get("output"))
    return Reading(
        runflow_id=runflow_id,
        status=_status(run),
        job=_id(_object(run.get("metadata")).get("job")) or _id(run.get("client_ref")),
        cost=_cost(run.get("cost")),
        outputs=_outputs(output),
        seed=_seed(output.get("seed")),
        nsfw_detected=_flag(output.get("nsfw_detected")),
        prompt_used=_prompt(_object(output.get("model_data"))),
        duration_ms=_count(run.get("duration_ms"), _SEED_LIMIT),
        failure=_failure(run),
    )


def _status(run: _Object) -> RunflowStatus:
    for name in ("status_code", "status"):
        value = run.get(name)
        if isinstance(value, str):
            spelled = value.strip().lower()
            try:
                return _OTHER_SPELLINGS.get(spelled) or RunflowStatus(spelled)
            except ValueError:
                return RunflowStatus.UNKNOWN
    return RunflowStatus.UNKNOWN


def _outputs(output: _Object) -> tuple[OutputRef, ...]:
    """The pictures of the first dialect that has any."""
    dialects = (
        _list(output.get("outputs")),
        _list(output.get("image_urls")),
        _list(output.get("image")) or [output.get("image")],
        [output.get("url")],
        [output.get("output_url")],
    )
    for entries in dialects:
        found = [ref for ref in map(_output, entries) if ref is not None]
        if found:
            return tuple(found[:_OUTPUTS_MOST])
    return ()


def _output(entry: object) -> OutputRef | None:
    if isinstance(entry, str):
        return OutputRef(entry) if entry else None
    found = _object(entry)
    kind, url = found.get("type"), found.get("url")
    is_image = kind is None or (isinstance(kind, str) and kind.lower() == "image")
    if not is_image or not isinstance(url, str) or not url:
        return None
    return OutputRef(url, _side(found.get("width")), _side(found.get("height")))


def _failure(run: _Object) -> RunflowFailure | None:
    error = _error(run)
    code = _name(run.get("failure_code")) or error.code
    message = _message(run.get("failure_message")) or error.message
    if code is None and message is None and not error.fields:
        return None
    return RunflowFailure(code, message, error.fields)


def _error(body: _Object) -> ErrorBody:
    """The first code and message of the body, its `error` and its `detail`; the fields that any of them names."""
    inner, detail = body.get("error"), body.get("detail")
    places = (_object(inner), _object(detail), body)
    code = next((name for place in places if (name := _name(place.get("code")))), None)
    texts = (*(place.get("message") for place in places), inner, detail)
    message = next((text for value in texts if (text := _message(value))), None)
    blamed = [entry for place in places for entry in (*_list(place.get("errors")), *_list(place.get("detail")))]
    return ErrorBody(code, message, _fields(blamed))


def _fields(entries: Iterable[object]) -> tuple[str, ...]:
    """The inputs that errors name: the last word of each `loc`, which may end in the index of a list's item."""
    names: dict[str, None] = {}
    for entry in entries:
        loc = _object(entry).get("loc")
        words = loc.split(".") if isinstance(loc, str) else _list(loc)
        named = next((name for word in reversed(words) if (name := _name(word)) and not name.isdecimal()), None)
        if named is not None:
            names[named] = None
    return tuple(names)[:_FIELDS_MOST]


def _listed(entries: Iterable[object]) -> Iterable[ListedRun]:
    for entry in entries:
        run = _object(entry)
        try:
            yield ListedRun(_reading(run), _jobs(run), _time(run.get("created_at")))
        except RunflowUnclear:
            continue


def _cursor(value: object) -> str | None:
    """A cursor to send back as `pq`. Whether `next` is one or an address that holds one is not documented."""
    text = _text(value, _CURSOR_MOST_CHARS)
    if text is None or "?" not in text:
        return text
    return next(iter(parse_qs(text.partition("?")[2]).get("pq", ())), None)


def _jobs(run: _Object) -> frozenset[str]:
    named = (_id(_object(run.get("metadata")).get("job")), _id(run.get("client_ref")))
    return frozenset(job for job in named if job is not None)


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _cost(value: object) -> MicroUsd | None:
    amount = _decimal(value)
    cost = None if amount is None else _micro(amount)
    return cost if cost is not None and cost <= _RUN_COST_MOST else None


def _micro(amount: Decimal) -> MicroUsd | None:
    try:
        return round_usd(str(amount))
    except ValueError:
        return None


def _signed_micro(amount: Decimal) -> MicroUsd | None:
    size = _micro(abs(amount))
    return MicroUsd(-size) if size is not None and amount < 0 else size


def _decimal(value: object) -> Decimal | None:
    """A finite amount from a number or a string."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    # Decimal would also take `1_000` and the digits of other scripts.
    if isinstance(value, str) and (not value.isascii() or "_" in value or len(value) > _NUMBER_MOST_CHARS):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    # Far exponents mean nothing in dollars, and arithmetic with them overflows.
    return amount if amount.is_finite() and abs(amount.adjusted()) < _NUMBER_MOST_CHARS else None


def _seed(value: object) -> int | None:
    amount = _decimal(value)
    if amount is None or amount != amount.to_integral_value() or abs(amount) >= _SEED_LIMIT:
        return None
    return int(amount)


def _count(value: object, limit: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    amount = _decimal(value)
    return int(amount) if amount is not None and 0 <= amount < limit else None


def _side(value: object) -> int | None:
    return _count(value, _SIDE_MOST_PX + 1) or None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _prompt(model_data: _Object) -> str | None:
    return _text(model_data.get("actual_prompt"), _PROMPT_MOST_CHARS) or _text(
        model_data.get("prompt"), _PROMPT_MOST_CHARS
    )


def _id(value: object) -> str | None:
    """An opaque id: any printable text of a sane length."""
    if not isinstance(value, str) or not 0 < len(value) <= _ID_MOST_CHARS:
        return None
    return value if value.isprintable() and not value.isspace() else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def _message(value: object) -> str | None:
    text = _text(value, _MESSAGE_MOST_CHARS)
    return None if text is None else _ADDRESS.sub("<address>", text)


def _text(value: object, most_chars: int) -> str | None:
    """Text that a database and a socket take: no lone surrogates, no NUL; None where nothing is left."""
    if not isinstance(value, str):
        return None
    return value[:most_chars].encode(errors="replace").decode().replace("\0", "") or None


def _object(value: object) -> _Object:
    return cast("_Object", value) if isinstance(value, dict) else _NOTHING


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
