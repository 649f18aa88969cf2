"""What crosses the websocket while a test watches."""

from dataclasses import dataclass, field
from typing import ClassVar

from playwright.sync_api import Page, WebSocket


@dataclass
class Traffic:
    """Messages over the websocket, both ways."""

    sent: int = 0
    received: int = 0
    bytes_received: int = 0
    sockets: list[WebSocket] = field(default_factory=list)
    watching: ClassVar[list[tuple[Page, "Traffic"]]] = []

    def watch(self, page: Page) -> None:
        page.on("websocket", self.add)
        self.watching.append((page, self))

    @classmethod
    def forget(cls, page: Page) -> None:
        """Watch a page no longer."""
        for watched, traffic in cls.watching:
            if watched == page:
                page.remove_listener("websocket", traffic.add)
        cls.watching[:] = [pair for pair in cls.watching if pair[0] != page]

    def add(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framesent", lambda _: self.count("sent"))
        socket.on("framereceived", self.receive)

    def receive(self, message: str | bytes) -> None:
        self.count("received")
        self.bytes_received += len(message)

    def count(self, way: str) -> None:
        setattr(self, way, getattr(self, way) + 1)

    @property
    def total(self) -> int:
        return self.sent + self.received
