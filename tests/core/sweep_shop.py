"""A desk of sweeps for tests: runs of five steps, and executors that make as many as they are allowed to."""

import threading
from collections.abc import Callable, Iterator

from tests.fakes import wait_until
from vae_core.sweeps import SweepDesk, SweepPlan, SweepPoint, SweepView
from vae_core.sweeps.task import make
from vae_core.training import TrainConfig

TINY = TrainConfig(dataset="digits", hidden=(), latent_dim=2, batch_size=32, steps=5, kl_warmup=0)


def plan_of(*betas: float) -> SweepPlan:
    return SweepPlan(TINY, {"beta": betas})


PLAN = plan_of(1, 2, 3)
OTHERS = [plan_of(number) for number in range(10, 20)]


class Shop:
    """Makes executors that make as many runs as it was allowed to, and notes what it was asked for."""

    def __init__(self, *, allowed: int = 1000) -> None:
        self.allowed = threading.Semaphore(allowed)
        self.asked: list[list[float]] = []
        self.open = 0
        self.trouble: Exception | None = None

    def __call__(self) -> "Held":
        self.open += 1
        return Held(self)

    def allow(self, runs: int) -> None:
        self.allowed.release(runs)


class Held:
    """Makes a run in this thread, whenever the shop allows one more."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._closed = threading.Event()

    def completed(self, tasks, *, cancelled: Callable[[], bool]) -> Iterator[SweepPoint]:
        self._shop.asked.append([task.config.beta for task in tasks])
        for task in tasks:
            while not self._shop.allowed.acquire(timeout=0.005):
                if cancelled() or self._closed.is_set():
                    return
            if self._shop.trouble is not None:
                raise self._shop.trouble
            yield make(task)

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._shop.open -= 1


def seen(sweeps: SweepDesk, identity: str) -> SweepView:
    view = sweeps.view(identity)
    assert view is not None
    return view


def becomes(sweeps: SweepDesk, identity: str, state: str, *, points: int | None = None) -> SweepView:
    def there() -> bool:
        view = seen(sweeps, identity)
        return view.state == state and points in (None, len(view.points))

    wait_until(there)
    return seen(sweeps, identity)
