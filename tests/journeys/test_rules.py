"""/rules by the real bot: what is refused before any money is held, and what admins and members read."""

from typing import Any

import pytest

from tests.journeys.tools import Tools

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONLY_ADMINS = "Only people with the permission “Manage Server” may do this. Nothing was changed."
REFUSED = "This server does not allow that prompt: we keep weapons out. Nothing was sent and nothing was charged."


async def test_a_rule_refuses_before_any_money_is_held_and_names_only_its_public_reason(tools: Tools):
    admin = tools.cast.admin
    said = await tools.use(admin, "rules add", text="revolver*", reason="we keep weapons out")
    assert "refuse · “revolver*” · people read: we keep weapons out" in said.replace("\\", "")
    before = tools.count("runs", "ledger_entries")
    answer = await tools.stage.imagine("an old REVOLVERS collection")
    assert answer.is_ephemeral
    assert answer.text == f"{REFUSED}\n[Change…]"
    assert "revolver" not in answer.text
    assert tools.count("runs", "ledger_entries") == before
    assert not tools.stage.creates
    line = await tools.log_says("added a rule for prompts")
    assert f"<@{admin.id}>" in line
    assert tools.stage.acts("rule added")[-1]["actor_id"] == admin.id


async def test_a_rule_for_review_lets_the_pictures_wait(tools: Tools):
    await tools.use(tools.cast.admin, "rules add", text="castle", action="review", reason="castles are looked at")
    answer = await tools.stage.imagine("a castle", image_size="square")
    assert "A moderator looks at" in answer.text
    panel = await tools.panel("A picture waits for you")
    assert panel is not None


async def test_a_rule_that_only_logs_stops_nobody(tools: Tools):
    await tools.use(tools.cast.admin, "rules add", text="bridge", action="log")
    answer = await tools.stage.imagine("a bridge", image_size="square")
    assert len(answer.attachments) == 1
    assert "bridge" in await tools.log_says("met a rule")


async def test_test_tells_which_rule_matches_and_where(tools: Tools):
    admin = tools.cast.admin
    await tools.use(admin, "rules add", text="sword*")
    await tools.use(admin, "rules add", text="swordfish", action="exception")
    before = tools.count("runs")
    said = await tools.use(admin, "rules test", prompt="a knight with a long sword, and a swordfish")
    assert "This prompt would be refused." in said
    assert "matches characters 22 to 26: a knight with a long ⟦sword⟧, and a swordfish" in said
    assert "matches characters 35 to 39: a knight with a long sword, and a ⟦sword⟧fish\n  Let pass by rule" in said
    assert "No rule matches" in await tools.use(admin, "rules test", prompt="flowers")
    assert tools.count("runs") == before


async def test_test_sees_what_is_sent_as_well_as_what_is_typed(tools: Tools):
    admin = tools.cast.admin
    await tools.use(admin, "rules add", text="sword fight")
    said = await tools.use(admin, "rules test", prompt="a sword <lora:x:1> fight")
    assert said.startswith(
        "As it is sent, without what the prompt check takes out of it:\nThis prompt would be refused."
    )
    said = await tools.use(admin, "rules test", prompt="a fox --no sword fight")
    assert said.startswith("This prompt would be refused.")
    assert "No rule matches" in await tools.use(admin, "rules test", prompt="a fox --no cats")


async def test_a_removed_rule_no_longer_refuses(tools: Tools):
    admin = tools.cast.admin
    await tools.use(admin, "rules add", text="dagger")
    number = int((await tools.use(admin, "rules list")).split(" ·")[0].split()[-1])
    assert "dagger" in await tools.use(admin, "rules remove", rule=number)
    assert "There are no rules for prompts yet." in await tools.use(admin, "rules list")
    assert len((await tools.stage.imagine("a dagger", image_size="square")).attachments) == 1
    said = await tools.use(admin, "rules remove", rule=number)
    assert "There is no rule with this number." in said


@pytest.mark.parametrize(
    ("text", "words"),
    [("   ", "empty"), ("\u200b‍ ", "Nothing was changed."), ("x" * 10_000, "at most"), ("…!?", "Nothing was changed.")],
)
async def test_a_rule_that_is_none_is_said(tools: Tools, text: str, words: str):
    said = await tools.use(tools.cast.admin, "rules add", text=text, check=False)
    assert words in said
    assert "Nothing was changed." in said
    assert len(said) < 300
    assert tools.count("prompt_rules") == (0,)


async def test_what_looks_like_markup_in_a_rule_stays_text(tools: Tools):
    said = await tools.use(tools.cast.admin, "rules add", text="<@1> _x_ @everyone", reason="[a](b) `c`")
    assert "“<@1> _x_ @everyone”" in said


@pytest.mark.parametrize("who", ["member", "moderator"])
async def test_a_forged_command_changes_nothing(tools: Tools, who: str):
    await tools.use(tools.cast.admin, "rules add", text="lance")
    forged: list[tuple[str, dict[str, Any]]] = [
        ("rules add", {"text": "flower"}),
        ("rules remove", {"rule": 1}),
        ("rules list", {}),
        ("rules test", {"prompt": "a lance"}),
    ]
    for command, options in forged:
        said = await tools.use(getattr(tools.cast, who), command, check=False, **options)
        assert said == ONLY_ADMINS
        assert "lance" not in said
    assert tools.count("prompt_rules") == (1,)
