"""Text from people made fit to show: literal, without scrambling its neighbours, cut to a limit."""

import re
import unicodedata
from collections.abc import Sequence

from cogs.ui import discord_limits

ELLIPSIS = "…"

# What Discord reads as markdown, a mention, a link, an emoji or a timestamp; the rest (`>` in `<@1>`, the address in
# `[words](address)`) means nothing without these. A backslash before any of them is not shown.
_MARKUP = re.compile(r"[\\*_~`|<\[\]@]|:(?=\S)")
_MARKUP_AT_START = re.compile(r"\d*[#>+.-]")
# What means something only as a whole: mentions, times, emoji, and a backslash with what it escapes.
_WHOLE = re.compile(r"<(?:[@#][!&]?\d+|t:-?\d+(?::\w)?|a?:\w+:\d+)>|\\.|.", re.DOTALL)
_MOST_READ = 20_000  # far beyond every limit: what strangers send may be of any length
_MARKS_KEPT = 4  # more combining marks on one letter than any script needs would run over the lines around it
_JOINERS = frozenset("\u200c\u200d")  # scripts and emoji need them, though they are format characters


def plain(text: str) -> str:
    """One line of `text` without control characters, changes of writing direction and heaps of combining marks."""
    kept: list[str] = []
    marks = 0
    for character in " ".join(text[:_MOST_READ].split()):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks > _MARKS_KEPT or (kind in {"Cc", "Cf", "Cs"} and character not in _JOINERS):
            continue
        kept.append(character)
    return "".join(kept).strip()


def length(text: str) -> int:
    """The length as Discord's clients count it: UTF-16 units, never less than code points."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` units, with an ellipsis where something was left out: never a part of a mention."""
    return _cut(_WHOLE.findall(text), limit)


def literal(text: str, limit: int, *, starts_line: bool = False) -> str:
    """`plain` text escaped so that Discord shows it as typed, in at most `limit` units.

    `starts_line`: it stands at the start of a line, where more is markup (headings, quotes, lists).
    """
    shown = plain(text)
    markup = {match.start() for match in _MARKUP.finditer(shown)}
    if starts_line and (match := _MARKUP_AT_START.match(shown)):
        markup.add(match.end() - 1)
    pieces = ["\\" + character if at in markup else character for at, character in enumerate(shown)]
    return _cut(pieces, limit)


def fit_lines(lines: Sequence[str], room: int, rest: str, *, unlisted: int = 0) -> str:
    """As many whole lines as `room` units hold; where some are left out, a last line counts them and calls them `rest`.

    That last line comes on top of `room`. `unlisted`: how many more there are that need not be made into lines, since
    they would not fit.
    """
    kept: list[str] = []
    for line in lines:
        room -= length(line) + 1
        if room < 0:
            break
        kept.append(line)
    left_out = len(lines) + unlisted - len(kept)
    return "\n".join((*kept, f"-# {ELLIPSIS} and {left_out} {rest}") if left_out else kept)


def listed(lines: Sequence[str], nothing: str) -> str:
    """Lines in one message, as many as fit; `nothing` where there are none."""
    if not lines:
        return nothing
    shown = list(lines)
    while length("\n".join(shown)) > discord_limits.LIST_ROOM:
        shown.pop()
    more = len(lines) - len(shown)
    return "\n".join((*shown, f"…and {more} more.")) if more else "\n".join(shown)


def link(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """The address of a message, as Discord's clients open it."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def _cut(pieces: list[str], limit: int) -> str:
    whole = "".join(pieces)
    if length(whole) <= limit:
        return whole
    room = limit - len(ELLIPSIS)
    kept: list[str] = []
    for piece in pieces:
        room -= length(piece)
        if room < 0:
            break
        kept.append(piece)
    # Marks and joiners that lost what they belong to would cling to the ellipsis.
    return re.sub(r"[\s\u200c\u200d\ufe0f]+$", "", "".join(kept)) + ELLIPSIS
