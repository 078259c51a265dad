"""Reduces results to the size of a screen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from maskwatch.results import Result


def downscaled(result: Result, side: int) -> Result:
    """Returns the result with a smaller picture and boxes to match.

    Args:
        result: Any result.
        side: Longest side of the new picture in pixels; a smaller picture is returned unchanged.
    """
    image, faces = result.frame.image, result.faces
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return result
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    smaller = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    factors = np.array([size[0] / width, size[1] / height] * 2, np.float32)
    frame = replace(result.frame, image=smaller)
    return replace(result, frame=frame, faces=faces.with_(boxes=faces.boxes * factors))
