"""Searching runs: filter, order, projection and pages. Source: concepts/requests."""

import base64
import binascii
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sandbox.runflow.refusals import Refused

_TERM: Final = re.compile(r'(?P<name>\w+)\s*(?P<sign>>=|<=|[:=<>])\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))\s*')
_JOINT: Final = re.compile(r"(AND|OR)\b\s*")
_NOT: Final = re.compile(r"NOT\b\s*")
_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ":": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_COLUMNS: Final = frozenset(
    {"id", "status_code", "target_type", "source_code", "model_id", "request_id", "failure_code"}
    | {"client_ref", "created_at", "started_at", "completed_at"}
)
_TIMES: Final = frozenset({"created_at", "started_at", "completed_at"})

Answered = Literal["supported", "refused", "ignored"]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison of a filter. Times compare as moments, whatever offset they are written with."""

    name: str
    sign: str
    value: str
    negated: bool = False

    def holds(self, record: Record) -> bool:
        """Whether a record has it so; what a record lacks never compares."""
        found = record.get(self.name)
        if found is None:
            return self.negated
        if self.name in _TIMES:
            return self.holds_at(_moment(str(found)), _moment(self.value))
        return _SIGNS[self.sign](str(found), self.value) is not self.negated

    def holds_at(self, found: datetime, value: datetime) -> bool:
        """Whether a moment has it so. `value` is this term's, read once."""
        return _SIGNS[self.sign](found, value) is not self.negated


Filter = tuple[tuple[Term, ...], ...]
"""Alternatives, each of terms that must all hold. AND binds closer than OR; parentheses are not known."""


@dataclass(frozen=True, slots=True)
class Search:
    """A checked search. `wanted` are the fields to answer; empty means all."""

    terms: Filter = ()
    limit: int = 50
    offset: int = 0
    order: tuple[tuple[str, bool], ...] = (("created_at", True),)
    wanted: tuple[str, ...] = ()

    def by_creation(self) -> Callable[[datetime], bool] | None:
        """Tells by the moment of creation alone whether a run is found; None where more is asked, or another order.

        So long lists cost what is shown of them, and no record of every run.
        """
        if self.order != (("created_at", True),) or len(self.terms) > 1:
            return None
        terms = self.terms[0] if self.terms else ()
        if any(term.name != "created_at" for term in terms):
            return None
        bounds = [(term, _moment(term.value)) for term in terms]
        return lambda at: all(term.holds_at(at, value) for term, value in bounds)


def parse_search(
    query: Mapping[str, str], client_ref: Answered = "supported", created_at: Answered = "supported"
) -> Search:
    """The search that a query string asks for; how filters on two columns are answered. Raises Refused: 400 or 422."""
    limit = query.get("limit", "50")
    if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit) <= 500:
        raise Refused(
            422,
            "VALIDATION_ERROR",
            "Request validation failed",
            errors=[{"loc": ["query", "limit"], "msg": "must be between 1 and 500", "type": "range"}],
        )
    terms = parse_filter(query.get("q", ""))
    terms = _as_answered(_as_answered(terms, "client_ref", client_ref), "created_at", created_at)
    return Search(
        terms=terms,
        limit=int(limit),
        offset=_offset(query.get("pq", "")),
        order=_order(query.get("sort_by", "created_at:desc")),
        wanted=tuple(name.strip() for name in query.get("fields", "").split(",") if name.strip()),
    )


def _as_answered(terms: Filter, column: str, answered: Answered) -> Filter:
    if answered == "supported" or not any(term.name == column for group in terms for term in group):
        return terms
    if answered == "refused":
        raise Refused(400, "BAD_REQUEST", f"Unknown filter column: {column}")
    return tuple(tuple(term for term in group if term.name != column) for group in terms)


def parse_filter(text: str) -> Filter:
    """The filter of `q`. Raises Refused with 400 for anything that is none."""
    text = text.strip()
    if not text:
        return ()
    groups: list[tuple[Term, ...]] = [()]
    at = 0
    while True:
        term, at = _term(text, at)
        groups[-1] = (*groups[-1], term)
        if at == len(text):
            return tuple(groups)
        joint = _JOINT.match(text, at)
        if joint is None:
            raise _unreadable(at)
        if joint[1] == "OR":
            groups.append(())
        at = joint.end()


def _term(text: str, at: int) -> tuple[Term, int]:
    negation = _NOT.match(text, at)
    begin = negation.end() if negation else at
    found = _TERM.match(text, begin)
    if found is None or found["name"] not in _COLUMNS:
        raise _unreadable(begin)
    value = found["bare"] if found["quoted"] is None else found["quoted"]
    if found["name"] in _TIMES:
        try:
            _moment(value)
        except ValueError as error:
            raise _unreadable(begin) from error
    return Term(found["name"], found["sign"], value, negated=negation is not None), found.end()


def _moment(text: str) -> datetime:
    """A time, or the first moment of a date; without an offset in UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _unreadable(at: int) -> Refused:
    return Refused(400, "BAD_REQUEST", f"The filter cannot be read at character {at}.")


def matching(records: Sequence[Record], search: Search) -> list[Record]:
    """The records that a search finds, in its order."""
    found = [
        record
        for record in records
        if not search.terms or any(all(term.holds(record) for term in group) for group in search.terms)
    ]
    for name, descending in reversed(search.order):
        found.sort(key=lambda record: str(record.get(name) or ""), reverse=descending)
    return found


def page(records: Sequence[Record], total: int, search: Search, cursors: Literal["next", "next_pq"]) -> dict[str, Any]:
    """A page of `total` records found, in the dialect of cursors that is asked for."""
    end = search.offset + search.limit
    items = [_project(record, search.wanted) for record in records]
    after = _cursor(end) if end < total else None
    before = _cursor(max(0, search.offset - search.limit)) if search.offset else None
    if cursors == "next_pq":
        return {"items": items, "next_pq": after, "prev_pq": before}
    return {"items": items, "first": _cursor(0), "next": after, "previous": before}


def _project(record: Record, wanted: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not wanted or name in wanted}


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    parts = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    if any(name not in _COLUMNS or way not in {"", "asc", "desc"} for name, _, way in parts):
        raise Refused(400, "BAD_REQUEST", "sort_by is a list of column:asc or column:desc.")
    return tuple((name, way == "desc") for name, _, way in parts)


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode()


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor).decode()
        if not text.startswith("o"):
            raise ValueError(text)
        return max(0, int(text[1:]))
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "BAD_REQUEST", "pq is no cursor of ours.") from error
