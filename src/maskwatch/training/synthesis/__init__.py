"""Occlusion augmentation: paints masks, caps and other things on faces. May import OpenCV and the core."""
