"""The glossary: symbol, word, shape, unit and colour of everything that the app shows.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. `colour` is for marks; text has
a tint of the same hue that meets WCAG AA contrast (4.5 : 1) on the light and on the dark background.
"""

from __future__ import annotations

from dataclasses import dataclass

from vae_core.checks import refuse


@dataclass(frozen=True)
class Symbol:
    """One entry of the glossary.

    Attributes:
        symbol: As it stands in a formula.
        word: As it stands in code.
        shape: Of the tensor, B images, D pixels, L latent dimensions, K samples.
        unit: What a value is counted in.
        colour: Of marks, as #rrggbb; None means the theme's text colour.
        text_light: Of text on a light ground.
        text_dark: Of text on a dark ground.
        meaning: In one plain sentence.
    """

    symbol: str
    word: str
    shape: str
    unit: str
    colour: str | None
    text_light: str | None
    text_dark: str | None
    meaning: str


GLOSSARY: tuple[Symbol, ...] = (
    Symbol("x", "x", "(B, D)", "pixel value", "#7A7A7A", "#5C5C5C", "#B8B8B8", "The data: one image a row."),
    Symbol("z", "z", "(B, L)", "prior σ", "#56B4E9", "#0F6FA8", "#7CC6F0", "The latent code of an image."),
    Symbol("μ", "mean", "(B, L)", "prior σ", "#E69F00", "#8A5A00", "#F0B73A", "The encoder's mean of z."),
    Symbol(
        "σ",
        "std",
        "(B, L)",
        "prior σ",
        "#009E73",
        "#00714F",
        "#3CC79E",
        "The encoder's standard deviation of z.",
    ),
    Symbol(
        "ε", "noise", "(B, L)", "1", "#CC79A7", "#9C3F73", "#E09CC2", "Standard normal noise in z = μ + σ ε."
    ),
    Symbol(
        "E_q log p(x|z)",
        "reconstruction",
        "(B,)",
        "nats per image",
        "#0072B2",
        "#0067A3",
        "#58B0E8",
        "How likely the decoder finds the image, averaged over the encoder's codes.",
    ),
    Symbol(
        "KL(q‖p)",
        "kl",
        "(B,), (B, L) per dimension",
        "nats per image",
        "#D55E00",
        "#AD4A00",
        "#F58B3C",
        "What the encoder's codes cost against the prior.",
    ),
    Symbol(
        "ELBO",
        "elbo",
        "(B,)",
        "nats per image",
        "#7F3C8D",
        "#7F3C8D",
        "#CC92D8",
        "Reconstruction less KL: a lower bound of log p(x).",
    ),
    Symbol(
        "log p(x)",
        "log_likelihood",
        "(B,)",
        "nats per image",
        None,
        None,
        None,
        "The log-likelihood of an image under the model.",
    ),
    Symbol(
        "log w",
        "log_weights",
        "(K, B)",
        "nats",
        None,
        None,
        None,
        "log p(x, z) − log q(z|x): its mean is the ELBO, its log-mean-exp log p(x).",
    ),
)

# Ten classes: distinct in hue and lightness, and apart from the glossary's own colours as far as ten allow.
CLASS_COLOURS: tuple[str, ...] = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#66CCEE",
    "#AA3377",
    "#8C8C8C",
    "#EE7733",
    "#6A5ACD",
    "#44AA99",
)

# The styles of a walk through latent space: on a light and on a dark ground, for lines and for their names.
WALK_COLOURS: dict[str, tuple[str, str]] = {
    "straight": ("#5C6470", "#A6ADB8"),
    "spherical": ("#AA3377", "#DD77AA"),
    "geodesic": ("#117733", "#55BB88"),
}

# The three causes of the gap between log p(x) and the ELBO, the first the darkest: on light and dark ground.
GAP_COLOURS: dict[str, tuple[str, str]] = {
    "amortization": ("#9F2D4A", "#E0607E"),
    "covariance": ("#D67D92", "#A84A63"),
    "family": ("#EBBFC9", "#6E3444"),
}

# Parts of a data set, where they stand in one figure: on light and dark ground.
PART_COLOURS: dict[str, tuple[str, str]] = {
    "train": ("#5C6470", "#A6ADB8"),
    "validation": ("#AA4499", "#DD88CC"),
    "test": ("#117733", "#55BB88"),
}

# Decoders side by side, indigo, olive and teal: on light and dark ground, for marks and for their names.
DECODER_COLOURS: dict[str, tuple[str, str]] = {
    "first": ("#332288", "#9A8FEF"),
    "second": ("#807800", "#DDD560"),
    "third": ("#00747A", "#2FBDB8"),
}

# Terms of the equivalent forms of the ELBO that have no colour in the glossary: on light and dark ground.
FORM_COLOURS: dict[str, tuple[str, str]] = {
    "gap": ("#9F2D4A", "#E0607E"),
    "aggregate": ("#0F6FA8", "#7CC6F0"),
    "decoder-kl": ("#AA4499", "#DD88CC"),
    "information": ("#807800", "#DDD560"),
    "entropy": ("#5C6470", "#A6ADB8"),
}


def symbol(word: str) -> Symbol:
    """Return the glossary's entry for a word in code.

    Raises:
        SettingError: If the glossary has no such word.
    """
    for entry in GLOSSARY:
        if entry.word == word:
            return entry
    refuse("word", f"must be one of {', '.join(s.word for s in GLOSSARY)}", word)
