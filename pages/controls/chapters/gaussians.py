"""Chapter 7: two Gaussians to drag, both KLs while one drags, three routines for each when one lets go."""

import math

import streamlit as st
import torch

from pages.components.formula import Shown
from pages.components.gaussians import PlaneGaussian, Preset, TwoGaussians, two_gaussians
from pages.controls.chapters.chapter import Chapter
from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.encoded import model_of
from pages.controls.shown import show, title
from pages.figures.kl_slice import kl_slice
from pages.figures.log_ratio import log_ratio
from pages.figures.theme import nats, subscript
from pages.state import keys
from pages.state.subject import subject
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.gaussians import FullGaussian
from vae_core.lessons.gaussian_checks import check_distance, check_equal, check_upright
from vae_core.lessons.gaussian_pair import Direction, Pair, of_moments
from vae_core.lessons.gaussians import PRESETS, GaussiansSeen, gaussians, image_pair, outcome, steps
from vae_core.models import VAE
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}gaussians_"
HEIGHT = 280
FIRST = "Shifted"
SAMPLES = (10, 100, 1_000, 10_000, 100_000)

# Each term has the colour of what it is about: spreads σ, means μ.
COLOURS = """
<style>
:root { --lab-trace-text: var(--lab-std-text); --lab-log-det-text: var(--lab-std-text);
  --lab-distance-text: var(--lab-mean-text); }
.lab-ways th[scope="col"] + th { color: var(--lab-kl-text); font-weight: 600; }
.lab-ways th { white-space: nowrap; }
.lab-ways td, .lab-ways th[scope="col"] + th { text-align: right; white-space: nowrap; min-width: 6.5rem; }
.lab-ways { font-size: 0.95rem; }
@media (max-width: 640px) {
  .lab-ways { font-size: 0.76rem; }
  .lab-ways td, .lab-ways th[scope="col"] + th { min-width: 0; }
}
</style>
"""


def instrument() -> GaussiansSeen:
    """Draw the plane and the routines, and return what is known of the pair that was left there."""
    st.html(COLOURS)
    about = subject(_misfit)
    if about.note:
        st.caption(about.note)
    snapshot = about.model.snapshot
    image = chosen_image(load_dataset(about.model.config.dataset).name)
    model = model_of(snapshot.key, snapshot)
    left = two_gaussians(
        f"{KEY}plane", _told(PRESETS[FIRST]), _presets(model, image), name="Two Gaussians q and p on a plane"
    )
    pair = Pair(_gaussian(left.q), _gaussian(left.p))
    numbers, picture = st.columns([1, 1], gap="large")
    with numbers:
        title("Three routines for each, where you have let go.")
        samples = st.select_slider(
            "Draws", SAMPLES, value=1_000, key=f"{KEY}samples", format_func=lambda count: f"{count:,}"
        )
        seen = gaussians(pair, model, image.x, vae_case=left.vae_case, samples=int(samples))
        st.html(_table(seen))
    with picture:
        if seen.slice is None:
            show(log_ratio(seen.ratios, theme=theme_name()), key=f"{KEY}ratios", height=HEIGHT)
        else:
            show(kl_slice(seen.slice, theme=theme_name()), key=f"{KEY}slice", height=HEIGHT)
    return seen


def _misfit(snapshot: Snapshot) -> str:
    if snapshot.config.latent_dim > 1:
        return ""
    return "The plane of this chapter needs two latent dimensions, and the current model has one."


def _gaussian(told: PlaneGaussian) -> FullGaussian:
    return of_moments(torch.from_numpy(told.mean), torch.from_numpy(told.cov))


def _told(pair: Pair, *, vae_case: bool = False) -> TwoGaussians:
    q, p = (PlaneGaussian(one.mean[0].numpy(), one.cov[0].numpy()) for one in (pair.q, pair.p))
    return TwoGaussians(q, p, vae_case)


def _presets(model: VAE, image: ChosenImage) -> list[Preset]:
    """Those of the chapter, and the q that the encoder gives the image at hand."""
    pair, places = image_pair(model, image.x)
    which = "" if model.latent_dim == 2 else f", z{subscript(places[0] + 1)} and z{subscript(places[1] + 1)}"
    fixed = [Preset(label, _told(preset)) for label, preset in PRESETS.items()]
    return [*fixed, Preset(f"The q of {image.label}{which}", _told(pair, vae_case=True))]


def _table(seen: GaussiansSeen) -> str:
    ways = (seen.forward, seen.backward)
    error = max(way.grid[1] for way in ways)
    rows = (
        ("Formula", [_exact(way.closed) for way in ways]),
        ("Grid in z", [_exact(way.grid[0]) for way in ways]),
        ("Mean of draws", [f"≈ {_sampled(way)}" for way in ways]),
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("KL(q ‖ p)", "KL(p ‖ q)"))
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, cells in rows
    )
    return (
        '<div class="lab-scroll"><table class="lab-numbers lab-ways"><thead><tr><th scope="col">nats</th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="lab-settled"><small>Half as fine a grid differs by less than {_tiny(error)} nats. '
        "After ± stands one standard error.</small></p>"
    )


def _sampled(way: Direction) -> str:
    value, error = way.sampled
    digits = 3 if error < 100.0 else 0
    return f"{nats(value, digits)} ± {nats(error, digits)}"


def _exact(value: float) -> str:
    return nats(abs(value) if abs(value) < 1e-9 else value, 6 if abs(value) < 1000.0 else 3)


def _tiny(error: float) -> str:
    return f"1e{math.ceil(math.log10(max(error, 1e-12)))}".replace("-", "−")


def symbols(seen: GaussiansSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is, for the pair in the hand."""
    parts, way = seen.terms, seen.forward
    q_mean, q_std = seen.pair.q.mean[0], seen.pair.q.std[0]
    return {
        "kl": Shown(
            "What it costs to take p for q, from q’s side",
            f"{nats(way.closed, 3)} nats; the other way round {nats(seen.backward.closed, 3)}",
            "The lower, plain bars: the sum of the four above them.",
        ),
        "trace": Shown(
            "How far q spreads, measured by p’s own spread",
            f"with its half {nats(parts.trace, 3)} nats",
            "The green piece to the right of zero; it grows when q gets wider or p narrower.",
        ),
        "distance": Shown(
            "How far the centres lie apart, measured by p’s spread",
            f"with its half {nats(parts.distance, 3)} nats",
            "The amber piece; drag a centre.",
        ),
        "dimension": Shown(
            "The number of dimensions",
            f"{-2.0 * parts.dimension:.0f}; with its half {nats(parts.dimension, 3)} nats",
            "The grey piece to the left: what the trace is when both are equal.",
        ),
        "log_det": Shown(
            "How much larger p’s ellipse is than q’s, as a log",
            f"with its half {nats(parts.log_det, 3)} nats",
            "The hatched piece; below zero where q is the larger one.",
        ),
        "mean": Shown(
            "The centre of q",
            f"({nats(float(q_mean[0]), 2)}, {nats(float(q_mean[1]), 2)})",
            "The full dot of the amber ellipse.",
        ),
        "std": Shown(
            "The standard deviation of q along each axis",
            f"{float(q_std[0]):.3f} and {float(q_std[1]):.3f}",
            "How far the solid inner ellipse reaches across and up.",
        ),
    }


GAUSSIANS = Chapter(
    slug="gaussians",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_equal, check_distance, check_upright),
)
