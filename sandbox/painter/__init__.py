"""Pictures from a prompt and a seed, and edits of pictures; what is named here is all that others use."""

from sandbox.painter.edits import edit_picture
from sandbox.painter.pictures import black_picture, draw_picture, plain_picture
from sandbox.painter.reading import NotReadable, fitted_size, picture_size, read_picture

__all__ = [
    "NotReadable",
    "black_picture",
    "draw_picture",
    "edit_picture",
    "fitted_size",
    "picture_size",
    "plain_picture",
    "read_picture",
]
