"""The components of a message: which may lie in which, and what each may hold."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import unquote

from sandbox.discord.rules.controls import check_button, check_select
from sandbox.discord.rules.form import Form, repeated
from sandbox.discord.rules.tree import SELECTS, Kind, given_ids, total_text, walk

COMPONENTS_MOST: Final = 40
TEXT_MOST: Final = 4000
_ROWS_MOST: Final = 5
_ATTACHMENT: Final = "attachment://"

LEGACY_TOP: Final = (Kind.ACTION_ROW,)
_IN_CONTAINER: Final = (
    Kind.ACTION_ROW,
    Kind.SECTION,
    Kind.TEXT_DISPLAY,
    Kind.MEDIA_GALLERY,
    Kind.FILE,
    Kind.SEPARATOR,
)
_TOP: Final = (*_IN_CONTAINER, Kind.CONTAINER)
_IN_ROW: Final = (Kind.BUTTON, *SELECTS)


@dataclass(frozen=True, slots=True)
class Files:
    """Names of the files that a message's media may refer to: those sent along and those kept."""

    names: frozenset[str]

    def holds(self, url: str) -> bool:
        """Whether `attachment://name` names one of the files."""
        name = url.removeprefix(_ATTACHMENT)
        return name in self.names or unquote(name) in self.names


def check_components(message: Form, *, v2: bool, files: Files) -> None:
    """All components of a message: their places and contents, then what counts over the whole message."""
    top = message.forms("components", 0, COMPONENTS_MOST if v2 else _ROWS_MOST)
    _check_each(top, _TOP if v2 else LEGACY_TOP, files)
    components = message.value.get("components")
    if not isinstance(components, list | tuple):
        return
    entries = cast("Sequence[object]", components)
    check_ids(message, entries)
    if v2:
        _check_totals(message, entries)


def _check_totals(message: Form, components: Sequence[object]) -> None:
    if sum(1 for _ in walk(components)) > COMPONENTS_MOST:
        text = f"Message exceeds maximum number of components ({COMPONENTS_MOST})"
        message.note("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text)
    if total_text(components) > TEXT_MOST:
        text = f"Components displayable text size exceeds maximum size of {TEXT_MOST}"
        message.note("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)


def check_ids(holder: Form, components: Sequence[object]) -> None:
    """Every `custom_id` and every `id` given stands once in a message or modal."""
    customs = [(path, c["custom_id"]) for path, c in walk(components) if isinstance(c.get("custom_id"), str)]
    for place in repeated(value for _, value in customs):
        way = ("components", *customs[place][0], "custom_id")
        holder.note(way, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    ids = given_ids(components)
    for place in repeated(value for _, value in ids):
        way = ("components", *ids[place][0], "id")
        holder.note(way, "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")


def fits(form: Form, allowed: Sequence[Kind]) -> bool:
    """Whether a component's type may stand where it stands; notes it when not. Also checks its `id`."""
    form.whole("id", 0, 2**31 - 1)
    if "type" not in form.value:
        form.note("type", "BASE_TYPE_REQUIRED", "This field is required")
        return False
    kind = form.value["type"]
    if isinstance(kind, int) and not isinstance(kind, bool) and kind in tuple(allowed):
        return True
    listed = ", ".join(str(int(entry)) for entry in allowed)
    form.note("type", "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({listed}).')
    return False


def _check_each(forms: Iterable[Form], allowed: Sequence[Kind], files: Files) -> None:
    for form in forms:
        if fits(form, allowed):
            _CHECKS[Kind(int(str(form.value["type"])))](form, files)


def _check_row(row: Form, files: Files) -> None:
    children = row.forms("components", 1, 5, required=True)
    _check_each(children, _IN_ROW, files)
    if len(children) > 1 and any(child.value.get("type") in SELECTS for child in children):
        for child in children[1:]:
            child.note((), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")


def _check_section(section: Form, files: Files) -> None:
    _check_each(section.forms("components", 1, 3, required=True), (Kind.TEXT_DISPLAY,), files)
    accessory = section.form("accessory", required=True)
    if accessory is not None:
        _check_each([accessory], (Kind.BUTTON, Kind.THUMBNAIL), files)


def _check_text(display: Form, _: Files) -> None:
    display.text("content", 1, TEXT_MOST, required=True)


def _check_picture(holder: Form, files: Files) -> None:
    holder.text("description", 1, 1024)
    holder.flag("spoiler")
    _check_media(holder, "media", files)


def _check_gallery(gallery: Form, files: Files) -> None:
    for item in gallery.forms("items", 1, 10, required=True):
        _check_picture(item, files)


def _check_file(file: Form, files: Files) -> None:
    file.flag("spoiler")
    _check_media(file, "file", files, schemes=("attachment",))


def _check_media(
    holder: Form, key: str, files: Files, *, schemes: Sequence[str] = ("http", "https", "attachment")
) -> None:
    media = holder.form(key, required=True)
    if media is None:
        return
    if not media.has("url"):
        media.note("url", "BASE_TYPE_REQUIRED", "This field is required")
        return
    url = media.url("url", schemes)
    if url is not None and url.startswith(_ATTACHMENT) and not files.holds(url):
        text = f'The referenced attachment ("{url}") was not found'
        media.note("url", "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", text)


def _check_separator(separator: Form, _: Files) -> None:
    separator.flag("divider")
    separator.choice("spacing", (1, 2))


def _check_container(container: Form, files: Files) -> None:
    container.whole("accent_color", 0, 0xFFFFFF)
    container.flag("spoiler")
    _check_each(container.forms("components", 1, COMPONENTS_MOST, required=True), _IN_CONTAINER, files)


def _button(button: Form, _: Files) -> None:
    check_button(button)


def _select(select: Form, _: Files) -> None:
    check_select(select)


_CHECKS: Final[Mapping[Kind, Callable[[Form, Files], None]]] = {
    Kind.ACTION_ROW: _check_row,
    Kind.BUTTON: _button,
    **dict.fromkeys(SELECTS, _select),
    Kind.SECTION: _check_section,
    Kind.TEXT_DISPLAY: _check_text,
    Kind.THUMBNAIL: _check_picture,
    Kind.MEDIA_GALLERY: _check_gallery,
    Kind.FILE: _check_file,
    Kind.SEPARATOR: _check_separator,
    Kind.CONTAINER: _check_container,
}
