"""Visitors come, follow, leave and come back; runs that nobody looks at rest on disk."""

from pathlib import Path

import pytest

from tests.fakes import SMALL, Clock, FakeFactory, Gate, wait_until
from vae_core.checks import SettingError
from vae_core.engine import Engine, RunView
from vae_core.engine.lease import Lease
from vae_core.engine.storage import Storage


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def factory() -> FakeFactory:
    return FakeFactory()


def seen(engine: Engine, identity: str) -> RunView:
    view = engine.view(identity)
    assert view is not None
    return view


def saved(folder: Path, identity: str) -> bool:
    return (folder / identity / "run.json").is_file()


def stepped(engine: Engine, seed: int, *, visitor: str) -> str:
    """A run at rest that is worth saving."""
    identity = engine.submit(SMALL.replace(seed=seed), visitor=visitor)
    engine.step(identity, visitor=visitor)
    wait_until(lambda: seen(engine, identity).snapshot.step == 1)
    return identity


def test_a_lease_by_itself() -> None:
    lease = Lease(grace_s=90, now=0)
    lease.take("ada", 0)
    lease.take("bob", 10)
    assert (lease.owner, lease.followers) == ("ada", 1)
    lease.expire(89.9)
    assert lease.owner == "ada"
    lease.release("ada", 50)  # the grace counts from here
    lease.expire(139.9)
    assert (lease.owner, lease.followers) == ("ada", 0)
    lease.expire(140)
    assert lease.owner is None
    assert lease.deserted
    assert lease.knows("ada")
    lease.take("bob", 141)
    assert lease.owner == "bob"
    lease.release("ada", 142)
    assert lease.owner == "bob"


def test_a_run_that_nobody_looks_at_is_paused_saved_and_freed(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 50)
        engine.release("ada")
        clock.now = 89.0
        engine.janitor()
        assert seen(engine, identity).state == "running"
        clock.now = 90.0
        engine.janitor()
        wait_until(lambda: saved(tmp_path, identity))
        view = seen(engine, identity)
        assert view.state == "paused"
        assert view.sentence.endswith("Nobody was looking, so it was paused and saved.")
        assert view.owner is None
        wait_until(lambda: seen(engine, identity).snapshot.step == seen(engine, identity).step)
        step = seen(engine, identity).step
        slices = factory.runs[0].slices

        assert engine.open(identity, visitor="ada")
        assert seen(engine, identity).owner == "ada"
        engine.step(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step == step + 1)
        assert len(factory.runs) == 2  # restored: the first one was let go, and did nothing since
        assert factory.runs[0].slices == slices


