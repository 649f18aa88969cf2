"""One run as the engine holds it: what people asked for, what a worker does about it, what everybody sees."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from vae_core.checks import SettingError
from vae_core.data import Dataset
from vae_core.engine.command import Command, Inbox
from vae_core.engine.display import Display
from vae_core.engine.factory import EXPECTED_ERRORS, Trainable
from vae_core.engine.host import Host
from vae_core.engine.lease import Lease
from vae_core.engine.pace import Pace
from vae_core.engine.progress import Intent, Progress
from vae_core.engine.resident import Resident
from vae_core.engine.view import RunView
from vae_core.training.config import TrainConfig

log = logging.getLogger(__name__)


class HostedRun:
    """One run and its controls.

    Controls are called under the engine's lock, by any thread, and only note what is wanted. `slice` is
    called by one worker at a time and is the only place that touches the run itself. `view` is swapped whole.
    A run that was checkpointed and freed keeps its view, and is restored by the next thing asked of it.
    """

    def __init__(
        self, identity: str, host: Host, *, lease: Lease, config: TrainConfig | None, dataset: Dataset | None
    ) -> None:
        """Note what to prepare: a checkpoint of this id if there is one, else a new run of `config`."""
        self.id = identity
        self.lease = lease
        self.pace = Pace(host.turns, (self,))
        self.trouble: str | None = None
        self.training = False
        self.scheduled = False
        self.removed = False
        self._host = host
        self._resident = Resident(identity, host, config=config, dataset=dataset)
        self._display = Display(identity, host, intent=self._intent, lease=lease)
        self._commands = Inbox()
        self._notice = ""
        self._stopped = False
        self._had_turn = False
        self._rewinding = False  # asked for and not done yet
        self._freeing = False  # asked for and not done yet
        self._stale = False  # steps were done since the last full view

    @property
    def view(self) -> RunView | None:
        """What everybody sees; None before there is a run."""
        return self._display.view

    def _intent(self) -> Intent:
        notice = f"{self._notice} {self._resident.problem}".strip()
        return Intent(self.training, self._had_turn, self._stopped, self.trouble, notice)

    @property
    def _ended(self) -> bool:
        progress = self._display.progress
        return progress is not None and progress.ended and not self._rewinding

    @property
    def threads(self) -> int:
        """The torch threads that the run was born with."""
        config = self._resident.config
        return 1 if config is None else config.threads

    @property
    def wants_turn(self) -> bool:
        """Whether there is training, a command, a first view or a last view to do."""
        if self._commands or self.removed:
            return bool(self._commands)
        if self.view is None and self.trouble is None:
            return True
        return (self.may_train and self.pace.steps(self) != 0) or (self._stale and not self.training)

    @property
    def may_train(self) -> bool:
        """Whether it is to be trained, at its turn."""
        return self.training and self.trouble is None and not self._ended

    @property
    def steps_done(self) -> int:
        """Where it stands."""
        progress = self._display.progress
        return 0 if progress is None else progress.step

    @property
    def urgent(self) -> bool:
        """A person waits for an answer: controls of a run that isn't training go first, they are short."""
        return not self.training

    @property
    def live(self) -> bool:
        """Whether it takes memory beyond its view, or is about to."""
        return not self._freeing and (self._resident.run is not None or self.wants_turn)

    @property
    def waiting(self) -> bool:
        """Whether it was started and has had no turn since."""
        return self.may_train and not self._had_turn

    @property
    def changed_by_hand(self) -> bool:
        """Whether it is no longer only what its config says."""
        if self._commands.has("set"):
            return True
        progress = self._display.progress
        return progress is not None and bool(progress.interventions)

    def start(self) -> None:
        """Train from here on, after trouble too. Raises SettingError if the run has ended."""
        self._refuse_if_ended()
        if self.training:
            return
        self.trouble = None
        self.training, self._had_turn = True, False
        self._control()

    def pause(self) -> None:
        """Stop training within a slice; nothing is lost."""
        self.training = False
        self._control()

    def stop(self) -> None:
        """Call it finished here. Starting it again goes on."""
        self.training = False
        self._resident.unsaved = True
        self._control(Command("save"))
        self._stopped = not self._ended
        self.refresh()

    def step_once(self) -> None:
        """One optimiser step, then paused. Raises SettingError if the run has ended."""
        self._refuse_if_ended()
        self.trouble = None
        self.training = False
        self._control(Command("step"))

    def rewind(self) -> None:
        """Back to the initial weights, paused."""
        self.training = False
        self.trouble = None
        self._rewinding = True
        self._control(Command("rewind"))

    def set(self, setting: str, value: Any) -> None:
        """Change a setting: the last one before a slice counts. SettingError if the run has ended."""
        self._refuse_if_ended()
        self._control(Command("set", setting=setting, value=value))

    def export(self, folder: Path) -> Future[None]:
        """Save it into `folder`; the answer comes when that is done."""
        answer: Future[None] = Future()
        self._ask(Command("export", folder=folder, answer=answer))
        return answer

    def keep_safe(self) -> None:
        """Have a worker save it between two slices, if it changed and that is due."""
        if self._resident.save_due and not (self.removed or self._commands):
            self._ask(Command("save"))

    def free(self, notice: str) -> None:
        """Pause it, save a checkpoint, and let go of everything but the view."""
        if self._resident.run is None or not self.live:
            return
        if self.training:
            self._notice = notice
        self.training = False
        self._freeing = True
        self.refresh()
        self._ask(Command("free"))

    def remove(self) -> None:
        """Delete it, on disk too. Nobody sees it from now on."""
        self.removed = True
        self.training = False
        self._commands.refuse_all("it was removed")
        self._ask(Command("remove"))
        self._host.changed.notify_all()

    def slice(self) -> None:
        """Obey what was asked, train for a slice, show the result."""
        try:
            if self.view is None and not self.removed:
                self._stopped = self._host.storage.stopped(self.id) and not self.training
                self._prepare()
                return  # only now is its number of threads known for sure; the worker sets it per slice
            while (command := self._next_command()) is not None:
                self._obey(command)
            self._train()
            self._show_if_due()
        except EXPECTED_ERRORS as error:
            log.warning("run %s failed", self.id, exc_info=True)
            self._fail(str(error) or type(error).__name__)

    def crashed(self, error: str) -> None:
        """An unexpected error ended a slice."""
        self._fail(f"Stopped by an unexpected error ({error}); the log has the details.")

    def shut(self) -> None:
        """Save a checkpoint from the calling thread; only when no worker is left."""
        self._commands.refuse_all("the server is shutting down")
        if self._resident.run is not None and not self.removed:
            self._resident.save(stopped=self._stopped)

    def refresh(self) -> None:
        """Swap the view for one that says who is here and what is wanted now."""
        self._display.refresh()

    def refresh_visitors(self) -> None:
        """The same, if the visitors changed."""
        view = self.view
        if view is not None and (view.owner, view.followers) != (self.lease.owner, self.lease.followers):
            self.refresh()

    def _refuse_if_ended(self) -> None:
        if self._ended:
            sentence = self.view.sentence if self.view else ""
            raise SettingError(f"run: must be reset to go on, it says: {sentence}")

    def _control(self, command: Command | None = None) -> None:
        self._notice = ""
        self._stopped = False
        self.refresh()
        self._ask(command)

    def _ask(self, command: Command | None) -> None:
        if command is not None:
            self._commands.add(command)
        self.pace.go_on()

    def _next_command(self) -> Command | None:
        with self._host.lock:
            return self._commands.next()

    def _obey(self, command: Command) -> None:
        match command.kind:
            case "step":
                run = self._prepare()
                if not (run.finished or run.failed):
                    self._resident.unsaved = True
                    run.advance(steps=1)
                self._changed(run)
            case "rewind":
                run = self._prepare()
                run.rewind()
                self._rewinding = False
                self._changed(run)
            case "set":
                self._change_setting(command)
            case "export":
                if command.folder is not None and command.answer is not None:
                    self._resident.export(command.folder, command.answer)
            case "save":
                self._resident.unsaved = True  # a save under way may have missed the stop
                self._save()
            case "free":
                self._free()
                self._freeing = False
            case "remove":
                self._resident.leave()
                self._host.storage.remove(self.id)
                self._host.forget(self.id)

    def _prepare(self) -> Trainable:
        """The run; shown once when it is new here or restored."""
        there = self._resident.run is not None
        run = self._resident.get()
        if not there:
            self._notice = self._resident.notice
            self._show(run)
        return run

    def _train(self) -> None:
        with self._host.lock:
            steps = self.pace.steps(self)
            if not self.may_train or steps == 0:
                return
            if not self._had_turn:
                self._had_turn = True
                self.refresh()
        run = self._prepare()
        self._resident.unsaved = True  # even if an error ends this slice half-way
        run.advance(steps=steps, budget_s=self._host.slice_s if steps is None else None)
        self._changed(run)

    def _changed(self, run: Trainable) -> None:
        with self._host.lock:
            self._stale = self._resident.unsaved = True
            self._display.progress = Progress.of(run)
            if self._ended or self.pace.over(self):
                self.training = False
            self.pace.go_on()

    def _change_setting(self, command: Command) -> None:
        run = self._prepare()
        try:
            run.set(command.setting, command.value)
        except SettingError as error:
            self._notice = str(error)  # the run goes on as it was
        self._changed(run)
        self.refresh()

    def _show_if_due(self) -> None:
        if self._resident.run is None or not self._stale:
            return
        if not self.training or self._display.due():
            self._show(self._resident.run)
        else:
            self.refresh()

    def _show(self, run: Trainable) -> None:
        self._stale = False
        self._display.show(run, self._resident.dataset)

    def _save(self) -> bool:
        saved = self._resident.save(stopped=self._stopped)
        self.refresh()
        return saved

    def _free(self) -> None:
        if self._resident.run is None or not self._save():
            return
        if self._stale:
            self._show(self._resident.run)
        with self._host.lock:
            if not (self.training or self._commands):  # else somebody came back meanwhile
                self._resident.leave()

    def _fail(self, sentence: str) -> None:
        with self._host.lock:
            self.trouble = sentence
            self._notice = ""
            self.training = False
            self._stale = self._rewinding = self._freeing = False
            self._commands.refuse_all(sentence)
            if self.removed:
                self._host.forget(self.id)
            self.refresh()
            self.pace.go_on()
            self._host.changed.notify_all()
