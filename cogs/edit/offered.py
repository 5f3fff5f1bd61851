"""Which pictures of a message can be worked from: attached files that Discord keeps, or those of a run of the bot's.

What an embed shows is a stranger's address and is never taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import discord

from bot.catalog.source import SourceImage
from bot.runs.past import has_pictures
from bot.runs.run import Run
from cogs.ui.markdown import cut, plain

MOST = 10
"""The most pictures of a message that are offered: as many as it can have attached."""

_LABEL_MOST = 100


@dataclass(frozen=True, slots=True)
class Offered:
    """A picture to choose. `key` finds it again in the same message; `label` is for people."""

    key: str
    label: str
    source: SourceImage


def of_run(run: Run) -> tuple[Offered, ...]:
    """The pictures of a run, by their numbers on its card; none while they are kept back, or not there."""
    if not has_pictures(run) or run.result is None:
        return ()
    return tuple(
        Offered(str(index), f"Picture {index + 1}", SourceImage.of_run(run.id, index))
        for index in range(min(run.result.num_outputs, MOST))
    )


def of_message(message: discord.Message) -> tuple[Offered, ...]:
    """The pictures that somebody attached to a message, or that stand in its galleries as files of its own."""
    found = {one.id: SourceImage(one.url, one.content_type or "", one.size) for one in message.attachments}
    for item in _media_of(message.components):
        if item.attachment_id is not None and item.attachment_id not in found:
            found[item.attachment_id] = SourceImage(item.url, item.content_type or "", is_unclaimed=True)
    names = {one.id: one.title or one.filename for one in message.attachments}
    pictures = [(key, one) for key, one in found.items() if one.content_type.lower().startswith("image/")]
    return tuple(
        Offered(str(key), cut(f"Picture {number}: {plain(names.get(key, '')) or 'without a name'}", _LABEL_MOST), one)
        for number, (key, one) in enumerate(pictures[:MOST], 1)
    )


def _media_of(components: Iterable[object]) -> Iterator[discord.UnfurledMediaItem]:
    for one in components:
        match one:
            case discord.MediaGalleryComponent():
                yield from (item.media for item in one.items)
            case discord.Container():
                yield from _media_of(one.children)
            case discord.SectionComponent():
                yield from _media_of([one.accessory])
            case discord.ThumbnailComponent():
                yield one.media
            case _:
                pass
