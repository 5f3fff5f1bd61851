"""Nothing outside the catalog names a field of a model's input, or counts pixels to price them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.catalog.flux_klein import FluxKleinInput

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path
    for room in ("bot", "cogs")
    for path in (ROOT / room).rglob("*.py")
    if not path.is_relative_to(ROOT / "bot/catalog") and not path.is_relative_to(ROOT / "bot/store/migrations")
)
FIELDS = frozenset(FluxKleinInput.model_fields) - {"prompt"}

# Runflow's answer names the seed that was used, whatever model drew: a field of every output, and no input's.
SEED_OF_AN_OUTPUT = {
    "bot/entropy.py",  # the seed of the bot's own chance
    "bot/prompting/flags.py",  # a flag of other tools
    "bot/prompting/values.py",  # a meaning, whatever a model calls the option
    "bot/runflow/reading.py",
    "bot/runflow/wire.py",
    "bot/runs/rows.py",
    "bot/runs/run.py",
    "bot/runs/transitions.py",
    "cogs/ui/card_texts.py",
}


def names_of(source: str) -> Iterator[str]:
    """Every name in a source, and every text in it that is nothing but one word."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Constant(value=str(name)):
                yield name
            case _:
                pass


def test_the_walk_sees_names_and_texts():
    source = 'def f(a, *, num_images=1):\n    return g(seed=a.image_size, b="output_format")'
    assert FIELDS & set(names_of(source)) == {"num_images", "seed", "image_size", "output_format"}


def test_no_field_of_a_model_is_named_outside_the_catalog():
    found = {where: names & (FIELDS - ({"seed"} if where in SEED_OF_AN_OUTPUT else set())) for where, names in _named()}
    assert {where: names for where, names in found.items() if names} == {}


def test_pixels_are_counted_by_models_and_by_whoever_opens_pictures():
    found = {where for where, names in _named() for name in names if name.isidentifier() and "pixel" in name.lower()}
    assert {where for where in found if not where.startswith("bot/images/")} == set()


def _named() -> Iterator[tuple[str, set[str]]]:
    assert len(SOURCES) > 100
    for path in SOURCES:
        yield path.relative_to(ROOT).as_posix(), set(names_of(path.read_text("utf-8")))
