"""Self-contained HTML pages: nothing is fetched, so they can be mailed, archived and read offline."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

import cv2

from maskwatch.types import Image

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1a1a; --soft: #595959; --line: #c8c8c8; --back: #fff;
  --shade: 0, 114, 178; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #b0b0b0; --line: #4a4a4a; --back: #16181b; --shade: 86, 180, 233; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back);
  max-width: 68rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
p.soft, figcaption, caption { color: var(--soft); font-size: .9rem; text-align: left; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; } thead th { vertical-align: bottom; }
td small { color: var(--soft); white-space: nowrap; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { fill: currentColor; }
.cards { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; }
.cards li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .9rem; }
.cards b { display: block; font-size: 1.4rem; }
.gallery { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; }
.gallery li { width: 7.5rem; font-size: .75rem; overflow-wrap: anywhere; }
.gallery img { width: 100%; border: 1px solid var(--line); border-radius: .25rem; display: block; }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page from pieces of HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</main></body></html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """A table; the first cell of each row is its heading. Cells are HTML, `head` and `caption` text."""
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def gallery(items: Iterable[tuple[Image, str]]) -> str:
    """Small pictures with a line of text below each; the pictures become part of the page."""
    return '<ul class="gallery">' + "".join(map(_thumbnail, items)) + "</ul>"


def _thumbnail(item: tuple[Image, str]) -> str:
    image, text = item
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    data = base64.b64encode(jpeg.tobytes()).decode("ascii")
    return f'<li><img alt="" src="data:image/jpeg;base64,{data}">{escape(text)}</li>'
