"""A family as one PNG that reads on dark and on light, and as words. No I/O.

Generations stand one under the other, the oldest at the top; nothing is told by colour alone.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bot.runs.family import Cell, Row
from bot.runs.past import NoThumbnail, Thumbnail
from cogs.ui import discord_limits
from cogs.ui.markdown import cut

BACKGROUND, TEXT, LINE, GREY = "#1e1f22", "#f2f3f5", "#8a8e94", "#3a3c41"
"""Text stands out from the background and from the grey by more than 7 to 1 (WCAG 2.2, 1.4.6)."""

_CELL_PX, _GAP_PX, _MARGIN_PX = 220, 24, 28
_HEADING_PX, _LABEL_PX = 46, 40
_HEADING_SIZE, _LABEL_SIZE = 28, 23
_ARROW_PX = 34  # the room it takes before a heading
_LEAST_COLUMNS = 2

Shown = Mapping[str, Thumbnail]
"""What may be seen of each run, by its id; of one that is not in it nothing may, not even what it is called."""

_NOT_SHOWN = Thumbnail(why=NoThumbnail.NOT_SHOWN)


def label(cell: Cell, shown: Shown) -> str:
    """What stands under a cell; nothing where the one who looks may not see that run."""
    return f"{cell.run.id[:8]} · picture {cell.index + 1}" if cell.run.id in shown else ""


def heading(row: Row) -> str:
    """What stands over a row; nothing over one that goes on with the row before."""
    if row.goes_on:
        return ""
    if row.generation == 0:
        return "This one"
    if row.generation > 0:
        return "Made from this one"
    return "Made from" if row.generation == -1 else f"{-row.generation} steps back"


def alt_text(rows: Sequence[Row], shown: Shown) -> str:
    """Every cell of the sheet by its name, row after row, as many as an alt text takes."""
    parts = list[str]()
    for row in rows:
        cells = ", ".join(_in_words(cell, shown) for cell in row.cells)
        parts.append(f"{heading(row)}: {cells}" if heading(row) else cells)
    return cut(f"Family. {'. '.join(parts)}.", discord_limits.ALT_TEXT)


def draw(rows: Sequence[Row], shown: Shown) -> bytes:
    """The sheet as a PNG. Takes some tens of milliseconds: call it in a thread."""
    columns = max(_LEAST_COLUMNS, *(len(row.cells) for row in rows))
    width_px = 2 * _MARGIN_PX + columns * _CELL_PX + (columns - 1) * _GAP_PX
    height_px = 2 * _MARGIN_PX + sum(map(_height_px, rows)) + _GAP_PX * (len(rows) - 1)
    image = Image.new("RGB", (width_px, height_px), BACKGROUND)
    pen = ImageDraw.Draw(image)
    top_px = _MARGIN_PX
    for row in rows:
        if heading(row):
            left_px = _MARGIN_PX + (_arrow(pen, top_px) if row is not rows[0] else 0)
            pen.text((left_px, top_px), heading(row), fill=TEXT, font=_font(_HEADING_SIZE))
        cells_px = top_px + _height_px(row) - _CELL_PX - _LABEL_PX
        for number, cell in enumerate(row.cells):
            _draw_cell(image, pen, cell, shown, (_MARGIN_PX + number * (_CELL_PX + _GAP_PX), cells_px))
        top_px += _height_px(row) + _GAP_PX
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _in_words(cell: Cell, shown: Shown) -> str:
    why = shown.get(cell.run.id, _NOT_SHOWN).why
    return " ".join(filter(None, (label(cell, shown).replace(" · ", " "), why and f"({why})")))


def _height_px(row: Row) -> int:
    return (_HEADING_PX if heading(row) else 0) + _CELL_PX + _LABEL_PX


def _arrow(pen: ImageDraw.ImageDraw, top_px: int) -> int:
    """An arrow from the generation above to the one that a heading begins; how much room it takes."""
    middle_px, tip_px = _MARGIN_PX + 10, top_px + _HEADING_SIZE + 2
    pen.line((middle_px, top_px - _GAP_PX // 2, middle_px, tip_px - 10), fill=LINE, width=3)
    pen.polygon(((middle_px - 9, tip_px - 12), (middle_px + 9, tip_px - 12), (middle_px, tip_px)), fill=LINE)
    return _ARROW_PX


def _draw_cell(image: Image.Image, pen: ImageDraw.ImageDraw, cell: Cell, shown: Shown, corner: tuple[int, int]) -> None:
    left_px, top_px = corner
    seen = shown.get(cell.run.id, _NOT_SHOWN)
    middle = (left_px + _CELL_PX // 2, top_px + _CELL_PX // 2)
    if seen.why is None:
        with Image.open(BytesIO(seen.data), formats=("PNG",)) as small:
            image.paste(small, (middle[0] - small.width // 2, middle[1] - small.height // 2))
    else:
        pen.rectangle((left_px, top_px, left_px + _CELL_PX - 1, top_px + _CELL_PX - 1), fill=GREY, outline=LINE)
        words = "\n".join(_two_lines(seen.why))
        pen.text(middle, words, fill=TEXT, font=_font(_LABEL_SIZE), anchor="mm", align="center")
    named = (left_px + _CELL_PX // 2, top_px + _CELL_PX + 8)
    pen.text(named, label(cell, shown), fill=TEXT, font=_font(_LABEL_SIZE), anchor="ma")


def _two_lines(words: str) -> list[str]:
    """Words that are too long for a cell, in two lines."""
    first = words.find(" ", len(words) // 3)
    return [words] if _font(_LABEL_SIZE).getlength(words) < _CELL_PX - 16 else [words[:first], words[first + 1 :]]


def _font(size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    # Pillow's own: it is there on every machine, and has all letters of our words.
    return ImageFont.load_default(size)
