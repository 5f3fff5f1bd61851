"""The base of every message that is more than words."""

from discord import ui


class Layout(ui.LayoutView):
    """A layout without a time of its own: nothing on it ever expires. What is pressed on it comes to the router."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
