"""A mail server in plain sockets that does as it should, but for one thing at one stage of each mail."""

from __future__ import annotations

import os
import socketserver
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from typing import Literal, NamedTuple

Stage = Literal["connect", "ehlo", "mail", "rcpt", "data", "body", "dot"]

CLOSES, RESETS, SILENT = "closes", "resets", "silent"


class Mood(NamedTuple):
    """At this stage it does this: it closes, resets or falls silent, or answers so."""

    stage: Stage
    does: str


class MoodyServer(socketserver.ThreadingTCPServer):
    """Has a mood for each mail in turn, and is well after the last. What came whole and was not refused is caught."""

    daemon_threads = True
    caught: list[str]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.caught = []
        self._moods: deque[Mood] = deque()
        self._mood: Mood | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def moods(self, moods: Iterable[Mood]) -> None:
        self._moods, self._mood = deque(moods), None

    def next_mail(self) -> None:
        self._mood = self._moods.popleft() if self._moods else None

    def does(self, stage: Stage, usual: str) -> str:
        """What it does at a stage: before the first mail that mail's mood counts."""
        mood = self._moods[0] if stage in ("connect", "ehlo") and self._moods else self._mood
        return mood.does if mood and mood.stage == stage else usual


@contextmanager
def moody_server() -> Iterator[MoodyServer]:
    with MoodyServer() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class _Conversation(socketserver.StreamRequestHandler):
    server: MoodyServer

    def handle(self) -> None:
        with suppress(EOFError, OSError):
            self._answer("connect", "220 here")
            for line in self.rfile:
                self._obey(line[:4].upper())

    def _obey(self, command: bytes) -> None:
        match command:
            case b"EHLO" | b"HELO":
                self._answer("ehlo", "250 here")
            case b"MAIL":
                self.server.next_mail()
                self._answer("mail", "250 OK")
            case b"RCPT":
                self._answer("rcpt", "250 OK")
            case b"DATA":
                if self._answer("data", "354 go on") == "354 go on":
                    self._take()
            case _:
                self.wfile.write(b"250 OK\r\n")

    def _take(self) -> None:
        first = self.rfile.read(50)
        if self.server.does("body", ""):
            self._answer("body", "")
        lines = iter(self.rfile.readline, b".\r\n")
        mail = message_from_bytes(first + b"".join(lines))
        if self.server.does("dot", "250")[0] not in "45":
            self.server.caught.append(str(mail["To"]).partition("@")[0])
        self._answer("dot", "250 OK")

    def _answer(self, stage: Stage, usual: str) -> str:
        """Do what the mood says; an answer is given back."""
        match self.server.does(stage, usual):
            case "closes":
                raise EOFError
            case "resets":
                self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())
                raise EOFError
            case "silent":
                self.rfile.read()  # until the other side gives up
                raise EOFError
            case said:
                self.wfile.write(f"{said}\r\n".encode())
                return said
