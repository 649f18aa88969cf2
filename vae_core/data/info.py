"""What is known about a data source before it is loaded."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetInfo:
    """A line in the list of data sources.

    Attributes:
        name: Its name in configs, links and on the command line.
        title: Its name on the screen.
        sentence: What it is, in one sentence.
        image_shape: (C, H, W); (1, 1, D) for data that are no images.
        support: "binary", "unit" or "real".
        rows: How many rows it has in all.
    """

    name: str
    title: str
    sentence: str
    image_shape: tuple[int, int, int]
    support: str
    rows: int
