"""What a model's pictures cost, read out of the model itself. Pure."""

from typing import NamedTuple

from bot.catalog.model import Model
from bot.money import MicroUsd, format_usd

_ANY_PROMPT = "a"


class Price(NamedTuple):
    """What one picture costs: by its pixels, and at most, which is what is held while it is made."""

    by_pixels: MicroUsd
    at_most: MicroUsd


def price_list(model: Model) -> tuple[tuple[str, Price], ...]:
    """The price of one picture for each value of the option that changes it; of any picture (``) where none does."""
    for option in model.options:
        priced = tuple((choice.label, _price(model, {option.name: choice.value})) for choice in option.choices)
        if len({price for _, price in priced}) > 1:
            return priced
    return (("", _price(model, {})),)


def price_lines(model: Model) -> list[str]:
    """The list as lines of text; sizes that cost the same share one."""
    together: dict[Price, list[str]] = {}
    for label, price in price_list(model):
        together.setdefault(price, []).append(label)
    return [
        f"{' or '.join(filter(None, labels)) or 'Each picture'}: about {format_usd(price.by_pixels)}, "
        f"at most {format_usd(price.at_most)}"
        for price, labels in together.items()
    ]


def _price(model: Model, options: dict[str, str]) -> Price:
    checked = model.parse({"prompt": _ANY_PROMPT, **options})
    return Price(model.proportional_price((model.size_of(checked),)), model.dearest_price(checked))
