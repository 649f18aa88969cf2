"""Dataset.from_arrays: what it makes, and what it refuses in one sentence."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from vae_core.checks import SettingError, refuse
from vae_core.data import Dataset, Split

ROWS = np.arange(40, dtype=np.float64).reshape(20, 2)
UNIT = ROWS / 39


def made(x=ROWS, labels=None, *, name="mine", support="real", **settings) -> Dataset:
    return Dataset.from_arrays(x, labels, name=name, support=support, **settings)


def index_of(dataset: Dataset) -> list[list[int]]:
    return [part.index.tolist() for part in (dataset.train, dataset.validation, dataset.test)]


def test_rows_become_float32_and_labels_int64():
    dataset = made(labels=[0, 1] * 10)
    assert dataset.full.x.dtype == torch.float32
    assert dataset.full.labels.dtype == torch.int64
    assert dataset.full.x.tolist() == ROWS.tolist()
    assert dataset.image_shape == (1, 1, 2)
    assert [len(part) for part in (dataset.full, dataset.train, dataset.validation, dataset.test)] == [
        20,
        16,
        2,
        2,
    ]


@pytest.mark.parametrize(
    ("shape", "image_shape"), [((5, 6), (1, 1, 6)), ((5, 2, 3), (1, 2, 3)), ((5, 3, 2, 1), (3, 2, 1))]
)
def test_the_image_shape_is_that_of_x(shape, image_shape):
    dataset = made(np.zeros(shape))
    assert dataset.image_shape == image_shape
    assert dataset.full.x.shape == (5, 6)


def test_flat_rows_can_be_images():
    assert made(np.zeros((5, 6)), image_shape=(1, 2, 3)).image_shape == (1, 2, 3)


@pytest.mark.parametrize(
    "x",
    [
        ROWS.tolist(),
        torch.from_numpy(ROWS),
        torch.from_numpy(ROWS).float().requires_grad_(),
        torch.from_numpy(ROWS).bfloat16(),
        ROWS.astype(np.uint8),
        np.asfortranarray(ROWS),
    ],
)
def test_many_kinds_of_arrays_give_the_same_data(x):
    assert made(x).digest == made().digest


def test_the_data_set_owns_its_tensors():
    x = ROWS.astype(np.float32)
    labels = np.zeros(20, dtype=np.int64)
    dataset = made(x, labels)
    x[:] = -1
    labels[:] = 5
    assert dataset.full.x.tolist() == ROWS.tolist()
    assert dataset.full.labels.tolist() == [0] * 20


def test_records_are_frozen_and_cached():
    dataset = made()
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.train.x = dataset.full.x
    assert dataset.train.x is dataset.train.x
    assert isinstance(dataset.train, Split)


def test_splits_are_disjoint_cover_all_rows_and_show_the_rows_of_full():
    dataset = made(labels=[0, 1] * 10)
    assert sorted(itertools.chain(*index_of(dataset))) == list(range(20))
    for part in (dataset.train, dataset.validation, dataset.test):
        assert torch.equal(part.x, dataset.full.x[part.index])
        assert torch.equal(part.labels, dataset.full.labels[part.index])


def test_the_split_follows_its_seed():
    assert index_of(made(seed=3)) == index_of(made(seed=3))
    assert index_of(made(seed=3)) != index_of(made(seed=4))
    assert made(seed=3).split_seed == 3


def test_each_class_is_split_in_equal_proportions():
    labels = np.repeat([0, 1, 2], [500, 300, 200])
    dataset = made(np.zeros((1000, 1)), labels)
    counts = [
        torch.bincount(part.labels).tolist() for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert counts == [
        pytest.approx([400, 240, 160], abs=1),
        pytest.approx([50, 30, 20], abs=1),
        pytest.approx([50, 30, 20], abs=1),
    ]


def test_the_first_rows_of_a_split_mix_the_classes():
    dataset = made(np.zeros((1000, 1)), np.repeat(np.arange(10), 100))
    assert len(set(dataset.validation.labels[:12].tolist())) > 3


@pytest.mark.parametrize("rows", range(3, 30))
@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.1), (0.01, 0.495, 0.495), (0.01, 0.01, 0.98)])
@pytest.mark.parametrize("labelled", [False, True])
def test_no_split_is_empty(rows, fractions, labelled):
    labels = np.arange(rows) % 4 if labelled else None
    dataset = made(np.zeros((rows, 1)), labels, fractions=fractions)
    assert min(len(part) for part in (dataset.train, dataset.validation, dataset.test)) >= 1
    assert sorted(itertools.chain(*index_of(dataset))) == list(range(rows))


def test_the_digest_tells_apart_all_that_a_run_sees():
    image = np.zeros((6, 4))
    different = [
        made(image),
        made(np.ones((6, 4))),
        made(image[:5]),
        made(image, image_shape=(1, 2, 2)),
        made(image, image_shape=(1, 4, 1)),
        made(image, [0] * 6),
        made(image, [1] * 6),
        made(image, support="unit"),
        made(image, seed=1),
    ]
    assert len({dataset.digest for dataset in different}) == len(different)
    assert made(image, name="other", source="elsewhere").digest == made(image).digest
    assert len(made(image).digest) == 64


def test_the_digest_stays_the_same():
    assert made(labels=[0, 1] * 10).digest == (
        "672d441082fd59b6b48e3b6eabdf2022eccb8901b798757a314fe1781884ef07"
    )


def test_grey_levels_are_kept():
    assert made(np.arange(6).reshape(3, 2) / 5, support="unit", grey_levels=6).grey_levels == 6


SHAPE_RULE = "must be three whole numbers (C, H, W) with C·H·W = 2, the values of a row"
SHARES_RULE = "must be three positive numbers with the sum 1 (train, validation, test)"
REFUSED = [
    ({"name": ""}, "name", "must be a text that is not empty", ""),
    ({"x": [1.0, 2.0, 3.0]}, "x", "must have the shape (N, D), (N, H, W) or (N, C, H, W)", "shape (3,)"),
    ({"x": np.zeros((3, 0))}, "x", "must have the shape (N, D), (N, H, W) or (N, C, H, W)", "shape (3, 0)"),
    ({"x": ROWS[:2]}, "x", "must have at least 3 rows, so that no split is empty", "shape (2, 2)"),
    ({"x": np.zeros((0, 2))}, "x", "must have at least 3 rows, so that no split is empty", "shape (0, 2)"),
    ({"x": [[1.0], [2.0, 3.0]]}, "x", "must be an array of numbers", "rows of unequal length"),
    ({"x": [["a"], ["b"], ["c"]]}, "x", "must be an array of numbers", "values of type <U1"),
    ({"x": ROWS * np.nan}, "x", "must be finite (no NaN, no infinity)", "40 values that are not"),
    ({"x": ROWS + 1e300}, "x", "must be finite (no NaN, no infinity)", "40 values that are not"),
    (
        {"x": ROWS, "support": "binary"},
        "x",
        "must be 0 or 1 everywhere where the support is binary",
        2.0,
    ),
    ({"x": ROWS, "support": "unit"}, "x", "must lie in [0, 1] where the support is unit", "0 to 39"),
    (
        {"x": UNIT - 0.5, "support": "unit"},
        "x",
        "must lie in [0, 1] where the support is unit",
        "-0.5 to 0.5",
    ),
    ({"labels": [0, 1]}, "labels", "must be one for each of the 20 rows", "shape (2,)"),
    ({"labels": [0.5] * 20}, "labels", "must be whole numbers from 0", 0.5),
    ({"labels": [-1] * 20}, "labels", "must be whole numbers from 0", -1),
    ({"class_names": ["a"]}, "class_names", "must come with labels", "no labels"),
    (
        {"labels": [0, 1] * 10, "class_names": ["a"]},
        "class_names",
        "must name each label from 0 to 1",
        "1 names",
    ),
    ({"grey_levels": 256}, "grey_levels", "must be None unless the support is unit", "support real"),
    (
        {"x": UNIT, "support": "unit", "grey_levels": 17},
        "grey_levels",
        "must be how many equally spaced levels x has in [0, 1]",
        17,
    ),
    ({"image_shape": (1, 2, 3)}, "image_shape", SHAPE_RULE, (1, 2, 3)),
    ({"image_shape": (1, 2)}, "image_shape", SHAPE_RULE, (1, 2)),
    ({"image_shape": (-1, -1, 2)}, "image_shape", SHAPE_RULE, (-1, -1, 2)),
    ({"image_shape": (1.0, 1.0, 2.0)}, "image_shape", SHAPE_RULE, (1.0, 1.0, 2.0)),
    ({"x": ROWS[:, None, :], "image_shape": (1, 2, 1)}, "image_shape", SHAPE_RULE, (1, 2, 1)),
    ({"seed": -1}, "seed", "must be a whole number from 0 to 2147483647", -1),
    ({"seed": 0.5}, "seed", "must be a whole number from 0 to 2147483647", 0.5),
    ({"fractions": (0.8, 0.2)}, "fractions", SHARES_RULE, (0.8, 0.2)),
    ({"fractions": (0.9, 0.1, 0.0)}, "fractions", SHARES_RULE, (0.9, 0.1, 0.0)),
    ({"fractions": (0.9, 0.2, -0.1)}, "fractions", SHARES_RULE, (0.9, 0.2, -0.1)),
    ({"fractions": (0.8, 0.1, 0.2)}, "fractions", SHARES_RULE, (0.8, 0.1, 0.2)),
    ({"fractions": (0.8, 0.1, float("nan"))}, "fractions", SHARES_RULE, (0.8, 0.1, float("nan"))),
]


@pytest.mark.parametrize(("arguments", "setting", "rule", "got"), REFUSED)
def test_bad_input_gets_one_sentence(arguments, setting, rule, got):
    with pytest.raises(SettingError) as expected:
        refuse(setting, rule, got)
    with pytest.raises(SettingError) as refused:
        made(**arguments)
    assert str(refused.value) == str(expected.value)


def test_an_unknown_support_is_refused():
    with pytest.raises(SettingError, match=r"support .*binary, unit, real.*grey"):
        made(support="grey")
