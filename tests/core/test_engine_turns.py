"""Everybody moves, nobody overtakes, and the cores are never over-used."""

import threading
from pathlib import Path

import torch

from tests.fakes import SMALL, FakeFactory, FakeRun, Gate, wait_until
from vae_core.engine import Engine
from vae_core.engine.turns import Turns


class Plan:
    """A task that only counts."""

    def __init__(self, name: str, threads: int = 1, turns: int = 100, urgent: bool = False) -> None:
        self.name, self.threads, self.turns, self.urgent = name, threads, turns, urgent
        self.scheduled = False

    @property
    def wants_turn(self) -> bool:
        return self.turns > 0

    def slice(self) -> None:
        self.turns -= 1

    def crashed(self, error: str) -> None:
        self.turns = 0


def order(turns: Turns, count: int) -> str:
    names, done, held = "", None, 0
    for _ in range(count):
        turn = turns.next(done, held)
        if turn is None:
            break
        done, held = turn
        done.slice()
        names += done.name
    return names


def test_turns_go_round() -> None:
    turns = Turns(threading.RLock(), capacity=2)
    for name in "abc":
        turns.ask(Plan(name))
    assert order(turns, 9) == "abcabcabc"


def test_an_answer_to_a_person_goes_first() -> None:
    turns = Turns(threading.RLock(), capacity=1)
    for name in "abc":
        turns.ask(Plan(name))
    turns.ask(Plan("u", turns=1, urgent=True))
    assert order(turns, 5) == "uabca"


def test_a_task_is_queued_once() -> None:
    turns = Turns(threading.RLock(), capacity=1)
    plan = Plan("a")
    for _ in range(5):
        turns.ask(plan)
    assert turns.waiting() == (plan,)


def test_a_wide_task_waits_for_all_its_threads_and_is_not_overtaken() -> None:
    turns = Turns(threading.RLock(), capacity=2)
    narrow, wide, late = Plan("n"), Plan("w", threads=2), Plan("l")
    turns.ask(narrow)
    assert turns.next(None, 0) == (narrow, 1)
    turns.ask(wide)
    turns.ask(late)
    got: list[object] = []
    other = threading.Thread(target=lambda: got.append(turns.next(None, 0)))
    other.start()
    other.join(0.05)
    assert not got  # neither the wide one, which doesn't fit, nor the late one, which would
    assert turns.next(narrow, 1) == (wide, 2)
    turns.close()
    other.join(2)
    assert got == [None]


def test_a_task_wider_than_the_machine_still_gets_its_turn() -> None:
    turns = Turns(threading.RLock(), capacity=2)
    wide = Plan("w", threads=64)
    turns.ask(wide)
    assert turns.next(None, 0) == (wide, 2)


def test_three_runs_on_one_worker_get_the_same_slices(tmp_path: Path) -> None:
    factory, gate = FakeFactory(), Gate()
    factory.before_advance = gate
    with Engine(folder=tmp_path, workers=1, run_factory=factory) as engine:
        ids = [engine.submit(SMALL.replace(seed=seed), visitor="ada") for seed in range(3)]
        for identity in ids:
            engine.start(identity, visitor="ada")
        gate.open()
        spreads: list[int] = []

        def spread(run: FakeRun) -> None:
            slices = [run.slices for run in factory.runs]
            spreads.append(max(slices) - min(slices))

        factory.before_advance = spread
        wait_until(lambda: len(spreads) > 100)
    assert max(spreads) <= 1


def test_two_workers_train_at_the_same_time(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=5)
    factory = FakeFactory()
    factory.before_advance = lambda run: meeting.wait() and None if run.slices == 0 else None
    with Engine(folder=tmp_path, workers=2, run_factory=factory) as engine:
        ids = [engine.submit(SMALL.replace(seed=seed), visitor="ada") for seed in range(2)]
        for identity in ids:
            engine.start(identity, visitor="ada")
        wait_until(lambda: all(run.slices > 3 for run in factory.runs))


def test_each_slice_has_the_threads_of_its_run(tmp_path: Path) -> None:
    factory = FakeFactory()
    seen: set[tuple[int, int]] = set()
    factory.before_advance = lambda run: seen.add((run.config.threads, torch.get_num_threads()))
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        for threads in (1, 2):
            identity = engine.submit(SMALL.replace(threads=threads), visitor="ada")
            engine.start(identity, visitor="ada")
        wait_until(lambda: all(run.slices > 20 for run in factory.runs))
    assert seen == {(1, 1), (2, 2)}
    assert torch.get_num_threads() == 1  # of this thread: untouched


def test_the_queue_names_who_waits_for_a_first_turn(tmp_path: Path) -> None:
    factory, gate = FakeFactory(), Gate()
    with Engine(folder=tmp_path, workers=1, run_factory=factory) as engine:
        ids = [engine.submit(SMALL.replace(seed=seed), visitor="ada") for seed in range(3)]
        factory.before_advance = gate
        engine.start(ids[2], visitor="ada")
        assert gate.reached.wait(5)
        engine.start(ids[1], visitor="ada")
        engine.start(ids[0], visitor="ada")
        assert engine.queue() == (ids[1], ids[0])
        views = [engine.view(identity) for identity in ids]
        assert [view.state for view in views if view] == ["queued", "queued", "running"]
        gate.open()
        wait_until(lambda: engine.queue() == ())
