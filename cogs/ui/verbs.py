"""The actions of buttons that make a new picture of one that is there. cogs/edit answers them."""

EDIT, MORE_SUBTLE, MORE_STRONG, ZOOM_OUT = "edit", "more_subtle", "more_strong", "zoom_out"
