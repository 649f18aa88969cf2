"""Chapter 5: error bars that fall as 1/√N, and two estimators of one slope."""

import numpy as np
import streamlit as st
import torch

from pages.components.formula import Shown
from pages.controls.chapters.chapter import Chapter
from pages.controls.chapters.image_choice import image_choice
from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.progress import progress
from pages.controls.shown import show, title
from pages.figures.error_bars import error_bars
from pages.figures.estimate_histogram import digits, estimate_histogram
from pages.figures.gradient_estimates import gradient_estimates
from pages.figures.theme import nats, subscript
from pages.figures.toy_variances import toy_variances as toy_figure
from pages.state import keys
from pages.state.measures import Measure, Measuring, digest_of, measure
from pages.state.subject import Subject, no_exact_likelihood, subject
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.lessons.sampling import (
    FIRST_BATCH,
    FIRST_DRAWS,
    SamplingSeen,
    check_beyond,
    check_cheapest,
    check_constant,
    outcome,
    steps,
)
from vae_core.lessons.sampling_gradients import (
    TOY_DIMENSIONS,
    GradientDraws,
    ToyVariance,
    gradient_draws,
    toy_variances,
)
from vae_core.lessons.sampling_pool import (
    BATCHES,
    DRAWS,
    ElboPool,
    measured_bars,
    repeated,
    sampling_pool,
)
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}sampling_"
POOL, GRADIENTS = "terms of the ELBO", "slopes of one ELBO"
HEIGHT, TALL = 280, 340
TICK_S = 0.4
FIRST_TOY = 4

# The bound, exact or estimated, is purple; noise is pink; what the codes add has their blue.
COLOURS = """
<style>
:root { --lab-estimate-text: var(--lab-elbo-text); --lab-pathwise-text: var(--lab-noise-text);
  --lab-score-text: var(--lab-reconstruction-text); --lab-within-text: var(--lab-z-text); }
</style>
"""


def tick() -> float | None:
    """Return how soon the chapter is drawn again: while something is drawn, or the model trains."""
    about = subject(no_exact_likelihood)
    pending = _pool(about).pending or _gradients(about, _image(about)).pending
    return TICK_S if pending or about.model.moving else None


def instrument() -> SamplingSeen:
    """Draw the pictures of the minibatch and of the slope, and return what they show."""
    st.html(COLOURS)
    about = subject(no_exact_likelihood)
    if about.note:
        st.caption(about.note)
    image = _image(about)
    pool, gradients = _pool(about), _gradients(about, image)
    batch, draws = _minibatch(pool)
    estimates = repeated(pool.value, batch, draws) if pool.value else torch.empty(0)
    bars = measured_bars(pool.value, draws) if pool.value else ()
    if pool.value is None:
        title("Codes are drawn for the images of a batch.")
        progress(pool, POOL)
    else:
        _error_bars(pool.value, estimates, bars, batch, draws)
    dimension, baseline = _slope_controls(about, image)
    seen = SamplingSeen(
        pool.value, batch, draws, estimates, bars, gradients.value, dimension, baseline, _toy(), _dimensions()
    )
    _slopes(seen, gradients)
    return seen


def _image(about: Subject) -> ChosenImage:
    return chosen_image(about.model.config.dataset)


def _pool(about: Subject) -> Measure[ElboPool]:
    snapshot = about.model.snapshot
    key = (POOL, snapshot.key, snapshot.config.dataset)
    return measure(key, lambda: _drawing(snapshot), go_on=about.model.moving)


def _drawing(snapshot: Snapshot) -> Measuring[ElboPool]:
    found: ElboPool | float = 0.0
    for found in sampling_pool(snapshot.model(), load_dataset(snapshot.config.dataset)):
        if isinstance(found, float):
            yield found, "Drawing codes for each image.", None
    if not isinstance(found, ElboPool) or not bool(found.log_prob.isfinite().all()):
        raise FloatingPointError("the ELBO is no finite number")
    return found


def _gradients(about: Subject, image: ChosenImage) -> Measure[GradientDraws]:
    snapshot = about.model.snapshot
    key = (GRADIENTS, snapshot.key, snapshot.config.dataset, digest_of(image.x))
    return measure(key, lambda: _sloping(snapshot, image.x), go_on=about.model.moving)


def _sloping(snapshot: Snapshot, x: torch.Tensor) -> Measuring[GradientDraws]:
    yield 0.0, "Drawing slopes of the ELBO.", None
    return gradient_draws(snapshot.model(), x)


@st.cache_resource(show_spinner=False)
def _toy() -> tuple[ToyVariance, ...]:
    return toy_variances()


def _dimensions() -> int:
    return int(st.session_state.get(f"{KEY}d", FIRST_TOY))


# ---- the minibatch -------------------------------------------------------------------------------


def _minibatch(pool: Measure[ElboPool]) -> tuple[int, int]:
    left, right = st.columns(2, gap="medium")
    batch = left.select_slider("N, images in the batch", BATCHES, value=FIRST_BATCH, key=f"{KEY}batch")
    draws = right.select_slider("S, codes of each image", DRAWS, value=FIRST_DRAWS, key=f"{KEY}draws")
    return int(batch), int(draws)


