"""The desk of the sweeps: whose turn it is, and whose sweep it is."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.core.sweep_shop import OTHERS, PLAN, TINY, Shop, becomes, plan_of, seen
from tests.fakes import Clock, wait_until
from vae_core import Run
from vae_core.checks import SettingError
from vae_core.sweeps import InlineExecutor, SweepDesk, SweepPlan, ledger, run_sweep


@pytest.fixture
def shop() -> Shop:
    return Shop(allowed=0)


@pytest.fixture
def sweeps(tmp_path: Path, shop: Shop) -> Iterator[SweepDesk]:
    with closing(SweepDesk(tmp_path / "sweeps", executor=shop)) as made:
        yield made


# ---- the queue -------------------------------------------------------------------------------------


def test_sweeps_are_made_one_after_the_other_in_the_order_asked(sweeps: SweepDesk, shop: Shop) -> None:
    before = threading.active_count()
    assert sweeps.sweeps("ada") == ()
    assert threading.active_count() == before
    first, second, third = (
        sweeps.submit(plan, visitor=who)
        for plan, who in ((PLAN, "ada"), (OTHERS[0], "ada"), (OTHERS[1], "bob"))
    )
    becomes(sweeps, first, "running")
    sentences = [seen(sweeps, identity).sentence for identity in (first, second, third)]
    assert sentences == [
        "0 of 3 runs are done.",
        "Waiting: 1 sweep is before it.",
        "Waiting: 2 sweeps are before it.",
    ]
    shop.allow(1)
    assert becomes(sweeps, first, "running", points=1).sentence == "1 of 3 runs is done."
    shop.allow(4)
    for identity in (first, second, third):
        becomes(sweeps, identity, "finished")
    assert shop.asked == [[1, 2, 3], [10], [11]]
    assert seen(sweeps, first).sentence == "All 3 runs are done."
    assert [view.id for view in sweeps.sweeps("ada")] == [second, first]
    wait_until(lambda: shop.open == 0)


def test_the_points_are_those_of_the_library(tmp_path: Path, sweeps: SweepDesk, shop: Shop) -> None:
    shop.allow(3)
    identity = sweeps.submit(PLAN, visitor="ada")
    view = becomes(sweeps, identity, "finished")
    assert view.points == run_sweep(PLAN, tmp_path / "alone", executor=InlineExecutor())
    assert (view.plan, view.total, view.seconds_left) == (PLAN, 3, None)
    for point in view.points:
        folder = sweeps.run_folder(identity, point.run)
        assert folder is not None
        run = Run.load(folder)
        assert (run.id, run.config, run.finished) == (point.run, point.config, True)


@pytest.mark.parametrize(
    ("identity", "run"),
    [("../x", "../y"), ("", ""), (".", "."), ("0" * 12, "0" * 12), ("/etc", "passwd"), ("ada\0", "\ud800")],
)
def test_texts_that_are_no_ids_name_nothing(sweeps: SweepDesk, shop: Shop, identity: str, run: str) -> None:
    shop.allow(1)
    known = sweeps.submit(OTHERS[0], visitor="ada")
    point = becomes(sweeps, known, "finished").points[0]
    assert sweeps.run_folder(known, point.run) is not None
    assert sweeps.run_folder(known, run) is None
    assert sweeps.run_folder(known, f"{point.run}/../{point.run}") is None
    assert sweeps.run_folder(identity, point.run) is None
    assert sweeps.view(identity) is None
    for ask in (sweeps.cancel, sweeps.resume, sweeps.remove):
        with pytest.raises(SettingError, match="sweep must be one that is still kept"):
            ask(identity, visitor="ada")


def test_the_time_left_follows_the_pace_of_this_sitting(tmp_path: Path, shop: Shop) -> None:
    clock = Clock()
    with closing(SweepDesk(tmp_path, executor=shop, clock=clock)) as sweeps:
        identity = sweeps.submit(plan_of(1, 2, 3, 4), visitor="ada")
        wait_until(lambda: shop.asked)
        clock.now = 10.0
        assert seen(sweeps, identity).seconds_left is None
        shop.allow(1)
        # one run in 10 s, three are left
        assert becomes(sweeps, identity, "running", points=1).seconds_left == pytest.approx(30.0)
        clock.now = 14.0
        assert seen(sweeps, identity).seconds_left == pytest.approx(26.0)
        sweeps.cancel(identity, visitor="ada")
        assert seen(sweeps, identity).seconds_left is None
        clock.now = 100.0
        sweeps.resume(identity, visitor="ada")
        wait_until(lambda: len(shop.asked) == 2)
        clock.now = 102.0
        shop.allow(1)
        # what was there already says nothing of the pace: one run in 2 s, two are left
        assert becomes(sweeps, identity, "running", points=2).seconds_left == pytest.approx(4.0)


# ---- whose sweep it is -----------------------------------------------------------------------------


def test_the_same_plan_is_one_sweep_and_the_second_visitor_follows(sweeps: SweepDesk, shop: Shop) -> None:
    identity = sweeps.submit(PLAN, visitor="ada")
    assert sweeps.submit(SweepPlan.from_json(PLAN.to_json()), visitor="bob") == identity
    assert [view.id for view in sweeps.sweeps("bob")] == [identity]
    assert sweeps.sweeps("eve") == ()
    view = seen(sweeps, identity)
    assert [view.owned_by(who) for who in ("ada", "bob", "eve")] == [True, False, False]
    for ask, verb in ((sweeps.cancel, "cancel"), (sweeps.resume, "resume"), (sweeps.remove, "delete")):
        for who in ("bob", "eve"):
            with pytest.raises(SettingError, match=f"only the browser that asked for it may {verb} it"):
                ask(identity, visitor=who)
    shop.allow(3)
    assert becomes(sweeps, identity, "finished").points
    assert len(shop.asked) == 1
    # asked for once more, a finished sweep is only looked at
    assert sweeps.submit(PLAN, visitor="eve") == identity
    assert seen(sweeps, identity).state == "finished"


def test_too_many_are_refused_in_words(sweeps: SweepDesk) -> None:
    many = SweepPlan(TINY, {"beta": tuple(range(13))}, (0, 1, 2, 3, 4))
    with pytest.raises(SettingError, match="sweep must have at most 64 runs in the app, got 65"):
        sweeps.submit(many, visitor="ada")
    own = [sweeps.submit(plan, visitor="ada") for plan in OTHERS[:2]]
    with pytest.raises(SettingError, match="a visitor may have 2 that wait or run"):
        sweeps.submit(OTHERS[2], visitor="ada")
    # to follow costs nothing
    assert sweeps.submit(OTHERS[1], visitor="ada") == own[1]
    for number, plan in enumerate(OTHERS[2:8]):
        sweeps.submit(plan, visitor=f"student {number // 2}")
    with pytest.raises(SettingError, match="8 wait or run, and there is no room for more now"):
        sweeps.submit(OTHERS[8], visitor="eve")
    assert sweeps.sweeps("eve") == ()
    sweeps.cancel(own[1], visitor="ada")
    sweeps.submit(OTHERS[8], visitor="eve")
    with pytest.raises(SettingError, match="8 wait or run"):
        sweeps.resume(own[1], visitor="ada")


def test_tokens_of_visitors_are_nowhere_on_the_disk(tmp_path: Path, sweeps: SweepDesk, shop: Shop) -> None:
    tokens = ["5eed" * 8, "cafe" * 8]
    shop.allow(3)
    for token in tokens:
        identity = sweeps.submit(PLAN, visitor=token)
    becomes(sweeps, identity, "finished")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "visitors.json" for path in files)
    for path in files:
        assert not any(token.encode() in path.read_bytes() for token in tokens)
    assert not any(token in repr(seen(sweeps, identity)) for token in tokens)


# ---- cancelling, going on, deleting ----------------------------------------------------------------


def test_a_cancelled_sweep_goes_on_with_the_missing_runs(sweeps: SweepDesk, shop: Shop) -> None:
    identity = sweeps.submit(PLAN, visitor="ada")
    shop.allow(1)
    kept = becomes(sweeps, identity, "running", points=1).points
    sweeps.cancel(identity, visitor="ada")
    view = seen(sweeps, identity)
    assert (view.state, view.sentence) == ("cancelled", "Cancelled: 1 of 3 runs is kept.")
    wait_until(lambda: shop.open == 0)
    assert seen(sweeps, identity).state == "cancelled"
    sweeps.cancel(identity, visitor="ada")
    sweeps.resume(identity, visitor="ada")
    shop.allow(2)
    view = becomes(sweeps, identity, "finished")
    assert view.points[:1] == kept
    assert shop.asked == [[1, 2, 3], [2, 3]]
    sweeps.resume(identity, visitor="ada")
    assert seen(sweeps, identity).state == "finished"


def test_whoever_asks_for_a_cancelled_sweep_has_it_go_on(sweeps: SweepDesk, shop: Shop) -> None:
    identity = sweeps.submit(PLAN, visitor="ada")
    sweeps.cancel(identity, visitor="ada")
    sweeps.submit(PLAN, visitor="bob")
    assert seen(sweeps, identity).state in ("queued", "running")
    shop.allow(3)
    assert becomes(sweeps, identity, "finished").owned_by("ada")


def test_one_that_waits_is_cancelled_without_a_turn(sweeps: SweepDesk, shop: Shop) -> None:
    first, second, third = (sweeps.submit(plan, visitor=plan.to_json()) for plan in OTHERS[:3])
    becomes(sweeps, first, "running")
    sweeps.cancel(second, visitor=OTHERS[1].to_json())
    assert seen(sweeps, third).sentence == "Waiting: 1 sweep is before it."
    assert seen(sweeps, second).sentence == "Cancelled: 0 of 1 run is kept."
    shop.allow(2)
    becomes(sweeps, third, "finished")
    assert shop.asked == [[10], [12]]
    assert seen(sweeps, first).sentence == "Its only run is done."


def test_cancelling_answers_at_once_while_a_run_is_at_work(tmp_path: Path) -> None:
    at_work, let_go = threading.Event(), threading.Event()

    class Deaf(InlineExecutor):
        def completed(self, tasks, *, cancelled):
            at_work.set()
            let_go.wait(20)
            yield from super().completed(tasks, cancelled=cancelled)

    with closing(SweepDesk(tmp_path, executor=Deaf)) as sweeps:
        identity = sweeps.submit(PLAN, visitor="ada")
        assert at_work.wait(20)
        sweeps.cancel(identity, visitor="ada")
        assert seen(sweeps, identity).state == "cancelled"
        # it goes on when its workers have ended, and can be deleted before that
        sweeps.resume(identity, visitor="ada")
        assert seen(sweeps, identity).sentence == "Waiting: it is the next one."
        sweeps.remove(identity, visitor="ada")
        assert sweeps.view(identity) is None
        assert sweeps.sweeps("ada") == ()
        with pytest.raises(SettingError, match="is being deleted"):
            sweeps.submit(PLAN, visitor="ada")
        assert (tmp_path / identity).is_dir()
        let_go.set()
        wait_until(lambda: not list(tmp_path.iterdir()))
        sweeps.submit(PLAN, visitor="bob")
        assert becomes(sweeps, identity, "finished").owned_by("bob")


def test_deleting_takes_the_folder_away(tmp_path: Path, sweeps: SweepDesk, shop: Shop) -> None:
    identity = sweeps.submit(PLAN, visitor="ada")
    becomes(sweeps, identity, "running")
    with pytest.raises(SettingError, match="must be cancelled before it is deleted"):
        sweeps.remove(identity, visitor="ada")
    shop.allow(3)
    run = becomes(sweeps, identity, "finished").points[0].run
    sweeps.remove(identity, visitor="ada")
    assert sweeps.view(identity) is None
    assert sweeps.run_folder(identity, run) is None
    assert list((tmp_path / "sweeps").iterdir()) == []


def test_the_oldest_at_rest_makes_room(
    tmp_path: Path, sweeps: SweepDesk, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_KEPT", 2)
    shop.allow(3)
    made = []
    for plan in OTHERS[:3]:
        made.append(sweeps.submit(plan, visitor="ada"))
        becomes(sweeps, made[-1], "finished")
    assert [view.id for view in sweeps.sweeps("ada")] == [made[2], made[1]]
    assert {path.name for path in (tmp_path / "sweeps").iterdir()} == set(made[1:])
