"""Chapter 2: both joints of one number and one code, pulled together while one looks on."""

import math

import streamlit as st

from pages.components.formula import Shown
from pages.controls.chapters.chapter import Chapter
from pages.controls.chapters.joint_training import KEY, STEPS, playing, shown_training
from pages.controls.shown import show, title
from pages.figures.joint_kl_curve import Order, joint_kl_curve
from pages.figures.joint_map import Joint, highest, joint_map
from pages.figures.theme import nats
from pages.state.kept import Kept
from pages.state.theme import theme_name
from vae_core.lessons import Step
from vae_core.lessons.joints import JointsSeen, check_ceiling, check_still, check_tenth, outcome, steps
from vae_core.lessons.joints_grid import data_entropy, joint_grid
from vae_core.lessons.joints_training import Moment

HEIGHT, LOW_HEIGHT = 400, 300
LINEAR, LOGARITHMIC = "Linear", "Logarithmic"
ORDERS: dict[str, Order] = {"First x, then z": "x first", "First z, then x": "z first"}

# What learns has the colour of the encoder's means and of the decoder's reconstruction.
COLOURS = """
<style>
:root { --lab-inference-text: var(--lab-mean-text); --lab-generative-text: var(--lab-reconstruction-text);
  --lab-conditional-text: var(--lab-gap-amortization); }
.lab-joints { font-size: 1rem; }
.lab-joints td { text-align: right; }
.lab-joints tr:last-child > * { border-top: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
.lab-density { display: flex; align-items: center; gap: 0.6rem; margin: 0; font-size: 0.85rem;
  font-variant-numeric: tabular-nums; }
.lab-density i { flex: 0 1 16rem; height: 0.7rem; border-radius: 2px; background: linear-gradient(90deg,
  transparent, color-mix(in srgb, var(--lab-z) 60%, transparent) 35%, var(--lab-z) 70%, currentColor);
  outline: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
</style>
"""


@st.cache_resource(show_spinner=False)
def _kept_steps() -> Kept[str, tuple[Step, ...]]:
    return Kept(256)


def instrument() -> JointsSeen:
    """Draw the controls, both maps and the curve, and return the moment that is shown."""
    st.html(COLOURS)
    training = shown_training()
    return _pictures(training.moments, training.place, complete=training.complete)


def _pictures(moments: tuple[Moment, ...], place: int, *, complete: bool) -> JointsSeen:
    grid = joint_grid(moments[place].model())
    seen = JointsSeen(moments, place, complete, grid)
    logarithmic = st.session_state.get(f"{KEY}scale", LINEAR) == LOGARITHMIC
    names: tuple[Joint, Joint] = ("inference", "generative")
    for column, name in zip(st.columns(2, gap="medium"), names, strict=True):
        with column:
            figure = joint_map(grid, name, logarithmic=logarithmic, theme=theme_name())
            show(figure, key=f"{KEY}{name}", height=HEIGHT)
    _scale(highest(grid), logarithmic=logarithmic)
    left, right = st.columns([1.35, 1], gap="large", vertical_alignment="center")
    with right:
        title("Both sides of the formula’s second line.")
        st.html(_digits(seen))
        order = st.segmented_control(
            "Split the KL", tuple(ORDERS), default=next(iter(ORDERS)), required=True, key=f"{KEY}order"
        )
    with left:
        figure = joint_kl_curve(
            [moment.step for moment in moments],
            [moment.parts for moment in moments],
            place,
            order=ORDERS[order],
            last=max(STEPS[-1], moments[-1].step),
            theme=theme_name(),
        )
        show(figure, key=f"{KEY}curve", height=LOW_HEIGHT)
    return seen


def _scale(top: float, *, logarithmic: bool) -> None:
    """The colours of both maps, and the switch between even and logarithmic ones."""
    with st.container(horizontal=True, vertical_alignment="center"):
        low = f"{nats(top / 10**4, 5)} and less" if logarithmic else "0"
        st.html(
            f'<p class="lab-density"><span>{low}</span><i aria-hidden="true"></i>'
            f"<span>{nats(top, 2)} per unit of x and z, in both maps</span></p>",
            width="stretch",
        )
        st.segmented_control(
            "Scale of colours", (LINEAR, LOGARITHMIC), default=LINEAR, required=True,
            key=f"{KEY}scale", label_visibility="collapsed", width="content",
        )  # fmt: skip


def _digits(seen: JointsSeen) -> str:
    parts, entropy = seen.shown.parts, data_entropy()
    return (
        '<div role="status"><table class="lab-numbers lab-joints">'
        f'<tr><th scope="row">KL(q ‖ p)</th><td><b data-word="kl">{nats(parts.kl, 3)}</b></td></tr>'
        f'<tr><th scope="row">E L(x)</th><td><b data-word="elbo">{nats(parts.elbo, 3)}</b></td></tr>'
        f'<tr><th scope="row">H</th><td><b data-word="entropy">{nats(entropy, 3)}</b></td></tr>'
        f'<tr><th scope="row">− E L(x) − H</th><td>{nats(-parts.elbo - entropy, 3)}</td></tr></table></div>'
        '<p class="lab-settled"><small>Nats per image, exact: sums over a grid. Half as fine a grid differs '
        f"by {_error(parts.error)}.</small></p>"
    )


def _error(error: float) -> str:
    power = max(1, min(9, -math.ceil(math.log10(max(error, 1e-9)))))
    return f"less than {10.0**-power:.{power}f}"


def held_steps(seen: JointsSeen) -> tuple[Step, ...]:
    """Return the derivation at the moment that is shown; none while the training is played."""
    if playing():
        return ()
    key = seen.shown.snapshot.key
    found = _kept_steps().find(key)
    if found is None:
        found = steps(seen)
        _kept_steps().keep(key, found)
    return found


def symbols(seen: JointsSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is, at the moment that is shown."""
    parts = seen.shown.parts
    return {
        "inference": Shown(
            "The inference joint: x from the data, z from the encoder",
            "",
            "The left map; its edges are drawn through on the left and dotted on the right.",
        ),
        "generative": Shown(
            "The generative joint: z from the prior, x from the decoder",
            "",
            "The right map; its edges are drawn through on the right and dotted on the left.",
        ),
        "kl": Shown(
            "How far the generative joint is from the inference joint",
            f"{nats(parts.kl, 3)} nats, summed over the grid of both maps",
            "The solid curve.",
        ),
        "elbo": Shown(
            "The ELBO, averaged over the data",
            f"{nats(parts.elbo, 3)} nats",
            "It rises by as much as the solid curve falls.",
        ),
        "entropy": Shown(
            "The entropy of the data, whatever the model",
            f"{nats(data_entropy(), 3)} nats",
            "It belongs to the upper edge of the left map, which does not move.",
        ),
        "marginal": Shown(
            "How far p(x) is from the data",
            f"{nats(parts.of_data, 3)} nats",
            "The dashed curve; on the maps, how the two upper edges differ.",
        ),
        "conditional": Shown(
            "How far the encoder’s q(z|x) is from the true posterior",
            f"{nats(parts.codes_given_x, 3)} nats",
            "The dotted curve; on the maps, how the columns of the two differ.",
        ),
        "x": Shown("One number of the data", "", "Across on both maps."),
        "z": Shown("Its code, one number", "", "Upwards on both maps."),
    }


JOINTS = Chapter(
    slug="joints",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=held_steps,
    checks=(check_tenth, check_ceiling, check_still),
)
