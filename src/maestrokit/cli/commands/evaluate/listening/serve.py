"""The work of ``evaluate --serve``: a listening kit for browsers on this machine, and the answers in files."""

import re
from collections.abc import Callable
from pathlib import Path

from maestrokit.cli import batch, report
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.declare import state
from maestrokit.errors import BadDataError, CannotWriteError, NoInputError, UsageError, reason
from maestrokit.files import atomic, streams
from maestrokit.listening.answers import Answers, questions_of
from maestrokit.listening.kit import PAGE
from maestrokit.listening.server import HOST, Count, KitServer, Store

BEGUN = ".listeners"  # in the folder of answers: how many listeners have begun
CLIP = re.compile(r"[0-9a-f]{10}\.mp3")


def serve(settings: Settings, folder: str) -> None:
    """Serve a kit until the program is interrupted.

    Raises
    ------
    UsageError
        If there are inputs, or the port is taken.
    NoInputError
        If there is no kit.
    """
    state()
    if settings.inputs.inputs:
        raise UsageError("`serve` serves one kit, and there are inputs", "leave them out", parameter="serve")
    pages = kit_files(folder)
    answers = Path(settings.listening.answers or f"{Path(folder)!s}.answers")
    questions = questions_of(pages[PAGE], name=str(Path(folder) / PAGE))
    port = settings.listening.port
    if settings.running.dry_run:
        batch.print_plan([(folder, str(answers)), (f"http://{HOST}:{port}/", "")])
        return
    say: Callable[[str], None] = (lambda text: None) if settings.running.quiet else report.say
    store, first = store_in(answers, say), listeners_of(answers)
    try:
        server = KitServer(pages, questions, store, port=port, first=first, count=count_in(answers, say))
    except OSError as error:
        fact = f"cannot serve at port {port}: {reason(error)}"
        raise UsageError(fact, "choose another `port`; 0 takes any that is free", parameter="port") from error
    with server:
        streams.write_bytes(streams.STANDARD, f"{server.address}\n".encode())
        say(f"note: a listening test for browsers on this machine; answers go to '{answers}'; Ctrl-C ends it")
        server.serve_forever()


def kit_files(folder: str) -> dict[str, bytes]:
    """Return the page and the clips of a kit, and nothing else that may lie in its folder.

    Raises
    ------
    NoInputError
        If it is no kit.
    """
    page, clips = Path(folder) / PAGE, Path(folder) / "clips"
    if not page.is_file() or not clips.is_dir():
        raise NoInputError(f"'{folder}' is no listening kit", "evaluate --listening-kit writes one", path=folder)
    names = sorted(path for path in clips.iterdir() if CLIP.fullmatch(path.name) and path.is_file())
    return {PAGE: streams.read_bytes(page)} | {f"clips/{path.name}": streams.read_bytes(path) for path in names}


def listeners_of(folder: Path) -> int:
    """Return how many listeners have begun, those included who have not sent answers yet."""
    try:
        begun = int((folder / BEGUN).read_text(encoding="ascii"))
    except (OSError, ValueError):
        begun = 0
    return max(begun, len(list(folder.glob("*.json"))))


def count_in(folder: Path, say: Callable[[str], None]) -> Count:
    """Return a function that keeps how many listeners have begun, so that numbers go on after a restart."""

    def count(begun: int) -> None:
        try:
            atomic.write_bytes(folder / BEGUN, f"{begun}\n".encode())
        except CannotWriteError as error:
            say(f"maestrokit evaluate: {error}")

    return count


def store_in(folder: Path, say: Callable[[str], None]) -> Store:
    """Return a function that stores the answers of each listener in a file of its own, and overwrites none."""

    def store(answers: Answers, data: bytes) -> bool:
        path = folder / f"{answers.listener}.json"
        if path.exists():
            if path.read_bytes() == data:
                return False
            say(f"note: other answers by listener {answers.listener} are refused; '{path}' stays as it is")
            raise BadDataError("other answers by this listener are stored")
        try:
            atomic.write_new(path, data)
        except CannotWriteError as error:
            say(f"maestrokit evaluate: {error}")
            raise BadDataError("the answers cannot be stored") from error
        say(f"note: stored '{path}'")
        return True

    return store
