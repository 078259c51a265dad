"""Makes training examples of labelled pictures: pseudo-labels, datasets, augmentation.

May import `data`, `detectors`, the core, `training.nets` and `training.synthesis`.
"""
