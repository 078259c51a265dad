"""Places captions where they hide least of other faces and captions. Pure.

The live page follows a rule of its own, which remembers (`app/live/scripts/captions.js`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

Rectangle = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels."""

_OWN_FACE: Final = 0.5  # what is hidden of the face itself counts half


def place(
    size: tuple[int, int],
    box: Rectangle,
    picture: tuple[int, int],
    faces: Sequence[Rectangle] = (),
    captions: Sequence[Rectangle] = (),
) -> Rectangle:
    """Returns where a caption hides least; of equally good places the first.

    The places are: above, below, inside at the top, inside at the bottom (each beginning at the left edge of
    the face, ending at its right edge, or in its middle), then beside it. All are moved into the picture.

    Args:
        size: Width and height of the caption, at most those of the picture.
        box: The face that it belongs to.
        picture: Width and height of the picture.
        faces: The other faces.
        captions: The captions that have their places already.
    """
    places = list(_places(size, box, picture))
    # In a crowd few of the others are near: only they are compared with every place.
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    reach = (min(lefts), min(tops), max(rights), max(bottoms))
    near = [other for other in (*faces, *captions) if _near(reach, other)]

    def cost(at: Rectangle) -> float:
        return sum(_shared(at, other) for other in near) + _OWN_FACE * _shared(at, box)

    return min(places, key=cost)


def covers(caption: Rectangle, others: Iterable[Rectangle]) -> bool:
    """Returns whether a caption hides a part of any of the others."""
    return any(_shared(caption, other) for other in others if _near(caption, other))


def _places(size: tuple[int, int], box: Rectangle, picture: tuple[int, int]) -> Iterable[Rectangle]:
    (width, height), (x1, y1, x2, y2) = size, box
    lefts = (x1, x2 - width, (x1 + x2 - width) // 2)
    corners = [(left, top) for top in (y1 - height, y2, y1, y2 - height) for left in lefts]
    corners += [(x1 - width, y1), (x2, y1)]
    for left, top in corners:
        x = min(max(left, 0), max(picture[0] - width, 0))
        y = min(max(top, 0), max(picture[1] - height, 0))
        yield x, y, x + width, y + height


def _near(a: Rectangle, b: Rectangle) -> bool:
    """Returns whether two rectangles may share something: quicker than to say how much."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _shared(a: Rectangle, b: Rectangle) -> int:
    """Returns the area that two rectangles share, in square pixels."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
