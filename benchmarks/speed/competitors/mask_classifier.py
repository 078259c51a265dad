"""MobileNetV2 1.0 at 224 x 224 with the tutorials' head: by Keras, or the same network by ONNX Runtime.

The weights are random: they cost what any others cost, and nobody asks what they say.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BATCH: Final = 32
"""Faces of one call, as in the tutorials."""


def keras_classifier() -> tuple[Callable[[Floats], object], dict[str, str]]:
    """Returns `model.predict` of Keras and the versions of the libraries."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    base = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_tensor=keras.Input((224, 224, 3))
    )
    x: Any = keras.layers.AveragePooling2D((7, 7))(base.output)
    x = keras.layers.Dense(128, activation="relu")(keras.layers.Flatten()(x))
    x = keras.layers.Dense(2, activation="softmax")(keras.layers.Dropout(0.5)(x))
    model = keras.Model(base.input, x)
    return (
        lambda faces: model.predict(faces, batch_size=BATCH, verbose=0),
        {"tensorflow": str(tf.__version__), "keras": str(keras.__version__)},
    )


def onnx_classifier(path: str) -> tuple[Callable[[Floats], object], dict[str, str]]:
    """Returns the same network run by ONNX Runtime, and its version.

    Args:
        path: File of `benchmarks.speed.mobilenet_file`.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return (
        lambda faces: session.run(None, {name: np.ascontiguousarray(faces.transpose(0, 3, 1, 2))}),
        {"onnxruntime": str(onnxruntime.__version__)},
    )


def classifier(spec: str) -> tuple[Callable[[Floats], object], dict[str, str]]:
    """Returns the classifier that "keras", or the path of an ONNX file, stands for."""
    return keras_classifier() if spec == "keras" else onnx_classifier(spec)