def _error_bars(
    pool: ElboPool, estimates: torch.Tensor, bars: tuple[float, ...], batch: int, draws: int
) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        figure = estimate_histogram(
            estimates.numpy(),
            mean=pool.mean,
            bar=pool.error_bar(batch, draws),
            batch=batch,
            draws=draws,
            theme=theme_name(),
        )
        show(figure, key=f"{KEY}estimates", height=HEIGHT)
    with right:
        figure = error_bars(
            BATCHES,
            bars,
            [pool.error_bar(n, draws) for n in BATCHES],
            [pool.error_bar(n, np.inf) for n in BATCHES],
            batch=batch,
            draws=draws,
            theme=theme_name(),
        )
        show(figure, key=f"{KEY}bars", height=HEIGHT)
    st.html(f'<p class="lab-settled" role="status">{_budget(pool, batch, draws)}</p>')


def _budget(pool: ElboPool, batch: int, draws: int) -> str:
    images, codes = pool.between / batch, pool.within / (batch * draws)
    return (
        f'Var L̂ <b data-word="estimate">{digits(images + codes)}</b> = images '
        f'<b data-word="between">{digits(images)}</b> + codes '
        f'<b data-word="within" style="color: var(--lab-z-text)">{digits(codes)}</b> squared nats, for '
        f"{batch * draws:,} codes in all."
    )


# ---- the slope -----------------------------------------------------------------------------------


def _slope_controls(about: Subject, image: ChosenImage) -> tuple[int, bool]:
    dimensions = about.model.config.latent_dim
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        image_choice(image, dataset=about.model.config.dataset, key=KEY)
        names = [f"μ{subscript(j + 1)}" for j in range(dimensions)]
        chosen = names[0]
        if dimensions > 1:
            chosen = st.segmented_control(
                "Slope by", names, default=names[0], required=True, key=f"{KEY}dimension_{dimensions}",
                width="content",
            )  # fmt: skip
        baseline = st.toggle(
            "Subtract E log w from log w",
            key=f"{KEY}baseline",
            help="In the score function, any constant may be taken from log w. Its mean is a good one.",
        )
    return names.index(chosen), bool(baseline)


def _slopes(seen: SamplingSeen, gradients: Measure[GradientDraws]) -> None:
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        if seen.gradients is None:
            title("Slopes of this image’s ELBO are drawn.")
            progress(gradients, GRADIENTS)
        else:
            figure = gradient_estimates(
                seen.pathwise.numpy(),
                seen.score.numpy(),
                exact=seen.exact_gradient,
                dimension=seen.dimension,
                theme=theme_name(),
            )
            show(figure, key=f"{KEY}slopes", height=TALL)
    with right:
        show(toy_figure(seen.toy, seen.toy_dimensions, theme=theme_name()), key=f"{KEY}toy", height=TALL - 76)
        st.slider("d, dimensions of the toy E ‖z‖²", 1, TOY_DIMENSIONS, FIRST_TOY, key=f"{KEY}d")


def symbols(seen: SamplingSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is."""
    pool, found, j = seen.pool, seen.gradients, seen.dimension
    pending = "being measured"
    name = f"μ{subscript(j + 1)}"
    return {
        "elbo": Shown(
            "The ELBO, averaged over the images",
            pending if pool is None else f"{nats(pool.mean, 2)} nats over {pool.log_prob.shape[1]} images",
            "The upright line through the histogram.",
        ),
        "estimate": Shown(
            "The estimate from one minibatch",
            pending if pool is None else f"the first of them says {nats(float(seen.estimates[0]), 2)} nats",
            "The bars of the histogram; the dots on the falling line are its spread.",
        ),
        "between": Shown(
            "How much the ELBOs of images differ",
            pending if pool is None else f"{digits(pool.between)} squared nats",
            "The dotted line: what stays however many codes an image gets.",
        ),
        "within": Shown(
            "How much the codes of one image differ",
            pending if pool is None else f"{digits(pool.within)} squared nats, with S = 1",
            "How far the dashed line lies above the dotted one.",
        ),
        "pathwise": Shown(
            "The slope through the decoder: reparameterised",
            pending if found is None else f"{nats(float(found.pathwise_mean[j]), 3)} nats per prior σ, exact",
            "The upper one of the two histograms.",
        ),
        "score": Shown(
            "The slope through q: score function",
            pending if found is None else f"{nats(float(found.score_mean[j]), 3)} nats per prior σ, exact",
            "The lower one of the two histograms.",
        ),
        "mean": Shown(
            "The mean of q(z|x)",
            pending if found is None else f"{name} = {nats(float(found.q.mean[0, j]), 3)} for this image",
            "What the slopes are taken by.",
        ),
        "std": Shown(
            "The standard deviation of q(z|x)",
            pending if found is None else f"{float(found.q.std[0, j]):.3f} for this image",
            "The narrower it is, the more the score function scatters.",
        ),
        "noise": Shown("Standard normal noise", "", "It gives each draw of both histograms."),
        "z": Shown("A code, drawn from q(z|x)", "", "Each is one entry in both lower histograms."),
    }


SAMPLING = Chapter(
    slug="sampling",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_cheapest, check_beyond, check_constant),
)
