"""The audit as admins see it: a page of acts, and buttons that lead to its neighbours."""

import re
from typing import NamedTuple

from discord import ui

from bot.custom_ids import number
from bot.guilds.audit import AuditFilter, AuditPage
from cogs.settings import texts
from cogs.ui.actions import Press
from cogs.ui.views import Layout

LOG_OFF = "log_off"
"""The action of the button that ends the log."""

LOG_ANYWAY = "log_anyway"
"""The action of the button that makes a channel the log which everybody can see. Its subject is the channel."""

PAGE = "audit_page"
"""The action of the buttons."""

ROWS_MOST = 10
_ANY = "any"
_SUBJECT = re.compile(r"(?P<side>before|after):(?P<at>\d+):(?P<person>any|\d+):(?P<kind>[a-z_]+)")


class Turn(NamedTuple):
    """The page that is wanted: older than the row `before`, newer than `after`, or the newest of all."""

    wanted: AuditFilter
    before: int | None = None
    after: int | None = None


def turn_of(subject: str) -> Turn:
    """What a page button's subject asks for. Raises ValueError for one that was never made."""
    match = _SUBJECT.fullmatch(subject)
    if match is None or match["kind"] not in {_ANY, *texts.KINDS}:
        raise ValueError("no page")
    person_id = None if match["person"] == _ANY else number(match["person"])
    at, is_before = number(match["at"]), match["side"] == "before"
    wanted = AuditFilter(person_id, texts.KINDS.get(match["kind"]))
    return Turn(wanted, at if is_before else None, None if is_before else at)


class AuditView(Layout):
    """One page of the audit."""

    def __init__(self, page: AuditPage, wanted: AuditFilter) -> None:
        super().__init__()
        lines = [texts.audit_line(row) for row in page.rows] or [texts.NOTHING_NOTED]
        head, body = ui.TextDisplay[AuditView](texts.audit_head(wanted)), ui.TextDisplay[AuditView]("\n".join(lines))
        self.add_item(ui.Container(head, body))
        row: ui.ActionRow[AuditView] = ui.ActionRow()
        for turn in _turns(page, wanted):
            row.add_item(turn)
        if row.children:
            self.add_item(row)


def _turns(page: AuditPage, wanted: AuditFilter) -> list[Press]:
    kind = _ANY if wanted.kind is None else texts.key_of(wanted.kind)
    rest = f"{_ANY if wanted.person_id is None else wanted.person_id}:{kind}"
    found: list[Press] = []
    if page.rows and page.has_newer:
        found.append(Press(PAGE, f"after:{page.rows[0].id}:{rest}", label="Newer"))
    if page.rows and page.has_older:
        found.append(Press(PAGE, f"before:{page.rows[-1].id}:{rest}", label="Older"))
    return found
