"""Splitting rows into train, validation and test, by a seed."""

import torch

from vae_core.rng import generator


def split_rows(
    rows: int, labels: torch.Tensor | None, *, fractions: tuple[float, float, float], seed: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Deal all rows out to three parts, each class in equal proportions where there are labels.

    Each part is in random order, so that its first k rows are a random sample of it.

    Args:
        rows: How many rows there are, at least 3.
        labels: The class of each row, (N,) int64, or None.
        fractions: Shares of train, validation and test; positive, their sum is 1.
        seed: Seed of the split.

    Returns:
        Row numbers of train, validation and test; each int64, none empty, disjoint, together all rows.
    """
    random = generator(seed, "split")
    ranking = torch.argsort(_position_in_class(rows, labels, random), stable=True)
    validation = max(1, round(rows * fractions[1]))
    test = max(1, round(rows * fractions[2]))
    while validation + test > rows - 1:  # a few rows only: the larger part gives one to train
        validation, test = (validation - 1, test) if validation >= test else (validation, test - 1)
    train = rows - validation - test
    parts = torch.split(ranking, [train, validation, test])
    shuffled = [part[torch.randperm(len(part), generator=random)] for part in parts]
    return shuffled[0], shuffled[1], shuffled[2]


def _position_in_class(rows: int, labels: torch.Tensor | None, random: torch.Generator) -> torch.Tensor:
    """Give each row its place in a random order of its own class, as a fraction; (N,) in [0, 1).

    Rows sorted by it hold, up to each point, the same fraction of every class: a cut anywhere stratifies.
    """
    order = torch.randperm(rows, generator=random)
    if labels is None:
        counts = torch.tensor([rows])
    else:
        order = order[torch.argsort(labels[order], stable=True)]
        counts = torch.unique_consecutive(labels[order], return_counts=True)[1]
    first = torch.repeat_interleave(torch.cumsum(counts, 0) - counts, counts)
    offset = torch.rand(len(counts), generator=random, dtype=torch.float64)
    rank = torch.arange(rows) - first + torch.repeat_interleave(offset, counts)
    position = torch.empty(rows, dtype=torch.float64)
    position[order] = rank / torch.repeat_interleave(counts, counts)
    return position
