"""Chapter 8: the eight forms of the ELBO in the finite world, while p_D is bent towards one pattern."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vae_core.checks import check_number
from vae_core.data import load_dataset
from vae_core.data.tiny_binary import PATTERN_NAMES, PATTERN_WEIGHTS
from vae_core.finite_world import Enumeration, FiniteWorld, info_vae, pattern_distribution
from vae_core.finite_world.world import AGREE_WITHIN
from vae_core.lessons.lesson import Outcome, Step, Verdict, number_verdict
from vae_core.training import Run, TrainConfig
from vae_core.training.snapshot import Snapshot

STEPS = (0, 10, 30, 100, 300, 1000, 2000)
"""Steps of training at which the model is kept."""
NOTCHES = 41
"""Shares of a pattern for which everything is computed: 0, 0.025, …, 1."""
BETAS = (0.5, 1.0, 2.0, 4.0)
"""Without a KL, at β = 0, posteriors become too narrow for any grid."""
WITHIN = 0.01
"""Nats: how far off a number that is answered may be."""
READABLE = 0.005
"""Nats: a smaller answer can't be read off three decimals."""
FEW = 0.1
"""Of the way from the least information to that on the data: what counts as little."""
TELLING = 0.05
"""Nats that the information has to move by, for a pattern to be of use."""

EIGHTH = ("I_q(x; z)", "KL(q(z) ‖ p(z))", "E_q log p(x|z)")
"""The terms of form (8), as exercise 3 offers them."""

RULES = (
    (
        "Noise for codes",
        "z = μ + σ ε, and E log p(z)/q(z|x) in closed form: both hide in one mean of log w.",
    ),
    ("Definition of w", "log w = log p(x, z) − log q(z|x), and the mean of the second is an entropy."),
    ("Bayes' rule", "p(x, z) = p(x) p(z|x): what q misses of the posterior comes off log p(x)."),
    ("Definition of the KL", "Put p_D(x) q(z|x) for q(x, z); the entropy of p_D is left over."),
    ("Chain rule, x first", "A KL of joints is a KL of x and a mean KL of z given x."),
    ("Chain rule, z first", "And as well a KL of z and a mean KL of x given z."),
    ("Definition of I", "H and the entropy of q(x|z) differ by the information that z carries about x."),
)
"""From each form to the next."""


@dataclass(frozen=True, eq=False)
class FormsSeen:
    """The forms of one model under p_D with each share of a pattern.

    Attributes:
        enumeration: The model, tabulated.
        beta: That trained it.
        pattern: Its place among `PATTERN_NAMES`.
        worlds: What was measured at each share, `NOTCHES` of them.
        notch: The share that is shown.
        own: What was measured under the data's own p_D.
        alpha: α of InfoVAE.
        weight: λ of InfoVAE.
    """

    enumeration: Enumeration
    beta: float
    pattern: int
    worlds: tuple[FiniteWorld, ...]
    notch: int
    own: FiniteWorld
    alpha: float = 0.0
    weight: float = 1.0

    @property
    def world(self) -> FiniteWorld:
        """Under the p_D that is shown."""
        return self.worlds[self.notch]

    @property
    def info(self) -> float:
        """The InfoVAE objective, nats."""
        return info_vae(self.world, self.alpha, self.weight)


def trained(beta: float, *, seed: int = 0) -> tuple[Snapshot, ...]:
    """Train a model of the finite world with a β, and return it as it was at `STEPS`.

    Raises:
        SettingError: If β or the seed breaks its rule.
    """
    config = TrainConfig(
        dataset="tiny-binary", latent_dim=1, hidden=(16,), beta=beta, steps=STEPS[-1], seed=seed
    )
    run, kept = Run(config, load_dataset(config.dataset)), []
    for before, after in zip((0, *STEPS), STEPS, strict=False):
        if after > before:
            run.advance(steps=after - before)
        kept.append(run.snapshot())
    return tuple(kept)


def shares() -> tuple[float, ...]:
    """Return the shares of a pattern, one for each notch."""
    return tuple(notch / (NOTCHES - 1) for notch in range(NOTCHES))


def nearest_notch(pattern: int) -> int:
    """Return the notch that is nearest to a pattern's own weight."""
    return round(PATTERN_WEIGHTS[pattern] * (NOTCHES - 1))


def bent(pattern: int, share: float) -> Tensor:
    """Return p_D with a share of one pattern; the others keep their proportions. (512,) float64.

    Raises:
        SettingError: If there is no such pattern, or the share is not from 0 to 1.
    """
    place = int(check_number("pattern", pattern, low=0, high=len(PATTERN_NAMES) - 1, integer=True))
    share = check_number("share", share, low=0.0, high=1.0)
    rest = 1.0 - PATTERN_WEIGHTS[place]
    others = [(1.0 - share) * weight / rest for weight in PATTERN_WEIGHTS]
    return pattern_distribution([share if k == place else weight for k, weight in enumerate(others)])


