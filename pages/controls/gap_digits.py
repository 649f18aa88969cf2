"""The gap in digits: the identity, its causes, the hand's q, and the bounds where nothing is exact."""

import html

import streamlit as st
from torch import Tensor

from pages.figures.theme import nats
from pages.state.gaps import ImageFound
from vae_core.diagnostics.image_gap import ImageGap
from vae_core.estimators import Estimate

CAUSES = {
    "amortization": ("amortisation", "what the encoder loses against the best diagonal q for this image"),
    "covariance": ("covariance", "what a diagonal q loses against one that may turn"),
    "family": ("family", "what stays: the posterior is no Gaussian"),
}


def identity_table(gap: ImageGap) -> None:
    """log p(x) = ELBO + KL(q‖p(z|x)): three numbers, each computed in its own way."""
    split = gap.split
    if gap.kl is None:
        return
    exact, elbo, (kl, kl_error) = split.log_likelihood, float(split.elbo.value), gap.kl
    error = float(exact.error) + float(split.elbo.error) + kl_error
    rows = [
        ("log p(x)", float(exact.value), "adaptive quadrature" + _trust(exact), ""),
        ("ELBO", elbo, "Gauss-Hermite rule", "elbo"),
        ("KL(q‖p(z|x))", kl, "sum over the posterior’s grid", "kl"),
        ("log p(x) − ELBO − KL", float(exact.value) - elbo - kl, f"errors add up to {error:.5f}", ""),
    ]
    _table("The identity log p(x) = ELBO + KL(q‖p(z|x)) in digits, nats", rows, digits=4)


def causes_table(gap: ImageGap) -> None:
    """What the gap is made of."""
    split = gap.split
    rows = []
    for name, (word, meaning) in CAUSES.items():
        part: Estimate = getattr(split, name)
        error = f" ± {float(part.error):.1g}" if float(part.error) >= 5e-3 else ""
        rows.append((word, float(part.value), f"{meaning}{error}", f"gap-{name}"))
    total = nats(float(split.total.value), 2)
    about = "" if split.log_likelihood.kind == "exact" else "about "
    _table(f"What the gap of {about}{total} nats is made of", rows, digits=2)


def hand_table(gap: ImageGap, measured: tuple[float, tuple[float, float]]) -> None:
    """The same identity for the q that a hand has left.

    Args:
        gap: Of the image.
        measured: The ELBO of that q, and its KL from the posterior with the error.
    """
    elbo, (kl, error) = measured
    exact = float(gap.split.log_likelihood.value)
    if error > 0.01:
        note = f"the grid covers too little of it: ± {error:.2g}"
    else:
        note = "sum over the posterior’s grid"
    rows = [
        ("ELBO", elbo, "Gauss-Hermite rule", "elbo"),
        ("KL(q‖p(z|x))", kl, note, "kl"),
        ("ELBO + KL", elbo + kl, f"log p(x) is {nats(exact, 4)}", ""),
    ]
    _table("The q in your hand, measured anew", rows, digits=4)


def bounds_table(found: ImageFound) -> None:
    """What is known where log p(x) is not exact: a bound, and an estimate."""
    if found.stairs is None:
        return
    ladder = found.stairs.ladder
    best = ladder.steps[-1]
    elbo = ladder.steps[0] if found.gap is None else found.gap.split.elbo
    rows = [
        ("ELBO", float(elbo.value), f"lower bound, ± {_short(elbo.error)}", "elbo"),
        (
            f"L with K = {ladder.samples[-1]:,}",
            float(best.value),
            f"lower bound, ± {_short(best.error)}",
            "",
        ),
    ]
    if found.annealed is not None:
        error = _short(found.annealed.error) if bool(found.annealed.error.isfinite()) else "?"
        note = f"estimate, ± {error}; a lower bound in expectation"
        rows.append(("annealed", float(found.annealed.value), note, ""))
    _table("log p(x) lies above the bounds and near the estimate, nats", rows, digits=2)
    st.caption(
        "An exact log p(x) needs a model with one or two latent dimensions. Here the importance-weighted "
        "bound L climbs with K, and annealed importance sampling gives an estimate."
    )


def _table(caption: str, rows: list[tuple[str, float, str, str]], *, digits: int) -> None:
    """Write numbers under each other: name, value, how it was found, and the word of its colour."""
    body = "".join(
        f'<tr><th scope="row"{_colour(word)}>{html.escape(name)}</th>'
        f'<td class="lab-value">{nats(round(value, digits) + 0.0, digits)}</td>'
        f'<td class="lab-quiet">{html.escape(note)}</td></tr>'
        for name, value, note, word in rows
    )
    head = f"<caption>{html.escape(caption)}</caption>"
    st.html(f'<table class="lab-numbers lab-digits">{head}<tbody>{body}</tbody></table>')


def _colour(word: str) -> str:
    if word.startswith("gap-"):
        return f' class="lab-cause" style="--cause: var(--lab-{word})"'
    return f' style="color: var(--lab-{word}-text)"' if word else ""


def _short(error: Tensor) -> str:
    return f"{float(error):.2g}"


def _trust(estimate: Estimate) -> str:
    return "" if estimate.kind == "exact" else f", an estimate: ± {_short(estimate.error)}"
