"""What MkDocs does not do by itself for the documentation site (see `hooks` in mkdocs.yml).

Some pages are written where they belong and not in docs/: the model cards beside their models, what
benchmarks say beside the benchmarks; README, changelog and contributors' page at the root. They become pages
of the site from there, and no text exists twice. In all pages links are written as they work where the code
is read; here they become links of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[1]
_MODELS: Final = "src/maskwatch/models"
_LINK: Final = re.compile(r"(?<=\]\()(?!\w+:|/|#)([^)#\s]+)(?=[)#])")


def borrowed_pages() -> dict[str, str]:
    """Returns the files outside docs/ that the site shows: place in the repository -> place in the site."""
    pages = {
        "README.md": "overview.md",
        "CHANGELOG.md": "changelog.md",
        "CONTRIBUTING.md": "contributing.md",
        "benchmarks/speed/README.md": "benchmarks/speed.md",
        "benchmarks/speed/results/speed.md": "benchmarks/speed-results.md",
        "benchmarks/people/README.md": "benchmarks/people.md",
        "benchmarks/people/results/people.md": "benchmarks/people-results.md",
        "benchmarks/people/results/cost.md": "benchmarks/people-cost.md",
        "benchmarks/robustness/README.md": "benchmarks/robustness.md",
        "benchmarks/robustness/results/robustness.md": "benchmarks/robustness-results.md",
        "benchmarks/robustness/results/soak-page.md": "benchmarks/robustness-soak-page.md",
        "benchmarks/val_made/README.md": "benchmarks/val-made.md",
    }
    for path in sorted((ROOT / _MODELS).glob("*.CARD*")):
        pages[f"{_MODELS}/{path.name}"] = f"model-cards/{path.name.replace('.CARD.md', '.md')}"
    return pages


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the borrowed pages and whatever else in the repository a page links to."""
    for source, target in borrowed_pages().items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    for page in list(files.documentation_pages()):
        for link in _LINK.findall(page.content_string):
            source = _in_repository(page.src_uri, link)
            target = _in_site(source)
            if target.startswith("files/") and (ROOT / source).is_file() and target not in files.src_uris:
                files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links between places in the repository into links between places in the site."""
    here = page.file.src_uri

    def link(match: re.Match[str]) -> str:
        target = _in_site(_in_repository(here, match[1]))
        return posixpath.relpath(target, posixpath.dirname(here) or ".")

    return _LINK.sub(link, markdown)


def _in_repository(page: str, link: str) -> str:
    """Returns the place in the repository that a link of a page of the site means."""
    home = {target: source for source, target in borrowed_pages().items()}.get(page, f"docs/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(home), link))


def _in_site(source: str) -> str:
    """Returns where a file of the repository is in the site."""
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    return borrowed_pages().get(source, f"files/{source}")
