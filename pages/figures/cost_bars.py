"""The cost −L(x) of one image with two q, each a stack of −reconstruction and the KL of each dimension."""

from plotly.graph_objects import Figure

from pages.figures.theme import GROUND, ThemeName, mark, nats, subscript, template
from vae_core.lessons.objective import SAME, Parts

ROWS = ("encoder’s q", "your q")
WHITE = "#FFFFFF"
ROOM = 0.07
"""Of the longest bar: a piece so long has room for its number."""


def cost_bars(encoder: Parts, hand: Parts, *, theme: ThemeName, name: str = "log-likelihood") -> Figure:
    """Draw what the cost is made of, for the encoder's q above and the moved one below.

    Args:
        encoder: The terms of the encoder's q.
        hand: Of the moved one.
        theme: "light" or "dark".
        name: What the reconstruction is: "log-likelihood" or "Bernoulli score".
    """
    both = (encoder, hand)
    longest = max(abs(one.reconstruction) + one.kl for one in both)
    said = "−reconstruction" if name == "log-likelihood" else f"−{name}"
    dims = len(encoder.kl_per_dimension)
    pieces = [_piece(said, [-one.reconstruction for one in both], "reconstruction", longest, theme)]
    pieces += [
        _piece(f"KL z{subscript(j + 1)}", [one.kl_per_dimension[j] for one in both], "kl", longest, theme)
        for j in range(dims)
    ]
    ends = [max(-one.reconstruction, 0.0) + one.kl for one in both]
    low = min(0.0, *(-one.reconstruction for one in both))
    title = sentence(encoder, hand)
    return Figure(
        data=pieces,
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_spoken(both)}"},
            barmode="relative",
            uniformtext={"minsize": 11, "mode": "hide"},
            bargap=0.25,
            showlegend=False,
            xaxis={
                "title": {"text": "cost −L(x), nats per image"},
                "range": [1.02 * low, max(ends) + 0.02 * (max(ends) - low)],
            },
            yaxis={
                "autorange": "reversed",
                "fixedrange": True,
                "tickvals": list(ROWS),
                "ticktext": [
                    f"{row}<br>L = {nats(one.elbo, 2)}" for row, one in zip(ROWS, both, strict=True)
                ],
            },
        ),
    )


def sentence(encoder: Parts, hand: Parts) -> str:
    """Say how the moved q compares."""
    change = hand.elbo - encoder.elbo
    if abs(change) < SAME:
        return "Your q has the L(x) of the encoder’s."
    return f"Your q has {nats(abs(change), 3)} nats {'more' if change > 0 else 'less'} than the encoder’s."


def _piece(name: str, values: list[float], word: str, longest: float, theme: ThemeName) -> dict[str, object]:
    room = [abs(value) > ROOM * longest * (3 if word == "reconstruction" else 1) for value in values]
    texts = [f"{name} {nats(value, 1)}" if word == "reconstruction" else nats(value, 1) for value in values]
    return dict(
        type="bar",
        x=values,
        y=list(ROWS),
        orientation="h",
        name=name,
        meta={"word": word},
        marker={"color": mark(word), "line": {"color": GROUND[theme], "width": 1.5}},
        text=[text if fits else "" for text, fits in zip(texts, room, strict=True)],
        textposition="inside",
        insidetextanchor="start" if word == "reconstruction" else "middle",
        textangle=0,
        textfont={"color": WHITE, "size": 12},
        hovertemplate=f"{name} %{{x:.3f}} nats<extra></extra>",
    )


def _spoken(both: tuple[Parts, Parts]) -> str:
    return " ".join(
        f"{row}: reconstruction {nats(one.reconstruction, 2)}, KL {nats(one.kl, 2)}, L {nats(one.elbo, 2)}."
        for row, one in zip(ROWS, both, strict=True)
    )
