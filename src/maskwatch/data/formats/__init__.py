"""Readers of data set formats: COCO, YOLO, Pascal VOC, class folders.

May import `data.sample`, `data.picture_files` and the core.
"""
