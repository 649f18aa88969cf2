"""1: the mean over an image's pixels where the bound has their sum."""

from __future__ import annotations

from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.evidence import below_evidence, gap_link
from vae_core.museum.identity import BELOW, GAP
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.theorems import Link

SETTINGS = RunSettings()


def sum_loss(log_p: Tensor, kl: Tensor) -> Tensor:
    """Loss from log p(x_d|z), (B, D), and the KL of each latent dimension, (B, L)."""
    error = -log_p.sum(1).mean()
    return error + kl.sum(1).mean()


def mean_loss(log_p: Tensor, kl: Tensor) -> Tensor:
    """Loss with the mean over pixels."""
    error = -log_p.mean()
    return error + kl.sum(1).mean()


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        log_p = model.decoder(q.at(noise[0])).log_prob_per_dimension(x)
        return -part(log_p, standard_normal_kl(q))

    return bound


def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    bound = _bound(part)
    return below_evidence(bound, SETTINGS, run.last), gap_link(bound, SETTINGS, run.last)


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    choice = 0 if wrong.kl < 0.3 * sound.kl else 1 if wrong.kl > 1.3 * sound.kl else 2
    return Answer(choice, f"The KL is {wrong.kl:.2f} nats with the mean, {sound.kl:.2f} with the sum.")


MEAN_FOR_SUM = Bug(
    number=1,
    slug="mean-for-sum",
    title="Mean for sum",
    words="The reconstruction error is averaged over the pixels, the KL is summed over the latent "
    "dimensions. With 64 pixels that is β = 64, and the loss is reported as if it were the bound.",
    source="keras-io #270, pytorch/examples #817, podgorskiy/VAE #1, alibi-detect #90",
    question="The loss takes the mean over 64 pixels in place of their sum. What becomes of the codes?",
    choices=(
        "The KL falls to almost nothing: the codes are left unused",
        "The KL grows: the codes say more about each image",
        "Hardly anything: a factor moves no optimum",
    ),
    answer=_answer,
    shows="The codes collapse: every reconstruction and every sample is the same grey mean of all digits. "
    "The reported curve looks splendid, because a mean over pixels is a 64th of a sum.",
    sound=sum_loss,
    wrong=mean_loss,
    settings=SETTINGS,
    trains=_bound,
    reports=_bound,
    in_training=True,
    identities=(BELOW, GAP),
    measure=_measure,
)
