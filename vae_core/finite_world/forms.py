"""The eight forms of the ELBO, each as a signed sum of terms (β = 1, averaged over p_D, nats per image)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One term with its value.

    Attributes:
        name: In words.
        symbol: As it stands in a formula, as in "KL(q(z) ‖ p(z))".
        value: Nats per image.
    """

    name: str
    symbol: str
    value: float


@dataclass(frozen=True)
class Form:
    """One form of the ELBO.

    Attributes:
        number: 1 to 8.
        name: What it shows.
        terms: (sign, term), the sign 1 or −1.
        total: Their signed sum, nats per image.
        stability: How far the total moves when the grid is halved and shifted, nats.
        source: Where the form stands in the literature.
    """

    number: int
    name: str
    terms: tuple[tuple[int, Term], ...]
    total: float
    stability: float
    source: str


SYMBOLS: dict[str, tuple[str, str]] = {
    "noise_reconstruction": ("Reconstruction, over the noise", "E_ε log p(x|μ + σ ε)"),
    "prior_kl": ("KL to the prior, in closed form", "E KL(q(z|x) ‖ p(z))"),
    "log_weight": ("Log-weight", "E_q log w"),
    "log_joint": ("Log of the joint", "E_q log p(x, z)"),
    "encoder_entropy": ("Entropy of the encoder", "E H(q(z|x))"),
    "log_likelihood": ("Log-likelihood", "E log p(x)"),
    "posterior_kl": ("KL to the true posterior", "E KL(q(z|x) ‖ p(z|x))"),
    "joint_kl": ("KL between the joints", "KL(q(x, z) ‖ p(x, z))"),
    "data_kl": ("KL from the data to the model", "KL(p_D(x) ‖ p(x))"),
    "aggregate_kl": ("KL of the aggregate posterior to the prior", "KL(q(z) ‖ p(z))"),
    "decoder_kl": ("KL to the decoder", "E_q(z) KL(q(x|z) ‖ p(x|z))"),
    "reconstruction": ("Reconstruction", "E_q log p(x|z)"),
    "information": ("Mutual information", "I_q(x; z)"),
    "entropy": ("Entropy of the data", "H"),
}
"""Name in code -> name in words and symbol."""

KINGMA = "Kingma & Welling 2014, arXiv:1312.6114"
ZHAO = "Zhao, Song & Ermon 2019, arXiv:1706.02262"
HOFFMAN = "Hoffman & Johnson 2016"

FORMS: tuple[tuple[str, str, str], ...] = (
    ("Reconstruction less KL", "noise_reconstruction -prior_kl", KINGMA),
    ("Mean log-weight", "log_weight", KINGMA),
    ("Energy and entropy", "log_joint encoder_entropy", KINGMA),
    ("Log-likelihood less the gap", "log_likelihood -posterior_kl", KINGMA),
    ("Between the two joints", "-joint_kl -entropy", ZHAO),
    ("Data and posterior", "-data_kl -posterior_kl -entropy", ZHAO),
    ("Codes and decoder", "-aggregate_kl -decoder_kl -entropy", ZHAO),
    ("Reconstruction less information", "reconstruction -information -aggregate_kl", HOFFMAN),
)
"""Of each form: its name, its terms (a minus before those that are taken away), its source."""


def forms_of(values: Mapping[str, float], again: Mapping[str, float]) -> tuple[Form, ...]:
    """Put the eight forms together.

    Args:
        values: Every term of `SYMBOLS`, nats.
        again: The same on the halved and shifted grid.
    """
    forms = []
    for number, (name, formula, source) in enumerate(FORMS, start=1):
        signed = [(-1 if part[0] == "-" else 1, part.lstrip("-")) for part in formula.split()]
        terms = tuple((sign, Term(*SYMBOLS[part], values[part])) for sign, part in signed)
        total = sum(sign * term.value for sign, term in terms)
        moved = abs(sum(sign * again[part] for sign, part in signed) - total)
        forms.append(Form(number, name, terms, total, moved, source))
    return tuple(forms)
