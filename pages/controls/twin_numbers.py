"""What can be compared between decoders, and, crossed out with its reason, what cannot."""

import html
import math
from collections.abc import Callable, Sequence
from itertools import combinations

import streamlit as st

from pages.controls.twin_words import bits, decoder_of, nats_of, pixels_of
from pages.figures.theme import nats
from pages.state.current import CurrentModel
from pages.state.twin_choice import TwinChoice, name_of
from pages.state.twin_measures import TwinFound
from pages.state.twins import choose
from vae_core.data import load_dataset
from vae_core.diagnostics.comparability import Comparability, comparability, measure_of
from vae_core.diagnostics.decoder_scores import DecoderScores

Cell = Callable[[DecoderScores], str | None]

ELSEWHERE = {
    "mnist-5k": ("mnist-5k-binary", "mnist-5k-dequantised"),
    "digits": ("digits-dequantised",),
    "mnist-5k-dequantised": ("mnist-5k-binary", "mnist-5k"),
    "mnist-5k-binary": ("mnist-5k", "mnist-5k-dequantised"),
    "digits-dequantised": ("digits",),
}
"""On which data the same decoders can be looked at from here."""

SWITCH = {
    "mnist-5k-binary": "Compare on binary data",
    "mnist-5k-dequantised": "Compare in bits on dequantised data",
    "digits-dequantised": "Compare in bits on dequantised data",
    "mnist-5k": "Back to grey data",
    "digits": "Back to grey data",
}

SCORE = "score − KL"

COMPARABLE: tuple[tuple[str, str, Cell], ...] = (
    (
        "squared error of the mean, per pixel",
        "‖x − E[x|z]‖²/D at the mean code of x",
        lambda scores: pixels_of(scores.squared_error),
    ),
    (
        "squared error over q, per pixel",
        "E_q ‖x − E[x|z]‖²/D",
        lambda scores: pixels_of(scores.expected_squared_error),
    ),
    (
        "sharpness",
        "Squared difference of neighbouring pixels of the means, as a share of that of the images",
        lambda scores: None if scores.sharpness is None else f"{scores.sharpness:.2f}",
    ),
    (
        "active units",
        "Latent dimensions that carry something",
        lambda scores: f"{scores.active_units} of {scores.latent_dim}",
    ),
    ("KL(q‖p)", "What the codes cost, nats per image", lambda scores: nats_of(scores.kl)),
    (
        "ELBO on {0, 1}ᴰ",
        "The likelihood restricted to binary images and renormalised; a lower bound, nats per image",
        lambda scores: None if scores.binary_elbo is None else nats_of(scores.binary_elbo),
    ),
    (
        "bits per dimension, at most",
        "An upper bound of what the integers cost, from the ELBO on dequantised data",
        lambda scores: None if scores.bits is None else bits(scores.bits),
    ),
    (
        "floor Σ h(x_d)",
        "The Bernoulli score of grey pixels is never above minus this, nats per image",
        lambda scores: None if scores.floor is None else nats_of(scores.floor),
    ),
    (
        "missing normaliser Σ log C(λ_d)",
        "What makes a density of the same logits: the continuous Bernoulli’s normaliser, nats per image",
        lambda scores: None if scores.missing_normaliser is None else nats_of(scores.missing_normaliser),
    ),
)


def verdict(models: Sequence[CurrentModel]) -> Comparability:
    """Return whether the ELBOs of all these decoders may stand side by side; the first refusal counts."""
    data = load_dataset(models[0].config.dataset)
    decoders = [decoder_of(model) for model in models]
    answers = [
        comparability(one, other, support=data.support, dequantised=data.dequantised)
        for one, other in combinations(decoders, 2)
    ]
    return next((answer for answer in answers if not answer.allowed), answers[0])


