"""Pictures from a prompt and a seed; `draw_picture` and `black_picture` are all that others use."""

from sandbox.painter.pictures import black_picture, draw_picture

__all__ = ["black_picture", "draw_picture"]
