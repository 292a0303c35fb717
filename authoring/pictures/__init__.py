"""Drawings of the bundled set. Each module registers its drawings by name; case files refer to them by that name."""

from authoring.pictures.canvas import DRAWINGS, Picture, draw

__all__ = ["DRAWINGS", "Picture", "draw"]
