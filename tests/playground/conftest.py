"""What tests in a browser share."""

import pytest
from browsing import CHROMIUM, Tab, chromium_path


@pytest.fixture(scope="session")
def chromium():
    """Return a browser of this machine; skip where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = chromium_path()
    if path is None:
        pytest.skip(f"no Chromium was found; install one, or name it in {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--force-color-profile=srgb"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served():
    """Serve the playground for the tests of a file."""
    from softlearn.playground.server import Server
    from softlearn.playground.session import Session

    server = Server(Session)
    with server.in_background():
        yield server


@pytest.fixture
def opened(chromium, served):
    """Return what opens a page; in the end there must be no error on any."""
    contexts, tabs = [], []

    def open_page(width=1280, height=800, colours="light", **fragment):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=colours, locale="en-US"
        )
        contexts.append(context)
        tabs.append(Tab(context.new_page()))
        return tabs[-1].open(served.address(**fragment))

    yield open_page
    said = [line for tab in tabs for line in [*tab.said, *tab.ask("window.__pg?.errors ?? []")]]
    for context in contexts:
        context.close()
    assert not said


@pytest.fixture
def tab(opened):
    """Return a page with the first preset, which is in training."""
    return opened()


@pytest.fixture
def still(tab):
    """Return a page whose training is paused."""
    tab.pause()
    return tab
