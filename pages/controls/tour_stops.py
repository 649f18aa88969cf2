"""The stops of the guided tour: what each sets up in the lab, and the step that it leaves to the reader."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.controls import settings
from pages.controls.chosen_image import choose_row
from pages.state import keys
from pages.state.claims import broken, set_broken
from pages.state.current import choose_run, choose_shipped, current
from pages.state.engine import engine, visitor
from pages.state.shipped import default_shipped
from pages.state.sweeps import look_at
from pages.state.view import show_in_link, view
from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.training.config import TrainConfig

SWEEP = "digits"
BETA = 4.0


@dataclass(frozen=True)
class Stop:
    """A stop.

    Attributes:
        page: Its script, and its address.
        title: In a few words.
        words: What is there to see.
        task: The step that the reader does.
        prepare: Sets the lab up.
        mark: What the step changes.
        done: Whether it is done, from the mark now and the mark before.
        praise: What has happened, once it is done.
    """

    page: tuple[str, str]
    title: str
    words: str
    task: str
    prepare: Callable[[], None]
    mark: Callable[[], str]
    praise: str
    done: Callable[[str, str], bool] = lambda now, before: now != before


def _train() -> None:
    """Choose the data and press Start; a run of the visitor's own, so that β is theirs to change."""
    seed = int(hashlib.sha256(visitor().encode()).hexdigest()[:6], 16)
    config = TrainConfig(dataset="mnist-5k-binary", hidden=(200,), steps=6000, seed=seed)
    run = engine().submit(config, visitor=visitor())
    choose_run(run)
    settings.adopt(config, token=current().token)
    found = engine().view(run)
    if found is not None and found.owner == visitor() and found.state in ("ready", "paused"):
        engine().start(run, visitor=visitor())


def _beta() -> str:
    return f"{settings.pending().beta:g}"


def _code() -> str:
    return view().get("z", "")


def _gap() -> None:
    choose_shipped(default_shipped())
    data = load_dataset(current().config.dataset)
    choose_row(data.name, int(data.validation.index[0]))
    st.session_state.pop("lab_gap_posterior", None)


def _ellipse() -> str:
    hand = dict(st.session_state.get("lab_gap_posterior") or {}).get("hand")
    return str(hand.get("moved", 0)) if isinstance(hand, dict) else "0"


def _sweep() -> None:
    look_at(SWEEP)
    show_in_link(sweep=SWEEP)
    st.session_state.pop("lab_balance_scale", None)  # drawn anew, it begins where the link has a sweep


def _sweep_run() -> str:
    return str(st.session_state.get(keys.SWEEP_RUN, ""))


def _pixel() -> str:
    return str(st.session_state.get(keys.TWIN_PIXEL, ""))


def _theorems() -> None:
    choose_shipped(default_shipped())
    set_broken(None)


def _broken() -> str:
    return str(broken())


STOPS: tuple[Stop, ...] = (
    Stop(
        ("lab/train.py", "train"),
        "A model learns",
        "The tour has chosen handwritten digits and pressed Start. Reconstruction rises first; then the KL "
        "is paid for it. Every image becomes a point of the latent map.",
        f"Set β to {BETA:g} in the form, while it trains, and watch what the KL does.",
        _train,
        _beta,
        "The KL falls and the reconstruction follows: β is the price of a nat of KL.",
        done=lambda now, _before: float(now) >= BETA,
    ),
    Stop(
        ("lab/latent.py", "latent"),
        "The latent space in your hand",
        "Every place on the map decodes to an image, in your browser, while you move over it. The rings are "
        "the prior at one and two σ.",
        "Click a place between two classes, and see what lies there.",
        lambda: None,
        _code,
        "Between two classes the decoder mixes them: it has to say something about every z.",
    ),
    Stop(
        ("lab/jensen.py", "gap"),
        "What the ELBO misses",
        "The heat is the true posterior of one image, the ellipse what the encoder says of it. The ELBO lies "
        "below log p(x) by the KL between the two.",
        "Drag the ellipse, towards the heat or away from it, and watch the ELBO and the gap.",
        _gap,
        _ellipse,
        "Wherever the ellipse lies, ELBO and gap add up to the same log p(x): only the decoder sets that.",
    ),
    Stop(
        ("lab/balance.py", "balance"),
        "Rate and distortion",
        "Each point is a trained model: to the right, more nats of KL; further up, worse reconstructions. β "
        "chooses the place on the curve.",
        "Click another point, and see what its decoder makes of the data.",
        _sweep,
        _sweep_run,
        "With few nats of KL few digits can be told apart; with many the codes leave the prior.",
    ),
    Stop(
        ("lab/decoders.py", "decoders"),
        "Two decoders, one pixel",
        "A Bernoulli and a Gaussian decoder on the same data and the same noise. Their ELBOs are not "
        "comparable: one is of a mass, the other of a density. Their pictures can be looked at side by side.",
        "Click a pixel of the image further down, and see what each predicts of it.",
        lambda: None,
        _pixel,
        "The Bernoulli puts a mass on 0 and 1, the Gaussian a density over all values: only means compare.",
    ),
    Stop(
        ("proof/theorems.py", "theorems"),
        "Check every equation",
        "Twenty claims, each as two numbers that were measured in two ways on the current model.",
        "Press Break it at any claim, and see which number gives it away.",
        _theorems,
        _broken,
        "A claim that could not fail would tell nothing. The chapters under Learn show why each holds.",
    ),
)


def prepare(stop: Stop) -> tuple[str, str]:
    """Set the lab up for a stop.

    Returns:
        What its key step starts from, and why it could not be set up ("" where it could).
    """
    try:
        stop.prepare()
    except SettingError as error:
        return "", str(error)
    return stop.mark(), ""
