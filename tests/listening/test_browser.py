"""The page of a listening kit in Chromium, from the first click to the saved file; skipped where there is none."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from browsers import FLAGS, need_chromium
from maestrokit.cli.commands.evaluate.listening.serve import kit_files, store_in
from maestrokit.files.atomic import write_folder
from maestrokit.listening.answers import check_answers, parse_answers, questions_of
from maestrokit.listening.kit import PAGE
from maestrokit.listening.server import KitServer
from small_kits import small_kit

CHROMIUM = need_chromium()
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402  (skipped where there is none)

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1200, "height": 900}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KitServer]:
    write_folder(tmp_path / "kit", small_kit().files)
    files = kit_files(str(tmp_path / "kit"))
    store = store_in(tmp_path / "answers", lambda text: None)
    with KitServer(files, questions_of(files[PAGE], name=PAGE), store) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def opened(browser: Browser, address: str, **options: object) -> Page:
    """Return the page in a browser of its own, which fails where anything goes wrong in it."""
    page = browser.new_context(accept_downloads=True, **options).new_page()
    page.set_default_timeout(30_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.faults = faults
    page.goto(address)
    return page


def begin(page: Page) -> None:
    page.get_by_role("button", name="Begin").click()
    assert "Please tick the box" in page.inner_text("[role=alert]")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    listen(page)
    page.get_by_role("button", name="I hear it well").click()
    page.get_by_role("heading", name="Practice").wait_for()
    answer(page)


def listen(page: Page) -> None:
    """Play all clips of a step, by the keyboard."""
    page.locator("audio").first.wait_for()
    for audio in page.locator("audio").all():
        audio.focus()
        page.keyboard.press("Space")
        audio.evaluate("audio => audio.ended || new Promise(done => audio.addEventListener('ended', done))")


def answer(page: Page) -> None:
    """Answer all questions of a step, and go on."""
    heading = page.locator("h1").inner_text()
    page.get_by_role("button", name="Next").click()
    assert "Please listen to the whole" in page.inner_text("[role=alert] >> visible=true")
    listen(page)
    for group in page.locator("fieldset").all():
        slider = group.locator("input[type=range]")
        if slider.count():
            slider.press("ArrowRight")
        else:
            group.locator("label").last.click()
    page.get_by_role("button", name="Next").click()
    page.wait_for_function("heading => document.querySelector('h1').innerText !== heading", arg=heading)


def is_over(page: Page) -> bool:
    return page.locator("h1").inner_text() == "Thank you"


def finish(page: Page) -> dict:
    """Answer all that is left, and return the file that was saved."""
    with page.expect_download(timeout=120_000) as saved:
        while not is_over(page):
            answer(page)
    return json.loads(Path(saved.value.path()).read_text())


@pytest.mark.parametrize("options", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_first_click_to_the_saved_file_with_a_reload_in_the_middle(
    browser: Browser, server: KitServer, tmp_path: Path, options: dict
) -> None:
    page = opened(browser, server.address, **options)
    begin(page)
    for _ in range(3):
        answer(page)
    page.get_by_role("heading", name="Number 4").wait_for()
    assert page.inner_text("#count") == "3 of 9 done"
    page.reload()
    page.get_by_role("heading", name="Number 4").wait_for()
    assert page.inner_text("#count") == "3 of 9 done"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table = finish(page)
    page.get_by_text("Your answers were sent. You can close this page.").wait_for()
    (stored,) = (tmp_path / "answers").iterdir()
    assert json.loads(stored.read_text()) == table
    kit = small_kit()
    check_answers(parse_answers(stored.read_bytes(), name="a"), questions_of(kit.files[PAGE], name=PAGE), name="a")
    assert [answer["trial"] for answer in table["answers"]] == [
        questions["id"] for questions in sequence_of(kit, table["number"])
    ]
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.reload()
    page.get_by_text("Your answers were sent").wait_for()
    assert len(list((tmp_path / "answers").iterdir())) == 1 and posts == [] and page.faults == []


def sequence_of(kit, number: int) -> list[dict]:
    """Return the trials of a listener, in order."""
    from small_kits import data_of

    data = data_of(kit)
    return [data["trials"][row] for row, _ in data["sequences"][number % len(data["sequences"])]]


def test_two_listeners_at_once_get_numbers_and_files_of_their_own(
    browser: Browser, server: KitServer, tmp_path: Path
) -> None:
    pages = [opened(browser, server.address, **DESKTOP) for _ in range(2)]
    for page in pages:
        begin(page)
    for page in pages:
        answer(page)
    tables = [finish(page) for page in pages]
    for page in pages:
        page.get_by_text("Your answers were sent").wait_for()
    assert sorted(table["number"] for table in tables) == [0, 1]
    stored = [json.loads(path.read_text()) for path in (tmp_path / "answers").iterdir()]
    assert sorted(stored, key=lambda table: table["number"]) == sorted(tables, key=lambda table: table["number"])


@pytest.mark.parametrize("design", ["pairs", "mushra"])
def test_other_designs_from_a_file_without_any_server(browser: Browser, tmp_path: Path, design: str) -> None:
    kit = small_kit(design)
    write_folder(tmp_path / "kit", kit.files)
    page = opened(browser, (tmp_path / "kit" / PAGE).as_uri() + "?listener=3", **DESKTOP)
    begin(page)
    table = finish(page)
    assert table["number"] == 3 and "saved as a file on this device" in page.inner_text("#status")
    data = json.dumps(table).encode()
    check_answers(parse_answers(data, name="a"), questions_of(kit.files[PAGE], name=PAGE), name="a")
    assert page.faults == []


def last_step(browser: Browser, address: str) -> Page:
    """Return the page of a listener who has answered all."""
    page = opened(browser, address, **DESKTOP)
    begin(page)
    page.evaluate(
        "([name, count]) => localStorage.setItem(name, JSON.stringify("
        "{ ...JSON.parse(localStorage.getItem(name)), step: count }))",
        [f"maestrokit-listening-{small_kit().key['kit']}", 9],
    )
    page.reload()
    page.get_by_role("heading", name="Thank you").wait_for()
    return page


def test_answers_that_were_not_sent_are_not_deleted_without_a_question(browser: Browser, tmp_path: Path) -> None:
    write_folder(tmp_path / "kit", small_kit().files)
    page = last_step(browser, (tmp_path / "kit" / PAGE).as_uri())
    asked: list[str] = []

    def answer_with(choice: str) -> None:
        page.once("dialog", lambda dialog: (asked.append(dialog.message), getattr(dialog, choice)()))
        page.get_by_role("button", name="Begin anew").click()

    answer_with("dismiss")
    page.reload()
    page.get_by_role("heading", name="Thank you").wait_for()
    answer_with("accept")
    page.get_by_role("heading", name="About this test").wait_for()
    assert len(asked) == 2 and "deletes the answers" in asked[0]


@pytest.mark.parametrize("has_storage", [True, False])
def test_the_browser_asks_before_answers_that_it_cannot_keep_are_lost(
    browser: Browser, server: KitServer, has_storage: bool
) -> None:
    page = browser.new_page()
    if not has_storage:
        page.add_init_script("Storage.prototype.setItem = () => { throw new Error('no storage'); }")
    page.goto(server.address)
    page.get_by_role("checkbox").click()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="Sound check").wait_for()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    page.get_by_role("heading", name="Sound check" if has_storage else "About this test").wait_for()
    assert asked == ([] if has_storage else ["beforeunload"])


def test_two_clicks_take_one_number(browser: Browser, server: KitServer) -> None:
    page = opened(browser, server.address, **DESKTOP)
    page.get_by_role("checkbox").check()
    page.evaluate("for (const _ of [1, 2]) document.querySelector('main button').click()")
    page.get_by_role("heading", name="Sound check").wait_for()
    assert server.next_listener() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way_of_people_with_disabilities(browser: Browser, server: KitServer, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = browser.new_context(bypass_csp=True, color_scheme=scheme, **DESKTOP).new_page()
    page.goto(server.address)

    def violations() -> list[str]:
        return [f"{violation['id']}: {violation['help']}" for violation in axe.run(page).response["violations"]]

    assert violations() == []
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="Sound check").wait_for()
    assert violations() == []
    listen(page)
    page.get_by_role("button", name="I hear it well").click()
    page.get_by_role("heading", name="Practice").wait_for()
    assert violations() == []
