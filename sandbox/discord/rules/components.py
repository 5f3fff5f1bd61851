"""What Discord demands of a message's components, legacy rows and Components V2 alike."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sandbox.discord.media import safe_name
from sandbox.discord.rules.refusals import Path, Problems
from sandbox.discord.wire import Payload

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = (
    1, 2, 3, 4, 9, 10, 11, 12, 13, 14, 17, 18,
)  # fmt: skip
ENTITY_SELECTS = frozenset({5, 6, 7, 8})
SELECTS = ENTITY_SELECTS | {STRING_SELECT}
LINK, PREMIUM = 5, 6

MOST_COMPONENTS, MOST_TEXT, MOST_LEGACY_ROWS = 40, 4000, 5
_IN_MESSAGE = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
_IN_CONTAINER = _IN_MESSAGE - {CONTAINER}


@dataclass(slots=True)
class _Check:
    """One pass over a tree. What is unique or summed over the whole tree is gathered here."""

    problems: Problems
    filenames: Collection[str]
    custom_ids: set[str] = field(default_factory=set[str])
    ids: set[int] = field(default_factory=set[int])
    count: int = 0
    text_length: int = 0

    def children(self, parent: Payload, at: Path, allowed: Collection[int], *, least: int, most: int) -> list[Payload]:
        found = self.problems.objects(parent, "components", at, least=least, most=most, needed=True)
        for index, child in enumerate(found):
            self.component(child, (*at, "components", index), allowed)
        return found

    def component(self, component: Payload, at: Path, allowed: Collection[int]) -> None:
        self.count += 1
        kind = component.get("type")
        if not isinstance(kind, int) or kind not in allowed:
            listed = ", ".join(map(str, sorted(allowed)))
            self.problems.add((*at, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({listed}).')
            return
        self._own_id(component, at)
        check = _CHECKS.get(kind)
        if check is not None:
            check(self, component, at)

    def _own_id(self, component: Payload, at: Path) -> None:
        given = self.problems.number(component, "id", at, least=0, most=2**31 - 1)
        if given:
            if given in self.ids:
                self.problems.add((*at, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            self.ids.add(given)

    def custom_id(self, component: Payload, at: Path) -> None:
        value = self.problems.text(component, "custom_id", at, least=1, most=100, needed=True)
        if value is None:
            return
        if value in self.custom_ids:
            self.problems.add(
                (*at, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        self.custom_ids.add(value)

    def row(self, row: Payload, at: Path) -> None:
        inside = self.children(row, at, {BUTTON, *SELECTS}, least=1, most=5)
        selects = sum(child.get("type") in SELECTS for child in inside)
        if selects and len(inside) > 1:
            self.problems.add(
                (*at, "components"),
                "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                "The specified component exceeds the maximum width",
            )

    def button(self, button: Payload, at: Path) -> None:
        style = self.problems.number(button, "style", at, least=1, most=6, needed=True)
        self.problems.text(button, "label", at, most=80)
        if style == LINK:
            self._link(button, at)
        elif style == PREMIUM:
            self._premium(button, at)
        elif style is not None:
            self.custom_id(button, at)
            if button.get("url") is not None:
                self.problems.add((*at, "url"), "BUTTON_COMPONENT_INVALID_URL", "Only link buttons have a url")
        if style != PREMIUM and not button.get("label") and not button.get("emoji"):
            self.problems.add(at, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button needs a label or an emoji")

    def _link(self, button: Payload, at: Path) -> None:
        if button.get("custom_id") is not None:
            self.problems.add(
                at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified"
            )
        url = self.problems.text(button, "url", at, most=512, needed=True)
        if url is not None and not re.match(r"(https?|discord)://[^\s/]+", url):
            self.problems.add(
                (*at, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https', 'discord')."
            )

    def _premium(self, button: Payload, at: Path) -> None:
        for name in ("label", "emoji", "url", "custom_id"):
            if button.get(name) is not None:
                self.problems.add((*at, name), "BUTTON_COMPONENT_INVALID_FIELD", "Premium buttons have a sku_id alone")
        if button.get("sku_id") is None:
            self.problems.required((*at, "sku_id"))

    def select(self, select: Payload, at: Path) -> None:
        self.custom_id(select, at)
        self.problems.text(select, "placeholder", at, most=150)
        least = self.problems.number(select, "min_values", at, least=0, most=25)
        most = self.problems.number(select, "max_values", at, least=1, most=25)
        if least is not None and least > (1 if most is None else most):
            self.problems.add(
                (*at, "min_values"), "SELECT_COMPONENT_MIN_VALUES_GT_MAX", "min_values exceeds max_values"
            )
        if select.get("type") == STRING_SELECT:
            self._options(select, at, 1 if most is None else most)

    def _options(self, select: Payload, at: Path, most_values: int) -> None:
        options = self.problems.objects(select, "options", at, least=1, most=25, needed=True)
        values: set[str] = set()
        for index, option in enumerate(options):
            here = (*at, "options", index)
            self.problems.text(option, "label", here, least=1, most=100, needed=True)
            self.problems.text(option, "description", here, least=1, most=100)
            value = self.problems.text(option, "value", here, least=1, most=100, needed=True)
            if value in values:
                self.problems.add(
                    (*here, "value"),
                    "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                    "The specified option value is already used",
                )
            if value is not None:
                values.add(value)
        if most_values > len(options):
            self.problems.add(
                (*at, "max_values"),
                "SELECT_COMPONENT_MAX_VALUES_GT_OPTIONS",
                "max_values exceeds the number of options",
            )
        if sum(bool(option.get("default")) for option in options) > most_values:
            self.problems.add((*at, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "More defaults than max_values")

    def section(self, section: Payload, at: Path) -> None:
        self.children(section, at, {TEXT}, least=1, most=3)
        accessory = section.get("accessory")
        if not isinstance(accessory, dict):
            self.problems.required((*at, "accessory"))
            return
        self.component(accessory, (*at, "accessory"), {BUTTON, THUMBNAIL})  # pyright: ignore[reportUnknownArgumentType]

    def text(self, text: Payload, at: Path) -> None:
        content = self.problems.text(text, "content", at, least=1, most=MOST_TEXT, needed=True)
        self.text_length += len(content or "")

    def media_of(self, holder: Payload, key: str, at: Path, *, attached_only: bool = False) -> None:
        media = holder.get(key)
        if not isinstance(media, dict):
            self.problems.required((*at, key))
            return
        here = (*at, key)
        url = self.problems.text(media, "url", here, most=2048, needed=True)  # pyright: ignore[reportUnknownArgumentType]
        if url is None:
            return
        if url.startswith("attachment://"):
            if safe_name(url.removeprefix("attachment://")) not in self.filenames:
                self.problems.add(
                    (*here, "url"), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                    "The referenced attachment was not found",
                )  # fmt: skip
        elif attached_only:
            self.problems.add((*here, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme must be 'attachment'.")
        elif not re.match(r"https?://[^\s/]+", url):
            self.problems.add(
                (*here, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https', 'attachment')."
            )

    def thumbnail(self, thumbnail: Payload, at: Path) -> None:
        self.problems.text(thumbnail, "description", at, least=1, most=1024)
        self.media_of(thumbnail, "media", at)

    def gallery(self, gallery: Payload, at: Path) -> None:
        for index, item in enumerate(self.problems.objects(gallery, "items", at, least=1, most=10, needed=True)):
            self.thumbnail(item, (*at, "items", index))

    def file(self, file: Payload, at: Path) -> None:
        self.media_of(file, "file", at, attached_only=True)

    def separator(self, separator: Payload, at: Path) -> None:
        self.problems.number(separator, "spacing", at, least=1, most=2)

    def container(self, container: Payload, at: Path) -> None:
        self.problems.number(container, "accent_color", at, least=0, most=0xFFFFFF)
        self.children(container, at, _IN_CONTAINER, least=1, most=MOST_COMPONENTS)


_CHECKS: dict[int, Callable[[_Check, Payload, Path], None]] = {
    ROW: _Check.row,
    BUTTON: _Check.button,
    SECTION: _Check.section,
    TEXT: _Check.text,
    THUMBNAIL: _Check.thumbnail,
    GALLERY: _Check.gallery,
    FILE: _Check.file,
    SEPARATOR: _Check.separator,
    CONTAINER: _Check.container,
    **dict.fromkeys(SELECTS, _Check.select),
}


def check_components(components: list[Payload], problems: Problems, *, v2: bool, filenames: Collection[str]) -> None:
    """Note everything Discord refuses in `components`. `filenames` are the files the message has, as stored."""
    check = _Check(problems, filenames)
    for index, component in enumerate(components):
        check.component(component, ("components", index), _IN_MESSAGE if v2 else {ROW})
    at = ("components",)
    if not v2 and len(components) > MOST_LEGACY_ROWS:
        problems.add(at, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_LEGACY_ROWS} in length.")
    if v2 and check.count > MOST_COMPONENTS:
        problems.add(
            at,
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The total number of components cannot exceed {MOST_COMPONENTS}",
        )
    if check.text_length > MOST_TEXT:
        problems.add(
            at,
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"The total text of all components cannot exceed {MOST_TEXT}",
        )
