"""Discord's rules hold for whatever is sent: they note and never break, and what they let through can be drawn."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import SandboxClock
from sandbox.discord.compose import Body, Frame, compose
from sandbox.discord.media import PICTURES, Upload, content_type_of, picture_size, safe_name
from sandbox.discord.messages import COMPONENTS_V2
from sandbox.discord.rules.choices import check_choices
from sandbox.discord.rules.commands import check_commands, check_options
from sandbox.discord.rules.components import check_message
from sandbox.discord.rules.modal import check_modal
from sandbox.discord.rules.problems import form_errors
from sandbox.discord.rules.refusals import Refused
from sandbox.discord.rules.tree import Kind, walk
from sandbox.discord.world import World

KEYS = [
    "type", "content", "components", "items", "media", "url", "description", "spoiler", "custom_id", "label",
    "style", "options", "value", "accessory", "component", "id", "flags", "embeds", "attachments", "title",
    "fields", "name", "min_values", "max_values", "choices", "required", "autocomplete", "min_value",
    "max_value", "min_length", "max_length", "emoji", "placeholder", "accent_color", "nonce",
    "allowed_mentions", "data",
]  # fmt: skip
scalars = st.none() | st.booleans() | st.integers(-2, 20) | st.text(max_size=8) | st.floats(allow_nan=False)
scalars |= st.sampled_from([COMPONENTS_V2, "attachment://a.png", "https://example.com/a.png", 2**70])
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(KEYS), anything, max_size=8)

Payload = dict[str, Any]


def text(content: str) -> Payload:
    return {"type": 10, "content": content}


def picture(url: str, description: str | None) -> Payload:
    return {"media": {"url": url}, "description": description}


def gallery(items: list[Payload]) -> Payload:
    return {"type": 12, "items": items}


def section(texts: list[Payload], thumbnail: Payload) -> Payload:
    return {"type": 9, "components": texts, "accessory": {"type": 11, **thumbnail}}


def container(inside: list[Payload]) -> Payload:
    return {"type": 17, "components": inside}


texts = st.builds(text, st.text(min_size=1, max_size=9))
addresses = st.sampled_from(["attachment://a.png", "https://example.com/a.png"])
pictures = st.builds(picture, addresses, st.none() | st.text(min_size=1, max_size=5))
galleries = st.builds(gallery, st.lists(pictures, min_size=1, max_size=3))
sections = st.builds(section, st.lists(texts, min_size=1, max_size=3), pictures)
plain: list[Payload] = [{"type": 14}, {"type": 14, "spacing": 2, "divider": False}]
parts = texts | galleries | sections | st.sampled_from(plain)
containers = st.builds(container, st.lists(parts, min_size=1, max_size=3))
layouts = st.lists(parts | containers, min_size=1, max_size=4)


def little_world() -> World:
    world = World(SandboxClock(stopped=True))
    world.addresses.cdn_url = "http://127.0.0.1:1/cdn"
    return world


@given(objects)
def test_nothing_breaks_the_rules(payload: Payload):
    for editing in (False, True):
        problems = check_message(payload, filenames=["a.png"], editing=editing)
        form_errors(problems)
    form_errors(check_modal(payload))
    form_errors(check_choices(payload))
    form_errors(check_commands([payload]))
    check_options(payload, {"name": 1})


@given(objects)
def test_what_is_composed_is_refused_or_whole(payload: Payload):
    world = little_world()
    body = Body(payload, {0: Upload("a.png", b"x")})
    try:
        draft = compose(world, body, Frame(1, 100))
    except Refused as refused:
        answer = refused.body()
    else:
        answer = {"code": draft.attachments[0].filename}
    assert answer["code"] in {50035, 50006, "a.png"}


@given(layouts)
def test_layouts_come_back_with_an_id_each(layout: list[Payload]):
    world = little_world()
    payload = {"flags": COMPONENTS_V2, "components": layout}
    draft = compose(world, Body(payload, {0: Upload("a.png", b"x")}), Frame(1, 100))
    sent, made = list(walk(layout)), list(walk(list(draft.components)))
    assert [component["type"] for _, component in made] == [component["type"] for _, component in sent]
    assert [component["id"] for _, component in made] == list(range(1, len(made) + 1))
    made_galleries: list[Any] = [component for _, component in made if component["type"] == Kind.MEDIA_GALLERY]
    assert all(item["media"]["url"].startswith("http") for each in made_galleries for item in each["items"])


@given(st.text(max_size=20))
def test_stored_names_are_plain(name: str):
    stored = safe_name(name)
    assert stored
    assert stored.isascii()
    assert not set(stored) & set('/\\" ')
    assert safe_name(stored) == stored


@given(st.binary(max_size=60))
def test_broken_pictures_have_no_size(content: bytes):
    for signature in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"GIF89a"):
        for content_type in PICTURES:
            size = picture_size(content_type, signature + content)
            assert size is None or len(size) == 2


@given(st.text(max_size=20), st.none() | st.text(max_size=40) | st.sampled_from(["image/png", "text/html"]))
def test_content_types_can_stand_in_a_header(name: str, claimed: str | None):
    content_type = content_type_of(name, claimed)
    assert content_type is None or (content_type.isascii() and content_type.isprintable())