def test_another_session_of_the_same_visitor_keeps_it(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        engine.release("ada")
        for clock.now in (60.0, 120.0, 180.0):
            engine.touch(identity, visitor="ada")
            engine.janitor()
        wait_until(lambda: seen(engine, identity).state == "running")
        assert seen(engine, identity).owner == "ada"


def test_followers_keep_it_going_and_one_of_them_may_take_over(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        engine.touch(identity, visitor="bob")
        engine.release("ada")
        clock.now = 60.0
        engine.touch(identity, visitor="bob")
        with pytest.raises(SettingError, match="only the browser that started it"):
            engine.pause(identity, visitor="bob")
        clock.now = 100.0
        engine.janitor()
        wait_until(lambda: seen(engine, identity).state == "running")
        assert seen(engine, identity).owner is None
        assert seen(engine, identity).followers == 1
        engine.pause(identity, visitor="bob")
        assert seen(engine, identity).owner == "bob"
        engine.touch(identity, visitor="ada")  # back too late: follows now
        assert seen(engine, identity).owner == "bob"
        assert seen(engine, identity).followers == 1


def test_the_owner_whose_tab_slept_owns_again_if_nobody_took_over(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        clock.now = 1000.0
        engine.janitor()
        assert seen(engine, identity).owner is None
        engine.touch(identity, visitor="ada")
        assert seen(engine, identity).owner == "ada"
        assert engine.runs("ada") == (seen(engine, identity),)


def test_a_new_engine_finds_the_runs_of_the_old_one(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 50)
    step = factory.runs[0].step  # closed while it ran: saved
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        assert engine.view(identity) is None
        assert engine.open(identity, visitor="bob")
        assert (seen(engine, identity).state, seen(engine, identity).step) == ("paused", step)
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        assert engine.submit(SMALL, visitor="cleo") == identity
        assert seen(engine, identity).step == step


def test_a_saved_run_that_was_changed_by_hand_comes_back_only_by_its_id(
    tmp_path: Path, factory: FakeFactory
) -> None:
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        dragged = engine.submit(SMALL, visitor="ada")
        engine.set(dragged, "beta", 4.0, visitor="ada")
        wait_until(lambda: seen(engine, dragged).interventions)
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        plain = engine.submit(SMALL, visitor="bob")
        assert plain != dragged
        assert seen(engine, plain).interventions == ()
        assert engine.open(dragged, visitor="ada")
        assert seen(engine, dragged).interventions[0].value == 4.0


def test_beyond_the_limit_the_longest_idle_run_is_saved_and_freed(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock, max_runs=3) as engine:
        ids = []
        for seed in range(4):
            clock.now += 1.0
            ids.append(stepped(engine, seed, visitor=f"visitor {seed}"))
        wait_until(lambda: saved(tmp_path, ids[0]))
        assert not any(saved(tmp_path, identity) for identity in ids[1:])
        assert seen(engine, ids[0]).state == "paused"  # its page still shows it
        engine.start(ids[0], visitor="visitor 0")  # and may go on, in the place of the next one
        wait_until(lambda: seen(engine, ids[0]).step > 10)
        wait_until(lambda: saved(tmp_path, ids[1]))


def test_when_all_are_at_work_a_new_one_is_refused(tmp_path: Path, factory: FakeFactory) -> None:
    with Engine(folder=tmp_path, run_factory=factory, max_runs=3, max_runs_per_visitor=2) as engine:
        for seed in range(2):
            engine.start(engine.submit(SMALL.replace(seed=seed), visitor="ada"), visitor="ada")
        with pytest.raises(SettingError, match="a visitor may have 2 at once, and all of them are at work"):
            engine.submit(SMALL.replace(seed=2), visitor="ada")
        engine.start(engine.submit(SMALL.replace(seed=2), visitor="bob"), visitor="bob")
        with pytest.raises(SettingError, match="the server has room for 3 at once"):
            engine.submit(SMALL.replace(seed=3), visitor="bob")
        assert len(engine.runs("ada")) == 2


def test_old_views_are_forgotten(tmp_path: Path, factory: FakeFactory, clock: Clock) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock, max_runs=2) as engine:
        ids = []
        for seed in range(6):
            clock.now += 1.0
            ids.append(stepped(engine, seed, visitor=f"visitor {seed}"))
        clock.now += 100.0

        def swept() -> bool:
            engine.janitor()
            return sum(engine.view(identity) is not None for identity in ids) == 2

        wait_until(swept)
        assert all(saved(tmp_path, identity) for identity in ids)
        assert engine.view(ids[0]) is None
        assert engine.open(ids[0], visitor="ada")


def test_a_full_disk_loses_nothing(tmp_path: Path, factory: FakeFactory, clock: Clock) -> None:
    with Engine(folder=tmp_path / "runs", run_factory=factory, clock=clock) as engine:
        identity = stepped(engine, 0, visitor="ada")
        (tmp_path / "runs").write_text("in the way")
        clock.now = 100.0
        engine.janitor()
        wait_until(lambda: "could not be saved and stays in memory" in seen(engine, identity).sentence)
        (tmp_path / "runs").unlink()
        engine.janitor()
        wait_until(lambda: saved(tmp_path / "runs", identity))


def test_coming_back_in_the_middle_of_being_freed(tmp_path: Path, factory: FakeFactory, clock: Clock) -> None:
    gate = Gate()
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        factory.before_advance = gate
        engine.start(identity, visitor="ada")
        assert gate.reached.wait(5)
        clock.now = 100.0
        engine.janitor()
        engine.start(identity, visitor="ada")
        gate.open()
        wait_until(lambda: seen(engine, identity).step > 50)
        assert len(factory.runs) == 1


def test_the_oldest_checkpoints_make_room(tmp_path: Path) -> None:
    import os

    storage = Storage(tmp_path, limit=2, max_bytes=1000)
    names = [f"{number:012x}" for number in range(4)]
    for age, name in enumerate(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
        os.utime(tmp_path / name / "run.json", (1000 + age, 1000 + age))
    (tmp_path / "notes").mkdir()
    storage.prune({names[0]})
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[0], names[3], "notes"]
