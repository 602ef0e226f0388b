"""The server of a listening kit: the kit and nothing else, and answers that are what they should be."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from maestrokit.cli.commands.evaluate.listening.serve import count_in, kit_files, listeners_of, store_in
from maestrokit.files.atomic import write_folder, write_new
from maestrokit.listening.answers import LARGEST, questions_of
from maestrokit.listening.kit import PAGE
from maestrokit.listening.server import KitServer
from small_kits import answer_file, small_kit

KIT = small_kit()
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A kit on disk, with its key inside, where it should not be, and beside it."""
    write_folder(tmp_path / "kit", KIT.files)
    for place in (tmp_path / "kit", tmp_path, tmp_path / "kit" / "clips"):
        (place / "kit.key.json").write_text("secret")
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[KitServer]:
    files = kit_files(str(folder / "kit"))
    store = store_in(folder / "answers", lambda text: None)
    with KitServer(files, questions_of(files[PAGE], name=PAGE), store, first=3) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(server: KitServer, method: str, path: str, body: bytes = b"", headers: dict | None = None):
    """Return the status, the headers and the body of an answer."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def send(server: KitServer, table: object, headers: dict | None = None) -> tuple[int, str]:
    data = table if isinstance(table, bytes) else json.dumps(table).encode()
    status, _, body = ask(server, "POST", "/answers", data, headers or JSON)
    return status, body.decode().strip()


def test_the_kit_is_served(server: KitServer) -> None:
    assert ask(server, "GET", "/")[2] == ask(server, "GET", "/index.html")[2] == KIT.files[PAGE]
    name = next(name for name in KIT.files if name != PAGE)
    status, headers, body = ask(server, "GET", f"/{name}")
    assert (status, headers["Content-Type"], body) == (200, "audio/mpeg", KIT.files[name])
    status, headers, body = ask(server, "GET", f"/{name}", headers={"Range": "bytes=10-19"})
    assert (status, body) == (206, KIT.files[name][10:20])
    assert headers["Content-Range"] == f"bytes 10-19/{len(KIT.files[name])}"
    assert ask(server, "GET", f"/{name}", headers={"Range": "bytes=10-"})[2] == KIT.files[name][10:]
    assert ask(server, "GET", f"/{name}", headers={"Range": "bytes=99999999-"})[0] == 416
    assert ask(server, "HEAD", f"/{name}")[2] == b""


@pytest.mark.parametrize(
    "path",
    ["/kit.key.json", "/clips/kit.key.json", "/../kit.key.json", "/clips/../../kit.key.json", "/%2e%2e/kit.key.json",
     "/clips/", "/clips", "/answers", "/listener", "//etc/passwd", "/..%2f..%2fetc/passwd"],
)  # fmt: skip
def test_nothing_else_is_served(server: KitServer, path: str) -> None:
    status, _, body = ask(server, "GET", path)
    assert (status, body) == (404, b"not found\n")


def test_a_page_of_another_name_is_not_served(server: KitServer) -> None:
    assert ask(server, "GET", "/", headers={"Host": "evil.example"})[0] == 404
    assert ask(server, "GET", "/", headers={"Host": "localhost:1234"})[0] == 200
    assert send(server, answer_file(KIT, 1), JSON | {"Host": "evil.example"})[0] == 404


@pytest.mark.parametrize(
    "words", [("//[", "127.0.0.1"), ("http://[x/", "127.0.0.1"), ("/", "[::1"), ("/", "a@127.0.0.1")]
)
def test_addresses_that_are_none_are_not_found(
    server: KitServer, words: tuple[str, str], capfd: pytest.CaptureFixture
) -> None:
    path, host = words
    assert ask(server, "GET", path, headers={"Host": host})[0] == 404
    assert capfd.readouterr() == ("", "")


def test_a_page_elsewhere_cannot_count_listeners(server: KitServer) -> None:
    assert ask(server, "POST", "/listener", headers={"Sec-Fetch-Site": "cross-site"})[0] == 404
    status, _, body = ask(server, "POST", "/listener", headers={"Sec-Fetch-Site": "same-origin"})
    assert (status, json.loads(body)["number"]) == (200, 3)
    link = ask(server, "GET", "/?listener=3", headers={"Sec-Fetch-Site": "cross-site"})  # in a letter, say
    assert link[0] == 200


def test_each_listener_gets_another_number(server: KitServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: json.loads(ask(server, "POST", "/listener")[2]), range(16)))
    assert sorted(listener["number"] for listener in told) == list(range(3, 19))


def test_numbers_go_on_after_a_restart_also_where_nobody_has_sent_answers(folder: Path) -> None:
    files, answers, told = kit_files(str(folder / "kit")), folder / "answers", []
    questions, store = questions_of(files[PAGE], name=PAGE), store_in(answers, told.append)
    numbers = []
    for _ in range(2):
        with KitServer(
            files, questions, store, first=listeners_of(answers), count=count_in(answers, told.append)
        ) as store_server:
            numbers += [store_server.next_listener(), store_server.next_listener()]
    assert numbers == [0, 1, 2, 3] and told == []
    (answers / ".listeners").write_text("damaged")
    write_new(answers / "one.json", b"{}")
    assert listeners_of(answers) == 1
    count_in(folder / "kit.key.json", told.append)(7)  # no folder: listeners are not kept waiting
    assert len(told) == 1 and "cannot write" in told[0]


def test_a_web_server_in_between_that_names_this_one_is_answered(server: KitServer) -> None:
    own = {"Host": f"127.0.0.1:{server.server_port}", "X-Forwarded-Host": "study.example", "Via": "1.1 proxy",
           "Origin": "https://study.example", "Sec-Fetch-Site": "same-origin"}  # fmt: skip
    assert ask(server, "GET", "/", headers=own)[0] == 200
    assert ask(server, "POST", "/listener", headers=own)[0] == 200
    assert send(server, answer_file(KIT, 1), JSON | own) == (201, "stored")


def test_answers_of_two_listeners_at_once_are_stored_each_under_its_own_name(server: KitServer, folder: Path) -> None:
    tables = [answer_file(KIT, number) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda table: send(server, table), tables)) == {(201, "stored")}
    stored = sorted((folder / "answers").iterdir())
    assert [path.name for path in stored] == [f"{table['listener']}.json" for table in tables]
    assert [json.loads(path.read_text()) for path in stored] == tables
    assert {path.stat().st_mode & 0o777 for path in stored} == {0o600}


def test_the_same_answers_are_stored_once_and_others_never_overwrite(server: KitServer, folder: Path) -> None:
    table = answer_file(KIT, 5)
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(status for status, _ in pool.map(lambda _: send(server, table), range(4)))
    assert statuses == [200, 200, 200, 201]
    status, text = send(server, table | {"number": 9})
    assert (status, text) == (422, "other answers by this listener are stored")
    (stored,) = (folder / "answers").iterdir()
    assert json.loads(stored.read_text()) == table


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 422),
        (json.dumps(answer_file(KIT, 1, kit="0" * 16)).encode(), JSON, 422),
        (json.dumps(answer_file(KIT, 1, listener="../x")).encode(), JSON, 422),
        (json.dumps(answer_file(KIT, 1)).encode(), {"Content-Type": "text/plain"}, 415),
        (b"{}", JSON | {"Content-Length": str(LARGEST + 1)}, 413),
        (b"{}", JSON | {"Content-Length": "9" * 5000}, 411),
        (b"{}", JSON | {"Content-Length": "-1"}, 411),
    ],
)
def test_what_is_no_answer_is_refused_and_not_stored(
    server: KitServer, folder: Path, body: bytes, headers: dict, status: int
) -> None:
    assert send(server, body, headers)[0] == status
    assert not (folder / "answers").exists()


def test_answers_that_break_off_are_not_stored(server: KitServer, folder: Path) -> None:
    data = json.dumps(answer_file(KIT, 1)).encode()
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest("POST", "/answers")
    for name, value in {**JSON, "Content-Length": str(len(data))}.items():
        connection.putheader(name, value)
    connection.endheaders(data[:100])
    connection.close()
    assert send(server, answer_file(KIT, 2)) == (201, "stored")
    assert [path.stem for path in (folder / "answers").iterdir()] == [f"{2:016x}"]


def test_a_folder_that_cannot_be_written_is_said_to_the_listener_and_nothing_is_left(
    server: KitServer, folder: Path
) -> None:
    (folder / "answers").write_text("a file")
    assert send(server, answer_file(KIT, 1)) == (422, "the answers cannot be stored")
    assert (folder / "answers").read_text() == "a file"
