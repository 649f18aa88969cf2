"""The ledger: what the ELBO of one step is made of, as one stacked bar."""

from collections.abc import Sequence

from plotly.graph_objects import Bar, Figure

from pages.figures.theme import GROUND, ThemeName, blank, mark, nats, subscript, template
from vae_core.training.history import History

LABEL_SHARE = 0.07
WHITE = "#FFFFFF"


def step_ledger(history: History, *, theme: ThemeName, reconstruction_name: str = "log-likelihood") -> Figure:
    """Draw the ledger of the latest training batches: reconstruction and each dimension's KL."""
    curve = history.train
    if len(curve.step) == 0:
        return blank("The ledger begins with the first step.", theme=theme)
    return ledger(
        float(curve.reconstruction[-1]),
        [float(value) for value in curve.kl_per_dimension[-1]],
        weight=float(curve.beta[-1]),
        theme=theme,
        reconstruction_name=reconstruction_name,
    )


def ledger(
    reconstruction: float,
    kl_per_dimension: Sequence[float],
    *,
    theme: ThemeName,
    weight: float = 1.0,
    reconstruction_name: str = "log-likelihood",
) -> Figure:
    """Draw −ELBO = −E_q log p(x|z) + Σ_j KL_j as one stacked bar.

    Args:
        reconstruction: E_q log p(x|z) in nats per image. Where a density is high this is positive, and its
            piece of the bar points to the left.
        kl_per_dimension: KL of each latent dimension (L,) in nats per image.
        theme: "light" or "dark".
        weight: The weight on the KL in training at this step; the bar always shows it with weight 1.
        reconstruction_name: What the reconstruction is called: "log-likelihood" or "Bernoulli score".
    """
    total = abs(reconstruction) + sum(kl_per_dimension)
    figure = Figure()
    figure.add_trace(_piece("Reconstruction", -reconstruction, mark("reconstruction"), total, theme))
    for index, value in enumerate(kl_per_dimension, start=1):
        figure.add_trace(_piece(f"KL z{subscript(index)}", value, mark("kl"), total, theme))
    kl = sum(kl_per_dimension)
    cost = -reconstruction
    title = f"−ELBO {nats(cost + kl)} = reconstruction cost {nats(cost)} + KL {nats(kl)} nats/image"
    weighed = "" if weight == 1 else f" Training weighs this KL by {weight:.3g}."
    each = ", ".join(f"z{subscript(i)} {nats(v, 2)}" for i, v in enumerate(kl_per_dimension, start=1))
    called = f", minus the {reconstruction_name}" if reconstruction_name != "log-likelihood" else ""
    figure.update_layout(
        template=template(theme),
        title={"text": f"{title}.{weighed}"},
        meta={"alternative": f"{title}.{weighed} KL of each latent dimension: {each}."},
        barmode="relative",
        bargap=0.1,
        showlegend=False,
        xaxis={"title": {"text": f"cost in nats per image{called}"}},
        yaxis={"visible": False, "fixedrange": True},
    )
    return figure


def _piece(name: str, value: float, colour: str | None, total: float, theme: ThemeName) -> Bar:
    """Return one piece of the bar; its label stands inside where there is room."""
    wide = total > 0 and abs(value) / total > LABEL_SHARE
    return Bar(
        x=[value],
        y=["step"],
        orientation="h",
        name=name,
        marker={"color": colour, "line": {"color": GROUND[theme], "width": 1.5}},
        text=[f"{name} {nats(value)}" if wide else ""],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": WHITE, "size": 12},
        hovertemplate=f"{name} {nats(value, 3)} nats/image<extra></extra>",
    )
