"""An HTTP proxy on this machine before a real S3 server, in which one planned request goes wrong.

Requests are known by what they are about and how often that was asked before, not by their
order of arrival: the requests of one step go out together. "After" is after the server's final
answer, as a PUT of a stream is first answered by ``100 Continue``.
"""

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.messages import Line, Message
from tests.support.stub_s3 import Reply

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST
_LONGEST = 60  # seconds; only a bug of a test waits so long


@dataclass(frozen=True, order=True)
class Asked:
    """A request: ``GET``, ``HEAD``, ``PUT`` or ``LIST``, of a key in a bucket, for the nth time.

    ``found`` is told afterwards, of a request that nothing went wrong with.
    """

    method: str
    bucket: str
    key: str
    nth: int = 1
    found: bool = field(default=False, compare=False)

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method in {"PUT", "DELETE"}

    @property
    def is_document(self) -> bool:
        """Whether it is about a manifest or a pointer."""
        return self.key.endswith(".json")

    @property
    def kind(self) -> str:
        """The method, and which kind of object it is about."""
        name = self.key.rpartition("/")[2]
        if self.method == "LIST":
            return self.method
        if "/blobs/" in self.key:
            what = "blob"
        elif "/receipts/" in self.key:
            what = "receipt"
        elif self.is_document:
            what = "pointer" if name == "latest.json" else "manifest"
        else:
            what = "latest" if "latest" in name else "name"
        return f"{self.method} {what}"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with a request.

    ``after``: only once the server has answered. Then ``signal`` is sent to the process that
    asked; ``hang`` answers nothing; ``reply`` answers so. ``upload`` and ``download`` change bytes
    on their way. With none of these the connection is reset.
    """

    after: bool = False
    signal: int = 0
    hang: bool = False
    reply: Reply | None = None
    upload: Callable[[bytes], bytes] | None = None
    download: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Plan:
    """Which requests go wrong: the first that ``hits`` picks, or, ``endless``, each from there."""

    fault: Fault
    hits: Callable[[Asked], bool]
    endless: Callable[[Asked], bool] | None = None


@dataclass
class FaultProxy:
    """What a proxy does, and what it has seen; ``prefix`` is the folder of the present stores."""

    host: str
    port: int
    endpoint: str = ""
    prefix: str = ""
    plan: Plan | None = None
    asked: list[Asked] = field(default_factory=list)
    found: set[Asked] = field(default_factory=set)
    struck: list[Asked] = field(default_factory=list)
    late: list[Asked] = field(default_factory=list)
    on_signal: Callable[[int], None] | None = None
    delay: float = 0  # seconds, of each answer
    spans: list[tuple[float, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)
    _counts: Counter[Asked] = field(default_factory=Counter)

    def begin(self, prefix: str, plan: Plan | None = None) -> None:
        """Forget what was seen, and go by another plan."""
        self.released.set()
        with self.lock:
            self.prefix, self.plan, self._counts = prefix, plan, Counter()
            self.asked, self.found, self.struck, self.late = [], set(), [], []
            self.spans = []
            self.released = threading.Event()

    @property
    def writes(self) -> list[Asked]:
        """The writes that were asked for."""
        return [asked for asked in self.asked if asked.is_write]

    @property
    def requests(self) -> tuple[Asked, ...]:
        """All requests, with what became of them."""
        return tuple(replace(asked, found=asked in self.found) for asked in self.asked)

    @property
    def rounds(self) -> int:
        """The length of the longest row of requests of which each began after the one before."""
        count, end = 0, 0.0
        for began, ended in sorted(self.spans, key=lambda span: span[1]):
            if began >= end:
                count, end = count + 1, ended
        return count

    def note(self, request: Message) -> tuple[Asked, Fault | None]:
        """Note a request; return what goes wrong with it, if anything does."""
        with self.lock:
            once = _asked(request, self.prefix)
            self._counts[once] += 1
            asked = Asked(once.method, once.bucket, once.key, self._counts[once])
            self.asked.append(asked)
            plan = self.plan
            if plan is None:
                return asked, None
            if self.struck and plan.fault.signal:
                self.late.append(asked)
            again = plan.endless or _never
            if again(asked) if self.struck else plan.hits(asked):
                self.struck.append(asked)
                return asked, plan.fault
            return asked, None


def _never(_: Asked) -> bool:
    return False


def _asked(request: Message, prefix: str) -> Asked:
    method, target, _ = request.start.decode().split()
    url = urlsplit(target)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    if method == "GET" and not key:
        method, key = "LIST", parse_qs(url.query).get("prefix", [""])[0]
    return Asked(method, bucket, key.removeprefix(f"{prefix}/"))


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """Run a proxy before the server at ``upstream``."""
    url = urlsplit(upstream)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        proxy = FaultProxy(url.hostname or "", url.port or 80)
        proxy.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        server.proxy = proxy
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.released.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingTCPServer):
    proxy: FaultProxy
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed leaves without a word."""


class _Handler(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Relay the requests of one connection, each to its end."""
        proxy = self.server.proxy
        self._client = Line(self.request)
        self._upstream: Line | None = None
        while request := self._client.request():
            asked, fault = proxy.note(request)
            if fault:
                if not self._go_wrong(fault, request):
                    break
                continue
            began = time.monotonic()
            answer = self._forward(request)
            if proxy.delay:
                proxy.released.wait(proxy.delay)
            proxy.spans.append((began, time.monotonic()))
            if answer.status == HTTPStatus.OK:
                proxy.found.add(asked)
            self._client.send(answer)

    def finish(self) -> None:
        """Let both connections go."""
        self._client.close()
        if self._upstream:
            self._upstream.close()

    def _go_wrong(self, fault: Fault, request: Message) -> bool:
        """Do what is planned; tell whether the connection is still good."""
        if fault.upload:
            request = replace(request, body=fault.upload(request.body))
        forwarded = fault.after or fault.download or fault.upload
        answer = self._forward(request) if forwarded else None
        if answer and (fault.upload or fault.download):
            body = fault.download(answer.body) if fault.download else answer.body
            self._client.send(replace(answer, body=body))
            return len(body) == len(answer.body)
        if fault.reply:
            self._client.send(_message(fault.reply, bodiless=_is_head(request)))
            return True
        self._wait(fault)
        return self._reset()

    def _wait(self, fault: Fault) -> None:
        proxy = self.server.proxy
        if fault.signal and proxy.on_signal:
            proxy.on_signal(fault.signal)
        elif fault.hang:
            proxy.released.wait(_LONGEST)

    def _forward(self, request: Message) -> Message:
        proxy = self.server.proxy
        if self._upstream is None:
            self._upstream = Line(socket.create_connection((proxy.host, proxy.port), _LONGEST))
        self._upstream.send(request.without(b"expect"))
        answer = self._upstream.answer(bodiless=_is_head(request))
        if answer.header(b"connection").lower() == b"close":
            self._upstream.close()
            self._upstream = None
        return answer.without(b"connection")

    def _reset(self) -> bool:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return False


def _is_head(request: Message) -> bool:
    return request.start.startswith(b"HEAD ")


def _message(reply: Reply, *, bodiless: bool) -> Message:
    headers = {**reply.headers, "Content-Length": str(len(reply.body))}
    return Message(
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}".encode(),
        tuple((name.encode(), value.encode()) for name, value in headers.items()),
        b"" if bodiless else reply.body,
    )
