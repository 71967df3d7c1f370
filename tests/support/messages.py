"""HTTP/1.1 messages as a relay sees them: a head, kept as it came, and a body. Fast and small."""

import socket
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import BinaryIO

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True)
class Message:
    """A request or an answer."""

    start: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""

    def header(self, name: bytes) -> bytes:
        """Return a header by its name in lower case, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def without(self, *names: bytes) -> "Message":
        """Return the message less some headers."""
        kept = tuple(item for item in self.headers if item[0].lower() not in names)
        return replace(self, headers=kept)

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.start.split()[1])

    def encoded(self) -> bytes:
        """Return the bytes to send."""
        lines = [self.start, *(b": ".join(item) for item in self.headers)]
        return b"\r\n".join([*lines, b"", self.body])


class Line:
    """One end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self._stream: BufferedReader | BinaryIO = connection.makefile("rb")

    def request(self) -> Message | None:
        """Read a request whole; who asks first whether to send its body is told to."""
        message = self._head()
        if message is None:
            return None
        if message.header(b"expect"):
            self.connection.sendall(_CONTINUE)
        return self._with_body(message)

    def answer(self, *, bodiless: bool) -> Message:
        """Read the final answer whole; one to HEAD has no body."""
        message = self._head()
        while message and message.status == 100:
            message = self._head()
        if message is None:
            raise ConnectionError("no answer")
        return message if bodiless else self._with_body(message)

    def send(self, message: Message) -> None:
        """Send a message."""
        self.connection.sendall(message.encoded())

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
        self.connection.close()

    def _head(self) -> Message | None:
        start = self._stream.readline().rstrip()
        if not start:
            return None
        headers = []
        while line := self._stream.readline().rstrip():
            name, _, value = line.partition(b":")
            headers.append((name, value.strip()))
        return Message(start, tuple(headers))

    def _with_body(self, message: Message) -> Message:
        if message.header(b"transfer-encoding").lower() == b"chunked":
            body = self._chunked()
            plain = message.without(b"transfer-encoding")
            length = (b"Content-Length", b"%d" % len(body))
            return Message(plain.start, (*plain.headers, length), body)
        return replace(message, body=self._stream.read(int(message.header(b"content-length") or 0)))

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self._stream.readline().split(b";")[0], 16):
            body += self._stream.read(size)
            self._stream.readline()
        self._stream.readline()
        return body
