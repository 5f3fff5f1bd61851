"""Who is told of what."""

from typing import Any

import pytest

from sandbox.page.sight import sees

MIRA, THEO = 101, 102


@pytest.mark.parametrize(
    ("event", "mira", "theo"),
    [
        ({"t": "message_create", "message": {"channel_id": "1", "visible_to": None}}, True, True),
        ({"t": "message_update", "message": {"channel_id": "1", "visible_to": "101"}}, True, False),
        ({"t": "message_create", "message": {"channel_id": "3"}}, False, True),
        ({"t": "message_delete", "message": {"id": "7", "channel_id": "3"}}, False, True),
        ({"t": "interaction", "user_id": "101"}, True, False),
        ({"t": "modal", "user_id": 102}, False, True),
        ({"t": "commands", "commands": []}, True, True),
        ({"t": "bot", "online": False}, True, True),
    ],
)
def test_people_see_their_channels_and_their_own_notes(event: dict[str, Any], mira: bool, theo: bool):
    assert sees(event, MIRA, {"1"}) is mira
    assert sees(event, THEO, {"1", "3"}) is theo
