"""Handwritten digits of 8×8 pixels, from scikit-learn."""

import numpy as np

from vae_core.data.cache import cached_array
from vae_core.data.dataset import Dataset
from vae_core.data.info import DatasetInfo

DIGITS = DatasetInfo(
    name="digits",
    title="Small digits, grey",
    sentence="1,797 handwritten digits of 8×8 pixels with 17 grey levels; trains in a second.",
    image_shape=(1, 8, 8),
    support="unit",
    rows=1797,
)
CHECKSUM = "88d5bf94f5c7e1fd3e7effcfb2ed095f062f74bbc6edd4cbebb112ec44a99a09"


def load_digits() -> Dataset:
    """Load `digits`: x = counts/16 in [0, 1] on 17 levels, (1797, 64)."""
    table = cached_array("digits", checksum=CHECKSUM, parse=parse_table)
    return Dataset.from_arrays(
        table[:, :-1].astype(np.float32) / np.float32(16),
        table[:, -1],
        name=DIGITS.name,
        support=DIGITS.support,
        image_shape=DIGITS.image_shape,
        grey_levels=17,
        class_names=tuple("0123456789"),
        source="UCI Machine Learning Repository, Optical Recognition of Handwritten Digits (its test part), "
        "as it comes with scikit-learn",
        licence="CC BY 4.0",
        citation="E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998, doi:10.24432/C50P49",
    )


def parse_table() -> np.ndarray:
    """Read the digits through scikit-learn, whose import takes a second; (1797, 65) uint8, labels last."""
    from sklearn import datasets

    pixels, labels = datasets.load_digits(return_X_y=True)
    return np.column_stack([pixels, labels]).astype(np.uint8)
