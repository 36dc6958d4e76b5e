"""Drive the playground in a browser; write a still picture and a recording of 20 seconds.

    python examples/playground/record.py [FOLDER]

They go to docs/images, or to the folder named.  It needs the packages playwright and Pillow, and
Chromium: the system's, or the one that playwright has installed.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from softlearn.playground import Session
from softlearn.playground.server import Server

HERE = Path(__file__).resolve().parent
SIZE = {"width": 1280, "height": 800}
SHOWN = (880, 550)  # pixels of the recording
LAPSE = 125  # milliseconds between two pictures, in the recording
LARGEST = 2_000_000  # bytes


class Recorder:
    """The page, and the pictures taken of it; the page's clock is how many pictures there are."""

    def __init__(self, page):
        self.page, self.pictures, self.step = page, [], 0

    def take(self):
        """Take a picture."""
        self.pictures.append(self.page.screenshot(type="png"))

    def wait(self, truth):
        """Wait until an expression is true (not in the page, whose policy forbids eval)."""
        while not self.page.evaluate(truth):
            self.page.wait_for_timeout(20)

    def send(self, **message):
        """Send a message as the page does."""
        self.page.evaluate("message => window.__pg.send(message)", message)

    def press(self, name):
        """Press a control by its name."""
        self.page.evaluate(f"document.querySelector('[data-testid={name}]').click()")

    def train(self, pictures, first=1, last=40):
        """Take pictures with steps between them: few at first, more and more later."""
        for k in range(pictures):
            steps = round(first * (last / first) ** (k / max(pictures - 1, 1)))
            self.send(type="step", n=steps)
            self.step += steps
            self.wait(f"window.__pg.step === {self.step}")  # is painted
            self.take()

    def begin(self, preset):
        """Show a preset before its first step."""
        self.press(f"preset-{preset}")
        self.anew()

    def anew(self):
        """Go back to the first weights."""
        self.press("reset")
        self.step = 0
        self.wait("window.__pg.step === 0")

    def paint(self, label, spots):
        """Paint points of a class."""
        for spot in spots:
            self.send(type="points", op="add", xy=[spot], label=label)
            self.train(2, 10, 10)

    def race(self, pictures):
        """Take pictures of a race from its start to its end."""
        slider = self.page.locator('[data-testid="race-scrub"]')
        for k in range(pictures):
            slider.fill(str(round(1000 * k / (pictures - 1))))
            self.page.wait_for_timeout(60)
            self.take()


def story(recorder):
    """Straight borders, bows, a hidden layer that follows them, paint, six classes, a race."""
    recorder.begin("c3-linear")
    recorder.train(18)
    recorder.begin("c3-bows")
    recorder.train(14)
    recorder.press("hidden-add")
    recorder.anew()
    recorder.train(28)
    spots = [[1.8, 2.2], [2.0, 1.9], [1.7, 1.8], [2.2, 2.3], [1.9, 1.7], [2.3, 1.8]]
    recorder.paint(0, spots)
    recorder.train(8, 40, 40)
    recorder.begin("c6-hidden")
    recorder.train(28)
    recorder.press("tab-race")
    recorder.wait("document.querySelector('[data-testid=race-table] tbody').children.length > 0")
    top = "document.querySelector('[data-testid=race-formula]').getBoundingClientRect().top"
    recorder.page.evaluate(f"scrollBy(0, {top} - 70)")
    recorder.race(52)


def write_still(target, picture):
    """Write one picture as PNG, with few colours so that the file is small."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        target, optimize=True
    )


def write_recording(target, pictures):
    """Write all pictures as an animated WebP, as good as LARGEST allows."""
    frames = [
        Image.open(io.BytesIO(p)).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS)
        for p in pictures
    ]
    for quality in (60, 50, 40, 30, 20):
        frames[0].save(
            target, save_all=True, append_images=frames[1:], duration=LAPSE, loop=0,
            quality=quality, method=4, minimize_size=False,
        )  # fmt: skip
        if target.stat().st_size < LARGEST:
            break
    return quality


def main():
    """Write both pictures and say how large they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "docs/images"
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(Session)
    with server.in_background(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(server.address(lang="en"))
        recorder = Recorder(page)
        recorder.wait("window.__pg?.painted > 5")
        recorder.send(type="pause")
        recorder.begin("c6-hidden")
        recorder.train(1, 500, 500)
        still = recorder.pictures.pop()
        story(recorder)
        browser.close()
    write_still(folder / "playground.png", still)
    quality = write_recording(folder / "playground.webp", recorder.pictures)
    seconds = len(recorder.pictures) * LAPSE / 1000
    size = (folder / "playground.webp").stat().st_size
    print(
        f"playground.png, and playground.webp: {seconds:.0f} s, {size:,} bytes, quality {quality}."
    )


if __name__ == "__main__":
    main()
