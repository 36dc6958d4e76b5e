"""The link from an estimator's card, which notebooks show, to its page of the documentation."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

__all__ = ["DocumentedMixin"]


class DocumentedMixin:
    """Names the page of an estimator of `softlearn.__all__`, by scikit-learn's means.

    The site's address is the installed package's Documentation URL ([project.urls] of
    pyproject.toml); without one the card has no link.  Comes before scikit-learn's `BaseEstimator`
    among the bases of a class.
    """

    _doc_link_module = "softlearn"

    @property
    def _doc_link_template(self) -> str:
        site = _site()
        return f"{site}reference/softlearn/#softlearn.{{name}}" if site else ""

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"name": type(self).__name__}


@cache
def _site() -> str:
    """Return the address of the documentation, or "" where it is not known."""
    try:
        urls: list[str] = metadata("softlearn").get_all("Project-URL") or []
    except PackageNotFoundError:  # a copy that is not installed
        return ""
    addresses: dict[str, str] = dict(url.split(", ", 1) for url in urls)
    return addresses.get("Documentation", "")
