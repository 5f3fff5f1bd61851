"""/rules: what people may type is what the service takes."""

from bot.catalog.model import PROMPT_MOST
from bot.moderation.matching import TEXT_MOST
from bot.moderation.prompt_rules_service import REASON_MOST
from tests.unit.cogs.opened import opened


async def test_texts_may_be_as_long_as_the_service_takes_them() -> None:
    async with opened() as open_:
        (rules,) = [one.to_dict(open_.client.tree) for one in open_.client.tree.get_commands() if one.name == "rules"]
    most = {
        (sub["name"], one["name"]): one["max_length"]
        for sub in rules["options"]
        for one in sub["options"]
        if "max_length" in one
    }
    assert most == {("add", "text"): TEXT_MOST, ("add", "reason"): REASON_MOST, ("test", "prompt"): PROMPT_MOST}