def twin_numbers(
    chosen: TwinChoice, models: Sequence[CurrentModel], found: Sequence[TwinFound | None]
) -> None:
    """Show the table of numbers, whether log-likelihoods are comparable, and where they would be."""
    answer = verdict(models)
    what = "log-likelihoods" if not answer.allowed or answer.on is not None else "scores"
    said = "can be compared" if answer.allowed else "cannot be compared"
    st.html(
        f'<p class="lab-headline">The {what} {said}.</p>'
        f'<p class="lab-verdict">{html.escape(answer.reason)}</p>'
    )
    counts = sorted({one.scores.images for one in found if one is not None})
    if counts:
        st.html(_table(models, found, answer))
        images = " or ".join(f"{count:,}" for count in counts)
        st.caption(
            f"Means over {images} validation images ± standard error over images; z is drawn from q. "
            "Two decoders on the same images differ by less than their errors suggest where they err alike."
        )
    buttons = ELSEWHERE.get(chosen.data, ())
    if buttons:
        with st.container(horizontal=True, gap="small"):
            for data in buttons:
                st.button(
                    SWITCH[data],
                    key=f"lab_twin_to {chosen.data} {data}",
                    on_click=lambda data=data: choose(chosen.with_data(data)),
                )


def _table(models: Sequence[CurrentModel], found: Sequence[TwinFound | None], answer: Comparability) -> str:
    head = "".join(
        f'<th scope="col" class="lab-twin-{place}">{html.escape(name_of(decoder_of(model)))}</th>'
        for place, model in enumerate(models)
    )
    rows = [_own_row(models, found, answer)]
    for name, meaning, cell in COMPARABLE:
        values = [None if one is None else cell(one.scores) for one in found]
        if any(value is not None for value in values):
            rows.append(_row(name, meaning, [value or "–" for value in values]))
    return (
        '<div class="lab-scroll"><table class="lab-numbers lab-twins"><caption class="lab-hidden">What each '
        f"decoder reaches</caption><thead><tr><th></th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _own_row(models: Sequence[CurrentModel], found: Sequence[TwinFound | None], answer: Comparability) -> str:
    """The ELBOs as each model has them: crossed out where they are not of one kind."""
    support = load_dataset(models[0].config.dataset).support
    kinds = [_kind(model, support) for model in models]
    crossed = not answer.allowed or len(set(kinds)) > 1
    cells = []
    for kind, one in zip(kinds, found, strict=True):
        if one is None:
            cells.append("–")
            continue
        number = html.escape(nats_of(one.scores.elbo))
        cells.append(f"{_crossed(number) if crossed else number}<br><small>{html.escape(kind)}</small>")
    meaning, reason = "A lower bound of log p(x)", ""
    if crossed:
        meaning, reason = "Each of its own kind: crossed out", answer.reason
        if answer.allowed:
            reason = "They are logarithms of different things; the row on the common space counts."
    elif kinds[0] == SCORE:
        meaning = "The score less the KL; it bounds no log p(x)"
    return _row("ELBO, nats per image", meaning, cells, escape=False, reason=reason)


def _kind(model: CurrentModel, support: str) -> str:
    """Return what a model's ELBO is about."""
    measure = measure_of(model.config.likelihood, support)
    if measure == "score":
        return SCORE
    if measure == "mass":
        return "log-mass on {0, 1}ᴰ"
    return "log-density on ℝᴰ" if model.config.likelihood == "gaussian" else "log-density on [0, 1]ᴰ"


def _crossed(number: str) -> str:
    return f'<s>{number}</s><span class="lab-hidden"> (not comparable)</span>'


def _row(name: str, meaning: str, cells: Sequence[str], *, escape: bool = True, reason: str = "") -> str:
    values = "".join(f'<td class="lab-value">{html.escape(cell) if escape else cell}</td>' for cell in cells)
    return (
        f'<tr title="{html.escape(reason)}"><th scope="row">{html.escape(name)}'
        f'<br><small class="lab-quiet">{html.escape(meaning)}</small></th>{values}</tr>'
    )


def negative_costs(models: Sequence[CurrentModel], found: Sequence[TwinFound | None]) -> str | None:
    """Return why a negative "NLL" is no mistake, where one of the decoders has one."""
    best = max((one.scores.elbo.value for one in found if one is not None), default=0.0)
    if best <= 0:
        return None
    data = load_dataset(models[0].config.dataset)
    words = (
        f"A “negative log-likelihood” of at most {nats(-best)} nats is no mistake: a density is no "
        "probability, and is above 1 where it is narrow."
    )
    if data.grey_levels is None:
        return f"{words} In other units of x it is another number."
    # x → a x adds D log a to −log p
    scale = data.grey_levels - (0 if data.dequantised else 1)
    more = data.full.x.shape[1] * math.log(scale)
    return (
        f"{words} With x counted in grey levels, of which 1 has {scale}, D log {scale} = {nats(more)} nats "
        "are added to it, and nothing about the model has changed."
    )
