"""An HTTP server on this machine that answers as it is told, and writes down what it was asked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

HTML = b"<html><body>Please sign in</body></html>"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer; ``cut`` says more than it sends, ``hang`` never comes to an end."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Stub:
    """What a stub answers, one reply a request; the last one stays."""

    endpoint: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def next(self, asked: Asked) -> Reply:
        """Note a request, and return what to answer."""
        with self.lock:
            self.asked.append(asked)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


S = TypeVar("S", bound=Stub)


def ok(body: bytes = b"", **headers: str) -> Reply:
    """Return an answer as S3 gives it, with an ETag."""
    return Reply(body=body, headers={"ETag": '"e1"', **headers})


def refusal(status: int, code: str, message: str = "no", more: str = "") -> Reply:
    """Return an error as S3 words it."""
    xml = f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
    return Reply(status=status, body=xml.encode(), headers={"Content-Type": "application/xml"})


@contextmanager
def stub_s3(*replies: Reply) -> Iterator[Stub]:
    """Run a stub on a free port of this machine."""
    with served(Stub) as stub:
        stub.replies.extend(replies)
        yield stub


@contextmanager
def served(make: Callable[[str], S]) -> Iterator[S]:
    """Run the stub that is made for an address, on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.stub = stub = make(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    stub: Stub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        stub = self.server.stub
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = stub.next(Asked(self.command, self.path, headers, body))
        if reply.hang and not reply.body:
            stub.closing.wait(20)
            self.close_connection = True
            return
        self._send(reply)
        if reply.hang:
            stub.closing.wait(20)

    def _send(self, reply: Reply) -> None:
        missing = 10 if reply.cut or reply.hang else 0
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) + missing))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
            self.wfile.flush()
        self.close_connection = bool(missing)

    do_GET = do_PUT = do_HEAD = do_POST = _answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass
