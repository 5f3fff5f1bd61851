"""Whatever is put into a form: the client refuses it in words, or the bot hears just what was asked, in order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import SandboxClock
from sandbox.discord.clientchecks import ClientRefusal, Known
from sandbox.discord.clientdata import ClientData
from sandbox.discord.clientforms import check_form
from sandbox.discord.media import Upload
from sandbox.discord.rules.modal import check_modal
from sandbox.discord.world import World

Payload = dict[str, Any]

TEXT, STRINGS, FILES, RADIO, BOXES, BOX = 4, 3, 19, 21, 22, 23
ENTITIES = (5, 6, 7, 8)
WORLD = World(SandboxClock(stopped=True))
KNOWN = Known(
    users=[each.id for each in WORLD.cast.people],
    channels={each.id: each.type for each in WORLD.cast.channels},
    roles=[each.id for each in WORLD.cast.guild.roles],
    upload_limit_bytes=10,
)


@st.composite
def fields(draw: st.DrawFn, kind: int) -> Payload:
    """A field, with or without what may be left out. Not all of them are what Discord takes."""
    made: Payload = {"type": kind, "custom_id": "field"}
    if kind == TEXT:
        made["style"] = draw(st.sampled_from([1, 2]))
        optional: dict[str, Any] = {"min_length": st.integers(0, 5), "max_length": st.integers(1, 8)}
        optional["value"] = st.text(max_size=9)
    elif kind == BOX:
        optional = {"default": st.booleans()}
    else:
        optional = {"min_values": st.integers(0, 3), "max_values": st.integers(1, 4)}
    if kind in {STRINGS, RADIO, BOXES}:
        values = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
        made["options"] = [{"label": each, "value": each, "default": draw(st.booleans())} for each in values]
    optional["required"] = st.booleans()
    return made | draw(st.fixed_dictionaries({}, optional=optional))


ids: st.SearchStrategy[str] = st.sampled_from([str(each) for each in (*KNOWN.users, *KNOWN.channels, *KNOWN.roles, 5)])
entries: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from("abcd") | ids
    | st.builds(Upload, st.text(max_size=5), st.binary(max_size=12))
)  # fmt: skip
entered: st.SearchStrategy[Any] = (
    entries | st.lists(entries, max_size=4) | st.dictionaries(st.text(max_size=3), st.none(), max_size=2)
)


letters = st.sampled_from("abcd")
FITTING: dict[int, st.SearchStrategy[Any]] = {
    TEXT: st.text(max_size=9),
    STRINGS: st.lists(letters, max_size=4),
    FILES: st.lists(st.builds(Upload, st.text(max_size=5), st.binary(max_size=12)), max_size=4),
    RADIO: letters | st.none(),
    BOXES: st.lists(letters, max_size=4),
    BOX: st.booleans(),
    **dict.fromkeys(ENTITIES, st.lists(ids, max_size=4)),
}


@pytest.mark.parametrize("kind", FITTING)
@given(st.data())
def test_a_form_is_refused_in_words_or_heard_as_it_was_asked(kind: int, data: st.DataObject):
    field: Payload = data.draw(fields(kind))
    values: Payload = data.draw(st.fixed_dictionaries({}, optional={"field": FITTING[kind] | FITTING[kind] | entered}))
    modal: Payload = {"custom_id": "form", "title": "Form"}
    modal["components"] = [{"type": 18, "label": "Field", "component": field}]
    if check_modal(modal):
        return
    try:
        check_form(modal, values, known=KNOWN)
    except ClientRefusal:
        return
    sent = ClientData(WORLD).modal("form", modal["components"], values)
    (label,) = sent["components"]
    heard = label["component"]
    assert (label["type"], heard["type"], heard["custom_id"]) == (18, field["type"], "field")
    if field["type"] in {TEXT, RADIO, BOX}:
        _check_one(field, heard["value"])
    else:
        _check_many(field, heard["values"], sent["resolved"])


def _check_one(field: Payload, value: object) -> None:
    required = field.get("required") is not False
    if field["type"] == BOX:
        assert isinstance(value, bool)
    elif field["type"] == RADIO:
        offered = [option["value"] for option in field["options"]]
        assert value in offered or (value is None and not required)
    else:
        assert isinstance(value, str)
        least, most = field.get("min_length", 0), field.get("max_length", 4000)
        assert least <= len(value) <= most or (not value and not required)
        assert value or not required


def _check_many(field: Payload, values: list[str], resolved: Payload) -> None:
    most = len(field["options"]) if field["type"] == BOXES else 1
    assert len(set(values)) == len(values)
    assert values or field.get("required") is False
    assert not values or field.get("min_values", 1) <= len(values) <= field.get("max_values", most)
    if field["type"] in {STRINGS, BOXES}:
        assert {option["value"] for option in field["options"]}.issuperset(values)
        assert not resolved
    else:
        known = {key for kind in resolved.values() for key in kind}
        assert known.issuperset(values), "everything that was chosen comes along"
