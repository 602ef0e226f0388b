"""Take the pictures of the pages that ``evaluate`` writes: a report, a listening test and its ratings.

Example::

    python tools/take_screenshots.py            # writes docs/screenshots
    python tools/take_screenshots.py -o build   # elsewhere, to look at them first

All that is seen is made from the demonstration performances and the shipped models. A Chromium has to be installed, and
the packages of the extra ``test``.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL.Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "src" / "maestrokit" / "demo"
SYSTEMS = [f"--system=human={DEMO}", "--system=transformer=model:transformer", "--system=lstm=model:lstm"]
SHIFTS = (-5, -3, 2, 4, 6)  # semitones: the demonstration in other keys is the reference
LISTENERS = 24
LIKED = {"human": 4.1, "transformer": 3.4, "lstm": 2.3}  # mean opinions of the listeners, who are made up
COLOURS = 256  # of a picture
DESKTOP: dict[str, Any] = {"viewport": {"width": 1200, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
SHEET: dict[str, Any] = {"viewport": {"width": 718, "height": 1047}}  # A4 within margins of 1 cm, at 96 points an inch


@dataclass(frozen=True)
class Shot:
    """A picture: what of a page is seen, and how."""

    page: str
    device: dict[str, Any] = field(default_factory=lambda: DESKTOP)
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"
    target: str | None = None
    """What the view begins with; None for the beginning of the page."""


SHOTS = {
    "report-desktop": Shot("report"),
    "report-dark": Shot("report", scheme="dark", target="article.example"),
    "report-phone": Shot("report", PHONE),
    "report-phone-dark": Shot("report", PHONE, "dark", target="article.example"),
    "report-print": Shot("report", SHEET, media="print"),
    "listening-desktop": Shot("trial"),
    "listening-dark": Shot("trial", scheme="dark"),
    "listening-phone": Shot("trial", PHONE),
    "listening-phone-dark": Shot("trial", PHONE, "dark"),
    "listening-print": Shot("trial", SHEET, media="print"),
    "ratings-desktop": Shot("ratings"),
}


def maestrokit(*words: object) -> None:
    """Run a command."""
    subprocess.run([sys.executable, "-m", "maestrokit", *map(str, words)], check=True)


def make_pages(folder: Path) -> dict[str, str]:
    """Make the pages, and return their addresses."""
    for shift in SHIFTS:
        maestrokit("transpose", DEMO, f"--semitones={shift}", "-d", folder / "reference" / f"{shift:+d}")
    report, kit, ratings = folder / "report.html", folder / "kit", folder / "ratings.html"
    maestrokit("evaluate", *SYSTEMS, "--reference", folder / "reference", "--pieces=4", "--seconds=20", "-o", report)
    maestrokit("evaluate", *SYSTEMS, "--listening-kit", kit, "--clips=3", "--seconds=12")
    key = json.loads((folder / "kit.key.json").read_text(encoding="utf-8"))
    page = (kit / "index.html").read_text(encoding="utf-8")
    make_answers(folder / "answers", key, json.loads(re.findall(r'id="kit">(.*?)</script>', page, re.DOTALL)[0]))
    maestrokit("evaluate", f"--ratings={folder / 'answers'}", f"--key={folder / 'kit.key.json'}", "-o", ratings)
    return {"report": report.as_uri(), "trial": (kit / "index.html").as_uri(), "ratings": ratings.as_uri()}


def make_answers(folder: Path, key: dict[str, Any], data: dict[str, Any]) -> None:
    """Write the answers of made-up listeners to a kit."""
    folder.mkdir()
    generator = np.random.default_rng(1)
    scales = {scale["name"]: scale for scale in data["scales"]}
    for number in range(LISTENERS):
        answers = []
        for row, _ in data["sequences"][number % len(data["sequences"])]:
            trial = data["trials"][row]
            (clip,) = trial["clips"]
            origin = key["clips"][clip]
            values = {name: {clip: rating(scales[name], origin, generator)} for name in trial["scales"]}
            answers.append({"trial": trial["id"], "values": values, "seconds": 20.0, "plays": 1})
        listener = f"{number:016x}"
        content = {"format": "maestrokit-answers", "version": 1, "kit": data["kit"], "listener": listener,
                   "number": number, "answers": answers}  # fmt: skip
        (folder / f"{listener}.json").write_text(json.dumps(content), encoding="utf-8")


def rating(scale: dict[str, Any], origin: dict[str, Any], generator: np.random.Generator) -> int:
    """Return what a listener says of a clip, or the number of notes of an attention item."""
    if origin["system"] is None:
        return int(origin["notes"])
    share = (generator.normal(LIKED[origin["system"]], 0.8) - 1) / 4
    return round(float(scale["low"] + (scale["high"] - scale["low"]) * np.clip(share, 0, 1)))


def photograph(browser: Browser, address: str, shot: Shot) -> bytes:
    """Return the picture of a page as PNG."""
    page = browser.new_context(color_scheme=shot.scheme, **shot.device).new_page()
    page.goto(address)
    if shot.page == "trial":
        go_to_trial(page)
    page.emulate_media(media=shot.media)
    if shot.target is not None:
        page.locator(shot.target).first.evaluate("element => element.scrollIntoView()")
    for audio in page.locator("audio >> visible=true").all()[:2]:
        audio.evaluate("audio => audio.readyState || audio.preload === 'none' || "
                       "new Promise(done => audio.addEventListener('loadedmetadata', done))")  # fmt: skip
    picture = page.screenshot()
    page.context.close()
    return picture


def go_to_trial(page: Page) -> None:
    """Go to the first trial, as a listener does who comes again after the practice."""
    name = "maestrokit-listening-" + page.evaluate("JSON.parse(document.getElementById('kit').textContent).kit")
    state: dict[str, Any] = {"number": 0, "server": None, "id": "0" * 16, "step": 0, "answers": []}
    page.evaluate("([name, state]) => localStorage.setItem(name, state)", [name, json.dumps(state)])
    page.reload()
    page.get_by_role("heading", name="Number 1").wait_for()


def smaller(picture: bytes) -> bytes:
    """Return a picture in few colours, which is a fraction of its size."""
    stream = BytesIO()
    image = PIL.Image.open(BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=PIL.Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "screenshots", metavar="DIR")
    output = parser.parse_args().output
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = make_pages(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, shot in SHOTS.items():
            (output / f"{name}.png").write_bytes(smaller(photograph(browser, pages[shot.page], shot)))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
