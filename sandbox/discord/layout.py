"""Components as Discord answers with them: every id assigned, defaults written out, media resolved."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from sandbox.discord.addresses import Addresses, path_of
from sandbox.discord.media import Attachment, safe_name
from sandbox.discord.rules.tree import Kind, assign_ids
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.wire import Payload, sid


class Layout:
    """Turns a checked request's components into those of the answer."""

    def __init__(self, attachments: Sequence[Attachment], addresses: Addresses, ids: Snowflakes) -> None:
        self._attachments = {attachment.filename: attachment for attachment in attachments}
        self._by_url = {f"{addresses.cdn_url}/{path_of(each)}": each for each in attachments}
        self._addresses = addresses
        self._ids = ids

    def resolve(self, components: Sequence[Payload]) -> tuple[Payload, ...]:
        """The components of the answer. Ids that were not given count up from 1, leaving out those that were."""
        return tuple(self._component(component) for component in assign_ids(components))

    def _component(self, given: Payload) -> Payload:
        made: Payload = {"type": given["type"], "id": given["id"]}
        match given["type"]:
            case Kind.ACTION_ROW:
                made["components"] = self._children(given)
            case Kind.CONTAINER:
                made["accent_color"] = given.get("accent_color")
                made["spoiler"] = bool(given.get("spoiler"))
                made["components"] = self._children(given)
            case Kind.SECTION:
                made["components"] = self._children(given)
                made["accessory"] = self._component(given["accessory"])
            case Kind.TEXT_DISPLAY:
                made["content"] = given["content"]
            case Kind.MEDIA_GALLERY:
                made["items"] = [self._item(item) for item in given["items"]]
            case Kind.THUMBNAIL:
                made |= self._item(given)
            case Kind.FILE:
                made |= self._file(given)
            case Kind.SEPARATOR:
                made |= {"spacing": given.get("spacing") or 1, "divider": given.get("divider") is not False}
            case Kind.BUTTON:
                made |= _button(given)
            case _:
                made |= _select(given)
        return made

    def _children(self, given: Payload) -> list[Payload]:
        return [self._component(child) for child in given["components"]]

    def _item(self, given: Payload) -> Payload:
        return {
            "media": self._media(given["media"]["url"]),
            "description": given.get("description"),
            "spoiler": bool(given.get("spoiler")),
        }

    def _file(self, given: Payload) -> Payload:
        attached = self._attachment(given["file"]["url"])
        return {
            "file": self._media(given["file"]["url"]),
            "name": attached.filename if attached else None,
            "size": attached.size_bytes if attached else None,
            "spoiler": bool(given.get("spoiler")),
        }

    def _attachment(self, url: str) -> Attachment | None:
        if url.startswith("attachment://"):
            return self._attachments.get(safe_name(unquote(url.removeprefix("attachment://"))))
        return self._by_url.get(url.partition("?")[0])

    def _media(self, url: str) -> Payload:
        attached = self._attachment(url)
        if attached is None:
            return {"id": sid(self._ids.next()), "url": url, "proxy_url": url}
        own = self._addresses.of(attached)
        return {
            "id": sid(self._ids.next()),
            "url": own,
            "proxy_url": own,
            "width": attached.width,
            "height": attached.height,
            "content_type": attached.content_type,
            "attachment_id": sid(attached.id),
        }


def _button(given: Payload) -> Payload:
    made: Payload = {"style": given["style"]}
    for name in ("custom_id", "label", "url", "sku_id"):
        if given.get(name) is not None:
            made[name] = given[name]
    if given.get("disabled"):
        made["disabled"] = True
    if given.get("emoji"):
        made["emoji"] = _emoji(given["emoji"])
    return made


def _emoji(given: Payload) -> Payload:
    own: dict[str, Any] = {"name": given["name"]}
    if given.get("id"):
        own |= {"id": str(given["id"]), "animated": bool(given.get("animated"))}
    return own


def _select(given: Payload) -> Payload:
    made: Payload = {
        "custom_id": given["custom_id"],
        "min_values": 1 if given.get("min_values") is None else given["min_values"],
        "max_values": 1 if given.get("max_values") is None else given["max_values"],
    }
    for name in ("placeholder", "channel_types", "default_values"):
        if given.get(name):
            made[name] = given[name]
    if given.get("disabled"):
        made["disabled"] = True
    if given["type"] == Kind.STRING_SELECT:
        made["options"] = [_select_option(option) for option in given["options"]]
    return made


def _select_option(given: Payload) -> Payload:
    made: Payload = {"label": given["label"], "value": given["value"]}
    if given.get("description"):
        made["description"] = given["description"]
    if given.get("emoji"):
        made["emoji"] = _emoji(given["emoji"])
    if given.get("default"):
        made["default"] = True
    return made


def resolve_embeds(embeds: Sequence[Payload]) -> tuple[Payload, ...]:
    """Embeds as Discord answers with them: typed, and without what is null."""
    return tuple(
        {"type": "rich", **{key: value for key, value in embed.items() if value is not None and key != "flags"}}
        for embed in embeds
    )
