"""What a model's pictures cost, in lines of text. Pure."""

from bot.catalog.model import Model, Price
from bot.money import cost_for_people
from cogs.ui.markdown import literal

_TITLE_LIMIT = 100


def price_lines(model: Model) -> list[str]:
    """A heading, and what a picture costs; pictures that cost the same share a line."""
    together: dict[str, list[str]] = {}
    for price in model.prices():
        together.setdefault(_amounts(price), []).append(price.what)
    lines = (f"{' or '.join(filter(None, what)) or 'Each picture'}: {cost}" for cost, what in together.items())
    return [f"**What a picture costs** with {literal(model.title, _TITLE_LIMIT)}", *lines]


def _amounts(price: Price) -> str:
    if price.usual == price.at_most:
        return cost_for_people(price.at_most)
    return f"about {cost_for_people(price.usual)}, at most {cost_for_people(price.at_most)}"
