"""Dequantised digits: the integers come back, the noise is uniform, the split is that of the grey ones."""

import numpy as np
import pytest
import torch
from scipy import stats

from vae_core.checks import SettingError
from vae_core.data import Dataset, digits, load_dataset, mnist
from vae_core.data.dequantised import dequantise

SETS = {
    "mnist-5k": ("mnist-5k-dequantised", 256, mnist.parse_table),
    "digits": ("digits-dequantised", 17, digits.parse_table),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("grey", SETS)
def test_the_integers_come_back_exactly(grey):
    name, levels, parse = SETS[grey]
    dataset, integers = load_dataset(name), parse()[:, :-1]
    x = dataset.full.x
    assert (dataset.dequantised, dataset.grey_levels, dataset.support) == (True, levels, "unit")
    assert x.dtype == torch.float32
    assert float(x.min()) >= 0.0
    assert float(x.max()) < 1.0
    # in the numbers' own precision, in a wider one, and as a reader with numpy would
    for product in (x * levels, x.double() * levels, torch.from_numpy(x.numpy() * levels)):
        assert np.array_equal(product.floor().numpy(), integers)


@pytest.mark.parametrize("grey", SETS)
def test_the_rows_of_each_part_are_those_of_the_grey_set(grey):
    other, dataset = load_dataset(grey), load_dataset(SETS[grey][0])
    assert not other.dequantised
    for part in ("train", "validation", "test", "full"):
        ours, theirs = getattr(dataset, part), getattr(other, part)
        assert torch.equal(ours.index, theirs.index)
        assert torch.equal(ours.labels, theirs.labels)
        levels = dataset.grey_levels
        assert torch.equal((ours.x * levels).floor(), (theirs.x * (levels - 1)).round())
    assert dataset.image_shape == other.image_shape
    assert dataset.digest != other.digest


def test_the_noise_is_uniform_within_a_level_and_independent_of_it():
    dataset = load_dataset("digits-dequantised")
    scaled = dataset.full.x.double() * 17
    u = (scaled - scaled.floor()).flatten()
    assert stats.kstest(u.numpy(), "uniform").pvalue > 0.01
    corner = torch.stack([u, scaled.floor().flatten()])
    assert abs(float(torch.corrcoef(corner)[0, 1])) < 4 / len(u) ** 0.5


@pytest.mark.parametrize("levels", [2, 17, 256, 65536])
def test_noise_at_the_edges_of_a_level_never_leaves_it(levels):
    integers = torch.arange(levels).repeat(max(1, 20_000 // levels))[None]
    for noise in (0.0, 1e-12, 1.0 - 2**-53):
        edge = torch.full(integers.shape, noise, dtype=torch.float64)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch, "rand", lambda *_, edge=edge, **__: edge)
            x = dequantise(integers, levels=levels, generator=seeded())
        assert float(x.max()) < 1.0
        assert torch.equal((x * levels).floor().long(), integers)
        assert torch.equal((x.double() * levels).floor().long(), integers)


def test_the_noise_depends_on_the_generator_alone():
    integers = torch.zeros(3, 4)
    first, again, other = (dequantise(integers, levels=17, generator=seeded(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_digest_of_a_data_set_knows_that_it_is_dequantised():
    def made(**more):
        x = np.linspace(0, 0.99, 24).reshape(6, 4)
        return Dataset.from_arrays(x, name="mine", support="unit", **more)

    filled = made(grey_levels=4, dequantised=True)
    assert filled.dequantised
    assert filled.digest != made().digest
    assert made(dequantised=False).digest == made().digest


REFUSED = [
    ({"grey_levels": None}, r"^grey_levels must be given where the data are dequantised, got None\.$"),
    ({"grey_levels": 1}, r"^grey_levels must be a whole number from 2 to 65536, got 1\.$"),
    ({"support": "real"}, r"^dequantised must be False unless the support is unit, got support real\.$"),
    ({"x": [[0.1], [0.2], [1.0]]}, r"^x must be below 1 where the data are dequantised, got 1\.0\.$"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_what_is_not_dequantised_is_refused(change, sentence):
    given = {"x": [[0.1], [0.2], [0.3]], "support": "unit", "grey_levels": 4} | change
    with pytest.raises(SettingError, match=sentence):
        Dataset.from_arrays(given.pop("x"), name="mine", dequantised=True, **given)
