"""Pictures from a prompt and a seed; what is named here is all that others use."""

from sandbox.painter.pictures import black_picture, draw_picture, plain_picture

__all__ = ["black_picture", "draw_picture", "plain_picture"]