def worlds(enumeration: Enumeration, pattern: int) -> tuple[FiniteWorld, ...]:
    """Measure a tabulated model at every notch."""
    return tuple(enumeration.measure(bent(pattern, share)) for share in shares())


def outcome(seen: FormsSeen) -> Outcome:
    """Say whether the forms agree on the model at hand, whatever trained it."""
    spread = max(max(world.spread, world.stability) for world in seen.worlds)
    said = (
        f"Trained with β = {seen.beta:g}: under {NOTCHES} p_D the forms differ by at most {spread:.1e} nats."
    )
    return Outcome(0 if spread < AGREE_WITHIN else 1, said.replace("e-", "e−"))


def steps(seen: FormsSeen) -> tuple[Step, ...]:
    """Return the way from each form to the next."""
    forms = seen.world.forms
    return tuple(
        Step(
            rule,
            words,
            _formula(seen, left.number),
            _formula(seen, right.number),
            left.total,
            right.total,
            AGREE_WITHIN,
        )
        for (rule, words), left, right in zip(RULES, forms[:-1], forms[1:], strict=True)
    )


def _formula(seen: FormsSeen, number: int) -> str:
    parts: list[str] = []
    for sign, term in seen.world.forms[number - 1].terms:
        parts.append(("− " if sign < 0 else "+ " if parts else "") + written(term.symbol))
    return " ".join(parts)


WORDS = {
    "E_ε log p(x|μ + σ ε)": "reconstruction",
    "E_q log p(x|z)": "reconstruction",
    "E KL(q(z|x) ‖ p(z))": "kl",
    "E_q log w": "log_weights",
    "E log p(x)": "log_likelihood",
    "E KL(q(z|x) ‖ p(z|x))": "gap",
    "KL(q(z) ‖ p(z))": "aggregate",
    "E_q(z) KL(q(x|z) ‖ p(x|z))": "decoder_kl",
    "I_q(x; z)": "information",
    "H": "entropy",
}
"""Symbol of a term -> the word that marks it in a formula; the others have none."""


def written(symbol: str) -> str:
    """Return a term's symbol as a formula, marked with its word."""
    formula = symbol.replace("E_q(z)", "E_{q(z)}")
    return f"{{{WORDS[symbol]}: {formula}}}" if symbol in WORDS else formula


def check_perfect_encoder(seen: FormsSeen, answer: float) -> Verdict:
    """Whether the answer is what the ELBO gains with the exact posterior as encoder."""
    truth = seen.world.term("E KL(q(z|x) ‖ p(z|x))").value
    if truth < READABLE:
        return Verdict(False, "This encoder is all but perfect: choose fewer steps or a smaller β.")
    return number_verdict(
        float(answer),
        truth,
        within=min(WITHIN, 0.1 * truth),
        why="In form (4) only this term has the encoder in it, and it falls to zero.",
        hint="Look for the form in which the encoder stands in one term alone.",
    )


def check_little_information(seen: FormsSeen, _answer: float) -> Verdict:
    """Whether p_D is such that z tells next to as little about x as it can with this pattern."""
    now, own = (world.term("I_q(x; z)").value for world in (seen.world, seen.own))
    least = min(world.term("I_q(x; z)").value for world in seen.worlds)
    if own - least < TELLING:
        return Verdict(False, "This pattern's share hardly moves the information: choose another pattern.")
    wanted = least + FEW * (own - least)
    if now <= wanted:
        return Verdict(True, f"I_q(x; z) is {now:.3f} nats, and {own:.3f} on the data: less to tell apart.")
    return Verdict(False, f"I_q(x; z) is {now:.3f} nats; it can fall to {least:.3f}.")


def check_info_vae(seen: FormsSeen, answer: float) -> Verdict:
    """Whether the answer names the term of form (8) that InfoVAE's α = 1, λ = 1 takes away.

    The choices are the terms of form (8) in the order of `EIGHTH`.
    """
    world = seen.world
    signed = {term.symbol: sign * term.value for sign, term in world.forms[7].terms}
    # L_Info − H, and form (8) without the term
    objective = info_vae(world, 1.0, 1.0) - world.entropy
    without = world.forms[7].total - signed[EIGHTH[int(answer)]]
    if abs(objective - without) < AGREE_WITHIN:
        sentence = f"Less H the objective is {objective:.4f} nats, and so is form (8) without that term."
        return Verdict(True, sentence.replace("-", "−"))
    return Verdict(False, "Set α to 1 and λ to 1, take H off, and compare with the terms of form (8).")
