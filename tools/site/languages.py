"""Pages in Korean: NAME.ko.md beside NAME.md becomes ko/NAME/, with Korean navigation and words.

mkdocs-static-i18n is not used: it builds every page, the reference too, once for each language, and
takes no generated pages.
"""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

SUFFIX = ".ko.md"
KOREAN = {
    "Start": "시작",
    "Guide": "안내",
    "Course": "강의",
    "Gallery": "갤러리",
    "Reference": "API",
    "How it works": "원리",
    "Measured": "측정 결과",
    "Project": "프로젝트",
    "한국어": "한국어",
}
FIRST_PAGE = {"name": "한국어", "lang": "ko", "link": "ko/"}
ENGLISH = {korean: english for english, korean in KOREAN.items()}


def place(file: File) -> None:
    """Put a Korean page under ko/, at the address of the English one."""
    if file.src_uri.endswith(SUFFIX):
        original = file.src_uri.removesuffix(SUFFIX)
        parts = [part for part in ("ko", *original.split("/")) if part != "README"]
        file.dest_uri = "/".join([*parts, "index.html"])


def speak(page: Page, config: MkDocsConfig, nav: Navigation) -> None:
    """Set theme, navigation and choice of languages to those of a page that is now drawn."""
    korean = page.file.src_uri.endswith(SUFFIX)
    config.theme["language"] = "ko" if korean else "en"
    words = KOREAN if korean else ENGLISH
    for item in nav.items:
        item.title = words.get(item.title, item.title)
    config.extra["other_language"] = _other(page.file, nav)


def _other(file: File, nav: Navigation) -> dict[str, str]:
    """Return the link to a page's translation, or to the first page where there is none."""
    if file.src_uri.endswith(SUFFIX):
        return {"name": "English", "lang": "en", "link": file.url.removeprefix("ko/") or "."}
    translated = {page.file.url for page in nav.pages if page.file.src_uri.endswith(SUFFIX)}
    address = f"ko/{file.url}".removesuffix("./")
    return {**FIRST_PAGE, "link": address} if address in translated else FIRST_PAGE
