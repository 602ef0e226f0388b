"""A small server of a listening kit on this machine only: it serves the files of the kit, and takes answers."""

import json
import re
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from maestrokit.errors import MaestrokitError
from maestrokit.listening.answers import LARGEST, Answers, Questions, check_answers, parse_answers
from maestrokit.listening.kit import PAGE

HOST = "127.0.0.1"
PATIENCE = 30.0  # seconds that a request may stand still
TYPES = {".html": "text/html; charset=utf-8", ".mp3": "audio/mpeg"}
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
LENGTH = re.compile(r"[0-9]{1,12}")
HERE = re.compile(rf"({re.escape(HOST)}|localhost)(:[0-9]{{1,5}})?", re.IGNORECASE)
RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")
Store = Callable[[Answers, bytes], bool]
"""Stores answers: True if they are new, False if the same are there; raises MaestrokitError if others are."""
Count = Callable[[int], None]
"""Keeps how many listeners have begun."""


class KitServer(ThreadingHTTPServer):
    """Serves the files of a kit from memory: there is no way from an address to any other file.

    Parameters
    ----------
    files : mapping from names to bytes
    questions : Questions
        What the kit asks; answers to anything else are refused.
    store : function
        Called for each answer file that is what it should be, one at a time.
    port : int
        0 takes any that is free.
    first : int
        Number of the first listener.
    count : function
        Called with how many listeners have begun, each time that one does.
    """

    daemon_threads = True

    def __init__(
        self, files: Mapping[str, bytes], questions: Questions, store: Store, *, port: int = 0, first: int = 0,
        count: Count = lambda begun: None,
    ) -> None:  # fmt: skip
        super().__init__((HOST, port), _Handler)
        self.files = {f"/{name}": data for name, data in files.items()}
        self.files["/"] = self.files[f"/{PAGE}"]
        self._questions, self._store, self._lock, self._next = questions, store, threading.Lock(), first
        self._count = count

    @property
    def address(self) -> str:
        """Where a browser finds the kit."""
        return f"http://{HOST}:{self.server_port}/"

    def next_listener(self) -> int:
        """Return the number of the next listener, each once."""
        with self._lock:
            self._next += 1
            self._count(self._next)
            return self._next - 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over browsers that go away in the middle; anything else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def receive(self, data: bytes) -> tuple[HTTPStatus, str]:
        """Store the answers in the bytes of a request, or say why not."""
        try:
            answers = parse_answers(data, name="answers")
            check_answers(answers, self._questions, name="answers")
            with self._lock:
                is_new = self._store(answers, data)
        except MaestrokitError as error:
            return HTTPStatus.UNPROCESSABLE_ENTITY, str(error)
        return (HTTPStatus.CREATED, "stored") if is_new else (HTTPStatus.OK, "stored before")


class _Handler(BaseHTTPRequestHandler):
    server: KitServer
    timeout = PATIENCE
    server_version, sys_version = "maestrokit", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        length = self.headers.get("Content-Length", "0" if path == "/listener" else "")
        status = HTTPStatus.OK
        if path not in ("/listener", "/answers") or not (self._is_for_here() and self._is_from_here()):
            status = HTTPStatus.NOT_FOUND
        elif not LENGTH.fullmatch(length):
            status = HTTPStatus.LENGTH_REQUIRED
        elif int(length) > LARGEST:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif path == "/answers" and self.headers.get_content_type() != "application/json":
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        if status != HTTPStatus.OK:
            self.close_connection = True  # what was sent is left unread
            self._say(status, status.phrase.lower())
            return
        data = self.rfile.read(int(length))
        if path == "/listener":
            number = {"number": self.server.next_listener(), "answers": "answers"}
            self._send(HTTPStatus.OK, json.dumps(number).encode(), {"Content-Type": "application/json"})
        elif len(data) == int(length):  # else the browser has gone in between
            self._say(*self.server.receive(data))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of single requests."""

    def _serve(self) -> None:
        """Answer with a file of the kit, or with a part of it, as players ask for."""
        path = self.path.partition("?")[0]
        data = self.server.files.get(path)
        if data is None or not self._is_for_here():
            self._say(HTTPStatus.NOT_FOUND, "not found")
            return
        headers = {"Content-Type": TYPES[".mp3" if path.endswith(".mp3") else ".html"], "Accept-Ranges": "bytes"}
        span = RANGE.fullmatch(self.headers.get("Range", ""))
        if span is None:
            self._send(HTTPStatus.OK, data, headers)
            return
        start, stop = int(span[1]), min(int(span[2] or len(data)) + 1, len(data))
        if start >= stop:
            self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        self._send(HTTPStatus.PARTIAL_CONTENT, data[start:stop], headers)

    def _is_for_here(self) -> bool:
        """Return whether a request names this machine: a page elsewhere whose name was pointed here does not."""
        return HERE.fullmatch(self.headers.get("Host", "")) is not None

    def _is_from_here(self) -> bool:
        """Return whether a browser does not say that another site sends what it sends."""
        return self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._send(status, f"{text}\n".encode("utf-8", "replace"), {"Content-Type": "text/plain; charset=utf-8"})

    def _send(self, status: HTTPStatus, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, **ALWAYS, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
