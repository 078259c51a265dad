"""Training; importing this package alone does not import torch."""

from typing import Final

MODEL: Final = "model.onnx"
"""Name of the exported model in the folder of a run."""
