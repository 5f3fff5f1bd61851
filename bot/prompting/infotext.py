"""What is pasted from web interfaces: a line of settings, a negative prompt, and a command in front."""

import re

from bot.prompting.draft import Draft
from bot.prompting.numbers import RATIO, WHOLE, ratio_of, whole_of
from bot.prompting.values import Fate, Found, Meaning, Span, Syntax

_KEYS = "Sampler|CFG scale|Guidance|Seed|Size|Model hash|Model|Schedule type|Clip skip"
_SETTINGS = re.compile(rf"(?<!\w)Steps:[^\S\n]?\d{{1,9}},[^\S\n]?(?:{_KEYS})[^\S\n]?:[^\n]*+", re.IGNORECASE)
_FIELD = re.compile(r"(?:^|(?<=,)|(?<=,\s))(Steps|Seed|Size):[^\S\n]?([^\s,]++)")
_MEANINGS = {"Steps": Meaning.STEPS, "Seed": Meaning.SEED, "Size": Meaning.RATIO}
_NEGATIVE = re.compile(r"(?<!\w)neg(?:ative)?[ _]?prompts?[^\S\n]?:", re.IGNORECASE)
_PREFIX = re.compile(
    r"\s*+(/imagine(?![\w/-])(?:\s++prompt\b)?(?:\s*+:)?|(?:positive )?prompt[^\S\n]?:)", re.IGNORECASE
)
_FLAG_LIKE = re.compile(r"(?<=\s)(?:--|—|–)[A-Za-z]")


def settings_lines(text: str) -> list[Span]:
    """Where another tool's settings stand: from `Steps: 20, Sampler: …` to the end of the line."""
    return [match.span() for match in _SETTINGS.finditer(text)]


def take_prefix(draft: Draft) -> None:
    """Take out a command that was pasted in front of the prompt."""
    match = _PREFIX.match(draft.text)
    if match and draft.is_free(*match.span(1)):
        draft.note(0, Found(Syntax.PREFIX, match.group(1), Fate.LEFT_OUT))
        draft.take(*match.span())


def take_settings(draft: Draft, lines: list[Span]) -> None:
    """Take out lines of settings that are not in quotes: those with a meaning apart, the rest as one."""
    for start, end in lines:
        if not draft.is_free(start, end):
            continue
        line, rest, at = draft.text[start:end], list[str](), 0
        seen: set[str] = set()
        for match in _FIELD.finditer(line):
            if match.group(1) in seen:
                continue
            seen.add(match.group(1))
            rest.append(line[at : match.start()])
            at = match.end()
            draft.note(start + match.start(), _setting(match))
        rest.append(line[at:])
        others = ", ".join(filter(None, (part.strip(" ,\t") for part in rest)))
        if others:
            draft.note(end - 1, Found(Syntax.SETTINGS, others, Fate.LEFT_OUT))
        draft.take(start, end)


def _setting(match: re.Match[str]) -> Found:
    text, meaning = match.group(), _MEANINGS[match.group(1)]
    pattern = RATIO if meaning is Meaning.RATIO else WHOLE
    read = pattern.match(match.group(2))
    if read is None:
        return Found(Syntax.SETTINGS, text, Fate.UNREADABLE, meaning)
    value = ratio_of(read) if meaning is Meaning.RATIO else whole_of(read)
    return Found(Syntax.SETTINGS, text, Fate.UNREADABLE if value is None else Fate.SETTING, meaning, value)


def take_negative(draft: Draft, lines: list[Span]) -> None:
    """Take out negative prompts: to the settings that follow, else to the end of the line or the next flag."""
    text, settings = draft.text, [start for start, end in lines if not draft.has_quote(start, end)]
    at = 0
    for match in _NEGATIVE.finditer(text):
        start = match.start()
        if start < at or not draft.is_free(*match.span()):
            continue
        end = next((line for line in settings if line >= match.end()), None)
        if end is None:
            newline = text.find("\n", match.end())
            flag = _FLAG_LIKE.search(text, match.end(), len(text) if newline < 0 else newline)
            end = flag.start() if flag else len(text) if newline < 0 else newline
        end = len(text[:end].rstrip()) if end > match.end() else match.end()
        at = max(end, match.end())
        take_words(draft, start, at)


def take_words(draft: Draft, start: int, end: int) -> None:
    """Take out what is not to be seen in the picture, unless text in quotes stands in it."""
    quoted = draft.has_quote(start, end)
    draft.note(start, Found(Syntax.NEGATIVE, draft.text[start:end], Fate.QUOTED if quoted else Fate.LEFT_OUT))
    if not quoted:
        draft.take(start, end)
