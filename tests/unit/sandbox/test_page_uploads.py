"""Files on their way from the page: kept for whoever chose them, and not without end."""

import pytest

from sandbox.discord import ClientRefusal, Upload
from sandbox.page import uploads
from sandbox.page.uploads import Uploads

MIRA, SAM = 1, 2


def test_files_stand_in_for_their_tokens():
    kept = Uploads()
    one, other = Upload("a.png", b"a"), Upload("b.png", b"b")
    first, second = {"upload": kept.keep(MIRA, one)}, {"upload": kept.keep(MIRA, other)}
    values = {"prompt": "a fox", "image": first, "images": [first, second], "count": 4}
    for _ in range(2):  # what was refused once is sent again
        assert kept.filled_in(MIRA, values) == {"prompt": "a fox", "image": one, "images": [one, other], "count": 4}
    for who, wrong in ((SAM, first), (MIRA, {"upload": "made up"}), (MIRA, {"other": "thing"}), (MIRA, {})):
        with pytest.raises(ClientRefusal):
            kept.filled_in(who, {"image": wrong})


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "KEPT_BYTES_MOST", 10)
    kept = Uploads()
    tokens = [kept.keep(MIRA, Upload("a.png", bytes(4))) for _ in range(3)]
    assert len(kept.filled_in(MIRA, {"image": [{"upload": token} for token in tokens[1:]]})["image"]) == 2
    with pytest.raises(ClientRefusal):
        kept.filled_in(MIRA, {"image": {"upload": tokens[0]}})
    many = [kept.keep(MIRA, Upload("a.png", b"")) for _ in range(uploads.KEPT_MOST + 1)]
    with pytest.raises(ClientRefusal):
        kept.filled_in(MIRA, {"image": {"upload": many[0]}})
