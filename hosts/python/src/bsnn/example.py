"""Something to try the package with: a model of digits that comes with it, and an image of a seven."""

from __future__ import annotations

from pathlib import Path

MODEL = Path(__file__).with_name("models") / "digits.bsnn.gguf"
"""Path of the model file; its input is 28×28×1."""

SEVEN = MODEL.with_name("seven.png")
"""Path of an image of the model's size."""
