"""A page of the playground in a real browser, and what tests do with it."""

import os
import shutil
import time

CHROMIUM = "SOFTLEARN_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path():
    """Return where a Chromium of this machine is, or None."""
    return os.environ.get(CHROMIUM) or next(filter(None, map(shutil.which, _NAMES)), None)


class Tab:
    """An open page.

    `Page.wait_for_function` of Playwright needs eval, which the page's policy forbids: `until`
    asks again and again instead.
    """

    def __init__(self, page):
        self.page, self.said = page, []
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("console", self._console)

    def _console(self, message):
        if message.type in ("error", "warning") and "willReadFrequently" not in message.text:
            self.said.append(f"{message.type}: {message.text}")

    def open(self, address):
        """Go to an address and wait for the first picture."""
        self.page.goto(address)
        self.until("window.__pg && __pg.painted > 0 && __pg.state", seconds=60.0)
        return self

    def ask(self, expression, argument=None):
        """Return the value of some JavaScript."""
        return self.page.evaluate(expression, argument)

    def until(self, expression, seconds=20.0):
        """Wait until some JavaScript is true; return its value."""
        end = time.monotonic() + seconds
        while not (value := self.ask(expression)):
            assert time.monotonic() < end, f"{expression} never came to hold; it is {value!r}"
            time.sleep(0.01)
        return value

    def until_with(self, work, expression):
        """Do something again and again until some JavaScript is true."""
        end = time.monotonic() + 30
        while work() and not self.ask(expression):
            assert time.monotonic() < end, f"{expression} never came to hold"
            time.sleep(0.01)

    def at(self, name):
        """Return an element by its data-testid."""
        return self.page.get_by_test_id(name)

    def click(self, name):
        self.at(name).click()

    def choose(self, name):
        """Click the label of a radio button or a checkbox."""
        self.page.locator("label", has=self.at(name)).click()

    def fill(self, name, value):
        """Write into a field and leave it."""
        self.at(name).fill(str(value))
        self.at(name).press("Tab")

    def slide(self, name, key):
        """Press a key on a slider."""
        self.at(name).press(key)

    def pause(self):
        """Stop training, and wait until its last step has been told and painted."""
        self.until("__pg.state.running")
        self.click("pause")
        self.until("!__pg.state.running && __pg.progress && !__pg.progress.running")
        self.until("__pg.step === __pg.progress.step")

    def picture(self):
        """Return what the plane looks like, once it has been painted anew."""
        self.page.mouse.move(5, 5)
        self.page.wait_for_timeout(250)
        return self.page.locator(".pg-plane canvas").first.locator("..").screenshot()

    def hover(self, x, y):
        """Move the mouse to a place of the plane, in shares of its sides from the top left."""
        box = self.at("region").bounding_box()
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    def tap(self, x, y):
        """Click on a place of the plane."""
        self.hover(x, y)
        self.page.mouse.down()
        self.page.mouse.up()
