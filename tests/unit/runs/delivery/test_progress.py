"""How often a card says where its run stands."""

from bot.runs.delivery.progress import position_spacing_s


def test_places_far_back_are_told_less_often():
    assert [position_spacing_s(place) for place in (1, 10, 11, 100, 101, 5000)] == [5, 5, 15, 15, 60, 60]
