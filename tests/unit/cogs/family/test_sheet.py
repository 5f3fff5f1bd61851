"""What a sheet says: whatever a family is like, and whatever of it may be seen, the rest has no name."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.runs.family import rows_of
from bot.runs.past import NoThumbnail, Thumbnail
from bot.runs.run import PictureRef, Run
from cogs.family.sheet import alt_text, draw
from tests.unit.cogs.samples import SMALL_PNG
from tests.unit.runs.test_family import family_in, the_run

THUMBNAILS = (Thumbnail(SMALL_PNG.getvalue()), *(Thumbnail(why=why) for why in NoThumbnail))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), count=st.integers(1, 12))
def test_only_what_may_be_seen_is_named(data: st.DataObject, count: int) -> None:
    runs: list[Run] = []
    for number in range(count):
        of = data.draw(st.lists(st.sampled_from(runs), max_size=4)) if runs else []
        parents = tuple(PictureRef(one.id, 1) for one in of)
        runs.append(replace(the_run(number), id=f"{number + 0xABCD0000:08x}{'0' * 24}", parents=parents))
    family = family_in({one.id: one for one in runs}, data.draw(st.sampled_from(runs)).id)
    seen = data.draw(st.dictionaries(st.sampled_from([one.id for one in family.members]), st.sampled_from(THUMBNAILS)))
    words = alt_text(rows_of(family), seen)
    assert len(words) <= 1024
    for one in family.members:
        assert (one.id[:8] in words) is (one.id in seen)
    nameless = sum(one.id not in seen or seen[one.id].why is NoThumbnail.NOT_SHOWN for one in family.members)
    assert words.count("(not shown)") == nameless
    assert draw(rows_of(family), seen)
