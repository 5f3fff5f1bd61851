"""What the documents show is what the code says. `python -m tests.unit.test_docs` writes the generated parts anew."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.catalog.model import Model, Option, OptionKind
from bot.catalog.registry import every_model
from bot.settings import settings_table
from tests.unit.commands_table import reference_table
from tests.unit.moderation.disguises import disguises_table
from tests.unit.moderation.table import decisions_table, policies_table

ROOT = Path(__file__).parents[2]
GENERATED = {
    "README.md": ("settings", "reference", "commands"),
    "docs/settings.md": ("settings",),
    "docs/moderation.md": ("policies", "decisions", "disguises"),
}


def commands_table() -> str:
    """The options of each model's command, from the catalog."""
    return "\n\n".join(_options_table(model) for model in every_model())


def _options_table(model: Model) -> str:
    rows = [f"| `{one.name}` | {_allowed(one)} | {one.description} |" for one in model.options]
    return "\n".join((f"| option of `/{model.command}` | allowed | meaning |", "| --- | --- | --- |", *rows))


def _allowed(option: Option) -> str:
    if option.choices:
        return ", ".join(f"`{choice.value}`" for choice in option.choices)
    required = ", required" if option.required else ""
    if option.kind is OptionKind.TEXT:
        return f"text, up to {option.maximum:,} characters{required}"
    if option.maximum is None:
        return f"{option.kind}{required}"
    return f"{option.minimum} to {option.maximum}{required}"


def filled(text: str) -> str:
    """A document with its generated parts as the code has them now."""
    parts = {
        "settings": settings_table(),
        "reference": reference_table(),
        "commands": commands_table(),
        "policies": policies_table(),
        "decisions": decisions_table(),
        "disguises": disguises_table(),
    }
    for name, part in parts.items():
        around = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = around.sub(lambda found, part=part: f"{found[1]}\n{part}\n\n{found[2]}", text)
    return text


@pytest.mark.parametrize(("document", "parts"), GENERATED.items())
def test_generated_parts_are_up_to_date(document: str, parts: tuple[str, ...]) -> None:
    text = (ROOT / document).read_text("utf-8")
    for part in parts:
        assert f"<!-- {part} -->" in text
    assert text == filled(text), "run: python -m tests.unit.test_docs"


def test_every_link_to_a_file_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_dockerfile_satisfies_hadolint() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    checked = subprocess.run(
        [hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_the_image_gets_only_what_is_locked() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert "index-url" not in text
        assert "://" not in text


if __name__ == "__main__":
    for path in GENERATED:
        document = ROOT / path
        document.write_text(filled(document.read_text("utf-8")), "utf-8")
