"""“Edit picture”: what is offered, what the form says, and that no message gets around a run's policy."""

from typing import Any

import pytest

from bot.catalog.registry import every_model
from bot.catalog.source import SourceImage
from bot.runs.run import Delivery, Place, Result, Run, State
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.samples import FakeRuns, a_run
from tests.unit.cogs.wire import APPLICATION_ID, CHANNEL_ID, GUILD_ID, MESSAGE_ID, Call, guild, interaction, sent_form
from tests.unit.cogs.wire import message as own_message

MODELS = every_model()
FORM = f"edit_message:{MESSAGE_ID}"


def attached(number: int, name: str = "cat.png", kind: str | None = "image/png") -> dict[str, Any]:
    address = f"https://cdn.discordapp.com/attachments/1/{number}/{name}?hm=secret"
    return {"id": str(number), "filename": name, "size": 99, "content_type": kind, "url": address, "proxy_url": "x"}


def message(*attachments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A message of a member's."""
    author = {"id": "5", "username": "mia", "discriminator": "0", "avatar": None}
    return own_message() | {"author": author, "attachments": list(attachments)} | changes


def chosen_on(target: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The menu of a message, as Discord sends it."""
    data: dict[str, Any] = {"id": "1", "name": "Edit picture", "type": 3, "target_id": str(MESSAGE_ID)}
    return interaction({}, **how) | {"data": data | {"resolved": {"messages": {str(MESSAGE_ID): target}}}}


def filled(words: str = "make it night", picture: str | None = None) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": 18, "component": {"type": 4, "custom_id": "words", "value": words}}]
    if picture is not None:
        parts.insert(0, {"type": 18, "component": {"type": 3, "custom_id": "picture", "values": [picture]}})
    return sent_form(FORM, *parts)


def done(**changes: Any) -> Run:
    said: dict[str, Any] = {"state": State.SUCCEEDED, "delivery": Delivery.SHOWN, "result": Result(num_outputs=2)}
    return a_run(**(said | changes))


async def answered(open_: Opened) -> Call:
    (call,) = await open_.discord.wait("POST", "/callback")
    return call


@pytest.fixture
def runs() -> FakeRuns:
    return FakeRuns()


async def test_the_form_asks_what_should_change_and_says_the_price(runs: FakeRuns) -> None:
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        open_.press(chosen_on(message(attached(71))))
        form = await answered(open_)
    assert form.body["type"] == 9
    assert form.data["custom_id"] == FORM
    (words,) = form.data["components"]
    assert words["label"] == "What should change?"
    assert "It costs at most 0.5 ¢." in words["description"]
    assert words["component"]["max_length"] == 4000


async def test_of_several_pictures_one_is_chosen_and_what_is_no_picture_is_not_offered(runs: FakeRuns) -> None:
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        files = (attached(71), attached(72, "a.txt", "text/plain"), attached(73, "fox.gif", "image/gif"))
        open_.press(chosen_on(message(*files, attached(74, "no kind", None))))
        form = await answered(open_)
    which, _ = form.data["components"]
    offered = [(one["label"], one["value"]) for one in which["component"]["options"]]
    assert offered == [("Picture 1: cat.png", "71"), ("Picture 2: fox.gif", "73")]


EMBED = {"type": "image", "url": "https://evil.example/x.png", "image": {"url": "https://evil.example/x.png"}}
GALLERY = {
    "type": 12,
    "id": 1,
    "items": [{"media": {"url": "https://evil.example/x.png", "content_type": "image/png"}, "spoiler": False}],
}


@pytest.mark.parametrize(
    "target",
    [
        message(),
        message(embeds=[EMBED]),
        message(components=[GALLERY], flags=1 << 15),
        message(attached(72, "a.txt", "text/plain")),
        own_message() | {"attachments": [attached(71)]},  # such as a question to moderators
        message(attached(71), application_id=str(APPLICATION_ID)),
    ],
    ids=["words", "a stranger's address", "a gallery of strangers", "a file", "the bot's own", "from the bot's app"],
)
async def test_a_message_without_a_picture_to_work_from_says_so(target: dict[str, Any], runs: FakeRuns) -> None:
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        open_.press(chosen_on(target))
        said = await answered(open_)
    assert "no picture in this message" in said.data["content"]
    assert said.data["flags"] == 64


async def test_a_gallery_of_discords_own_files_is_offered(runs: FakeRuns) -> None:
    media = {"url": attached(75)["url"], "attachment_id": "75", "content_type": "image/webp"}
    box = {"type": 17, "id": 1, "components": [GALLERY | {"items": [{"media": media, "spoiler": False}]}]}
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        open_.press(chosen_on(message(components=[box], flags=1 << 15)))
        form = await answered(open_)
    assert form.body["type"] == 9


@pytest.mark.parametrize(
    ("run", "offers"),
    [
        (done(), True),
        (done(delivery=Delivery.HELD), False),
        (done(delivery=Delivery.WITHHELD), False),
        (done(place=Place(GUILD_ID, CHANNEL_ID + 1)), False),
        (done(place=Place(GUILD_ID + 1, CHANNEL_ID)), False),
        (a_run(), False),
    ],
    ids=["shown", "held", "withheld", "of another channel", "of another server", "unfinished"],
)
async def test_of_a_card_the_pictures_of_its_run_are_offered(run: Run, offers: bool) -> None:
    runs = FakeRuns(started=[(run, MESSAGE_ID)])
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        open_.press(chosen_on(own_message() | {"attachments": [attached(71)]}))
        said = await answered(open_)
    assert (said.body["type"] == 9) is offers
    if offers:
        options = said.data["components"][0]["component"]["options"]
        assert [one["value"] for one in options] == ["0", "1"]


async def test_the_form_makes_a_run_of_the_picture_of_a_run(runs: FakeRuns) -> None:
    run = done()
    runs.started.append((run, MESSAGE_ID))
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        open_.press(filled(picture="1"))
        call = await answered(open_)
        assert call.body["type"] == 4
    (asked,) = runs.accepted
    assert asked["model"].command == "edit"
    assert asked["options"] == {"prompt": "make it night", "image": SourceImage.of_run(run.id, 1)}
    assert asked["where"].channel_id == CHANNEL_ID
    assert not open_.discord.named("GET", "/messages/")


@pytest.mark.parametrize("picture", ["7", "run:x", "-1", "71"])
async def test_a_forged_choice_makes_nothing(picture: str, runs: FakeRuns) -> None:
    runs.started.append((done(), MESSAGE_ID))
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        open_.press(filled(picture=picture))
        said = await answered(open_)
    assert "no picture in this message" in said.data["content"]
    assert not runs.accepted


def reading(open_: Opened, status: int, body: dict[str, Any]) -> None:
    """What Discord says when the message is read again."""
    open_.discord.refuse = lambda call: (status, body) if call.method == "GET" and "/messages/" in call.path else None


async def test_the_form_makes_a_run_of_an_attachment_as_it_stands_now(runs: FakeRuns) -> None:
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        reading(open_, 200, message(attached(71), attached(73, "fox.gif", "image/gif")))
        open_.press(filled(picture="73"))
        assert (await answered(open_)).body["type"] == 4
        (read,) = open_.discord.named("GET", "/messages/")
    assert read.path == f"/channels/{CHANNEL_ID}/messages/{MESSAGE_ID}"
    (asked,) = runs.accepted
    fox = attached(73, "fox.gif", "image/gif")
    assert asked["options"] == {"prompt": "make it night", "image": SourceImage(fox["url"], "image/gif", 99)}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {"message": "Unknown Message", "code": 10008}, "I cannot read this message"),
        (403, {"message": "Missing Access", "code": 50001}, "I cannot read this message"),
        (200, message(), "no picture in this message"),
        (200, own_message() | {"attachments": [attached(71)]}, "no picture in this message"),
    ],
    ids=["deleted", "not to be read", "changed", "the bot's own"],
)
async def test_a_message_that_offers_nothing_any_more_makes_nothing(
    status: int, body: dict[str, Any], said: str, runs: FakeRuns
) -> None:
    async with opened(runs, models=MODELS, server=guild(nsfw=False)) as open_:
        reading(open_, status, body)
        open_.press(filled())
        call = await answered(open_)
    assert said in call.data["content"]
    assert not runs.accepted


async def test_where_the_bot_is_not_the_command_is_named_before_anything_is_typed(runs: FakeRuns) -> None:
    async with opened(runs, models=MODELS) as open_:  # no server is known: the person brought the app
        open_.press(chosen_on(message(attached(71))))
        said = await answered(open_)
    assert "attach the picture" in said.data["content"]


async def test_without_a_model_that_edits_it_says_so(runs: FakeRuns) -> None:
    async with opened(runs) as open_:
        open_.press(chosen_on(message(attached(71))))
        said = await answered(open_)
    assert "cannot be edited here" in said.data["content"]


async def test_the_command_is_offered_with_its_attachments() -> None:
    async with opened(models=MODELS) as open_:
        tree = open_.client.tree
        (edit,) = [one.to_dict(tree) for one in tree.get_commands() if one.name == "edit"]
    told = [(one["name"], one["type"], one["required"]) for one in edit["options"]]
    assert told == [
        ("prompt", 3, True),
        ("image", 11, True),
        ("image_2", 11, False),
        ("image_3", 11, False),
        ("image_4", 11, False),
        ("steps", 4, False),
        ("seed", 4, False),
    ]
