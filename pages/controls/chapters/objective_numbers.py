"""The numbers of chapter 4: the terms of two q side by side, each exact or with its error."""

import html

from pages.figures.theme import nats, subscript
from vae_core.lessons.objective import SAME, Average, ObjectiveSeen, Parts

RULES = """
<style>
.lab-terms td, .lab-terms thead th + th { text-align: right; white-space: nowrap; padding-right: 0; }
.lab-terms { width: 100%; font-size: 0.9rem; }
.lab-terms .lab-sum > * { font-weight: 650;
  border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.lab-small { margin: 0; } .lab-small figcaption { font-size: 0.78rem; opacity: 0.8; }
</style>
"""


def terms_table(seen: ObjectiveSeen, name: str) -> str:
    """Return the terms of the encoder's q and of the moved one, and how they differ, as HTML.

    Args:
        seen: Both.
        name: What the reconstruction is: "log-likelihood" or "Bernoulli score".
    """
    encoder, hand, beta = seen.base.encoder, seen.hand, seen.setting.beta
    called = "E<sub>q</sub> log p(x|z)" if name == "log-likelihood" else f"{name}, mean over q"
    rows = [_row(called, "reconstruction", encoder.reconstruction, hand.reconstruction)]
    rows += [
        _row(f"− KL of z{subscript(j + 1)}", "kl", -first, -second)
        for j, (first, second) in enumerate(zip(encoder.kl_per_dimension, hand.kl_per_dimension, strict=True))
    ]
    rows.append(_row("L(x)", "elbo", encoder.elbo, hand.elbo, kind=' class="lab-sum"'))
    if beta != 1.0:
        label = f"with {beta:g} KL"
        rows.append(_row(label, "", encoder.weighted(beta), hand.weighted(beta)))
    value, error = seen.sampled
    names = (f"nats, {'exact' if hand.error < SAME else 'roughly'}", "encoder’s q", "your q", "change")
    head = "".join(f'<th scope="col">{one}</th>' for one in names)
    return (
        f'<div class="lab-scroll"><table class="lab-numbers lab-terms"><thead><tr>{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="lab-settled"><small><span data-word="reconstruction">'
        f"{called}</span> of your q, the mean of {len(seen.draws):,} draws: ≈ {nats(value, 3)} ± "
        f"{nats(error, 3)}{_rough(hand)}</small></p>"
    )


def _row(label: str, word: str, first: float, second: float, *, kind: str = "") -> str:
    change = second - first
    said = "0" if abs(change) < SAME else f"{'+' if change > 0 else ''}{nats(change, 3)}"
    colour = f' data-word="{word}" style="color:var(--lab-{word}-text)"' if word else ""
    return (
        f'<tr{kind}><th scope="row"{colour}>{label}</th><td>{nats(first, 3)}</td><td>{nats(second, 3)}</td>'
        f"<td>{html.escape(said)}</td></tr>"
    )


def _rough(hand: Parts) -> str:
    """Say how far the rule may be off, where that can be seen."""
    return "" if hand.error < SAME else f"; the rule above is right to about {nats(hand.error, 3)}"


def average_line(average: Average, name: str) -> str:
    """Say what the objective is on the average over images."""
    elbo = average.reconstruction - average.kl
    what = "" if name == "log-likelihood" else f", with a {name} and so no bound on log p(x)"
    return (
        f"The mean of L(x) over the first {average.images} validation images, with the encoder’s q, is about "
        f"{nats(elbo, 1)} ± {nats(average.reconstruction_error, 1)} nats{what}: reconstruction "
        f"{nats(average.reconstruction, 1)}, KL {nats(average.kl, 1)}."
    )
