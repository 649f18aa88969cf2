"""Planes, stretch, class arithmetic, traversals and neighbours, each against something else."""

import itertools
import math

import pytest
import torch

from vae_core.checks import SettingError
from vae_core.latent import (
    class_means,
    log_stretch,
    nearest_images,
    neighbours,
    principal_plane,
    stretch,
    traversal,
)
from vae_core.latent.stretch import mean_changes
from vae_core.models import ACTIVATIONS, VAE

F64 = torch.float64


def normal(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


# ---- planes -------------------------------------------------------------------------------------


def test_the_plane_is_that_of_the_covariances_eigenvectors():
    means = normal(500, 6) @ normal(6, 6, seed=2) + 3.0
    plane = principal_plane(means.float())
    values, vectors = torch.linalg.eigh(torch.cov(means.T))
    torch.testing.assert_close(plane.shares, values.flip(0)[:2] / values.sum(), rtol=1e-5, atol=0)
    overlap = plane.directions @ vectors.flip(1)[:, :2]
    torch.testing.assert_close(overlap.abs(), torch.eye(2, dtype=F64), atol=1e-5, rtol=0)
    torch.testing.assert_close(plane.directions @ plane.directions.T, torch.eye(2, dtype=F64))


def test_signs_are_those_of_the_largest_entry():
    means = normal(200, 4) * torch.tensor([1.0, 3.0, 0.5, 2.0])
    for flip in itertools.product([1.0, -1.0], repeat=4):
        directions = principal_plane(means * torch.tensor(flip)).directions
        for direction in directions:
            assert float(direction[direction.abs().argmax()]) > 0
    assert torch.equal(principal_plane(means).directions, principal_plane(means).directions)


def test_two_dimensions_have_one_plane():
    plane = principal_plane(normal(50, 2))
    assert float(plane.shares.sum()) == pytest.approx(1.0)
    assert abs(float(torch.linalg.det(plane.directions))) == pytest.approx(1.0)


def test_means_that_do_not_vary_have_a_plane_without_shares():
    plane = principal_plane(torch.ones(5, 3))
    assert torch.equal(plane.shares, torch.zeros(2, dtype=F64))
    assert torch.equal(plane.directions, torch.eye(2, 3, dtype=F64))


@pytest.mark.parametrize(
    "means", [torch.zeros(5, 1), torch.zeros(1, 3), torch.zeros(4), torch.full((4, 2), math.nan)]
)
def test_no_plane_without_two_directions(means):
    with pytest.raises(
        SettingError, match=r"^means must be finite, of shape \(N, L\) with N and L at least 2"
    ):
        principal_plane(means)


# ---- stretch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "continuous-bernoulli"])
def test_changes_are_autograds_jacobian(activation, likelihood):
    model = VAE((1, 2, 4), hidden=(9, 7), latent_dim=3, activation=activation, likelihood=likelihood).double()
    z = normal(5, 3)
    changes = mean_changes(model, z, torch.eye(3, dtype=F64))
    for row, j in zip(z, changes, strict=True):
        truth = torch.autograd.functional.jacobian(lambda z: model.decode(z[None]).mean[0], row)
        torch.testing.assert_close(j.T, truth, rtol=1e-10, atol=1e-13)
        singular = torch.linalg.svdvals(truth)
        # Units of a ReLU that are off may leave fewer than three directions.
        expected = singular.log().sum() if singular[-1] > 1e-8 else torch.tensor(-math.inf, dtype=F64)
        torch.testing.assert_close(log_stretch(model, row[None])[0], expected, rtol=1e-9, atol=1e-9)


def test_a_linear_decoder_stretches_everywhere_alike():
    model = VAE((1, 2, 4), hidden=(), latent_dim=3, likelihood="gaussian").double()
    w = model.decoder.linears[0].weight.detach()
    z = normal(6, 3)
    torch.testing.assert_close(log_stretch(model, z), (0.5 * torch.logdet(w.T @ w)).expand(6))
    ways = torch.linalg.qr(normal(3, 2)).Q.T
    seen = w @ ways.T
    torch.testing.assert_close(
        log_stretch(model, z, directions=ways), (0.5 * torch.logdet(seen.T @ seen)).expand(6)
    )
    singular = torch.linalg.svdvals(w).log().sum()
    torch.testing.assert_close(log_stretch(model, z), singular.expand(6))


def test_what_the_decoder_forgets_has_no_stretch():
    model = VAE((1, 2, 4), hidden=(7,), latent_dim=3)
    with torch.no_grad():
        model.decoder.linears[0].weight[:, 1] = 0.0
    z = normal(4, 3).float()
    assert log_stretch(model, z).tolist() == [-math.inf] * 4
    assert bool(log_stretch(model, z, directions=torch.eye(3)[[0, 2]]).isfinite().all())
    for one in (model, model.double()):
        with torch.no_grad():  # two directions that do the same
            one.decoder.linears[0].weight[:, 1] = 0.7 * one.decoder.linears[0].weight[:, 0]
        assert log_stretch(one, z.to(one.dtype)).tolist() == [-math.inf] * 4
    few_pixels = VAE((1, 1, 2), hidden=(7,), latent_dim=3).double()
    assert log_stretch(few_pixels, normal(2, 3)).tolist() == [-math.inf] * 2


def test_single_precision_is_near_double():
    model = VAE((1, 2, 4), hidden=(20,), latent_dim=4)
    z = normal(30, 4)
    single = log_stretch(model, z.float())
    assert single.dtype == torch.float32
    assert not single.requires_grad
    torch.testing.assert_close(single.double(), log_stretch(model.double(), z), atol=1e-4, rtol=0)


def test_chunks_change_no_stretch(monkeypatch):
    model, z = VAE((1, 2, 4), hidden=(5,), latent_dim=2).double(), normal(11, 2)
    whole = log_stretch(model, z)
    monkeypatch.setattr(stretch, "CHUNK_NUMBERS", 3 * 2 * 8)
    torch.testing.assert_close(log_stretch(model, z), whole)
    assert log_stretch(model, z[:0]).shape == (0,)


def test_bad_directions_are_refused():
    model = VAE((1, 2, 4), hidden=(5,), latent_dim=2)
    for directions in (torch.eye(3), torch.zeros(0, 2), torch.ones(3, 2)):
        with pytest.raises(SettingError, match=r"^directions must be"):
            log_stretch(model, torch.zeros(1, 2), directions=directions)
    with pytest.raises(SettingError, match=r"^z must be"):
        log_stretch(model, torch.zeros(1, 3))


# ---- classes ------------------------------------------------------------------------------------


def test_class_means_are_averages():
    mean, labels = normal(40, 3), torch.tensor([7, 0, 4, 4] * 10)
    found = class_means(mean.float(), labels)
    assert found.labels == (0, 4, 7)
    assert found.counts == (10, 20, 10)
    assert found.means.dtype == torch.float32
    for label in found.labels:
        torch.testing.assert_close(found.of(label), mean[labels == label].mean(0).float())
    torch.testing.assert_close(found.sum([(1, 7), (-1, 0), (1, 4)]), found.of(7) - found.of(0) + found.of(4))
    torch.testing.assert_close(found.sum([(1, 4), (1, 4)]), 2 * found.of(4))


def test_bad_terms_are_refused():
    found = class_means(torch.zeros(2, 3), torch.tensor([1, 2]))
    with pytest.raises(SettingError, match=r"^label must be one of 1, 2, got 3"):
        found.sum([(1, 1), (1, 3)])
    with pytest.raises(SettingError, match=r"^sign must be 1 or -1, got 2"):
        found.sum([(2, 1)])
    with pytest.raises(SettingError, match=r"^terms must be"):
        found.sum([])
    for mean, labels in (
        (torch.zeros(2, 3), torch.tensor([1])),
        (torch.zeros(2, 3), torch.tensor([1.0, 2.0])),
        (torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)),
        (torch.zeros(2), torch.tensor([1, 2])),
    ):
        with pytest.raises(SettingError, match=r"^labels must be"):
            class_means(mean, labels)


# ---- traversals ---------------------------------------------------------------------------------


def test_a_traversal_moves_one_dimension_at_a_time():
    z, values = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([-2.0, 0.0, 1.0, 2.0])
    grid = traversal(z, values)
    assert grid.shape == (3, 4, 3)
    for j, v, k in itertools.product(range(3), range(4), range(3)):
        assert grid[j, v, k] == (values[v] if j == k else z[k])
    assert z.tolist() == pytest.approx([0.1, 0.2, 0.3])
    for bad in (torch.zeros(2, 2), torch.zeros(0)):
        with pytest.raises(SettingError, match=r"^z must be"):
            traversal(bad, values)
        with pytest.raises(SettingError, match=r"^values must be"):
            traversal(z, bad)


# ---- neighbours ---------------------------------------------------------------------------------


def test_neighbours_are_the_nearest(monkeypatch):
    images = normal(50, 6).float()
    found = nearest_images(images[17], images, count=4)
    truth = torch.cdist(images[17:18].double(), images.double())[0]
    distances, rows = truth.topk(4, largest=False)
    assert torch.equal(found.rows, rows)
    torch.testing.assert_close(found.distances, distances, atol=1e-6, rtol=1e-6)
    assert found.rows[0] == 17
    assert found.distances[0] == 0.0
    monkeypatch.setattr(neighbours, "CHUNK_NUMBERS", 6 * 7)
    assert torch.equal(nearest_images(images[17], images, count=4).rows, rows)
    assert len(nearest_images(images[0], images[:3]).rows) == 3


def test_of_equally_near_images_the_earlier_comes_first():
    assert nearest_images(torch.zeros(2), torch.ones(9, 2), count=3).rows.tolist() == [0, 1, 2]


def test_bad_questions_for_neighbours_are_refused():
    for x, images in ((torch.zeros(2), torch.zeros(3, 3)), (torch.zeros(1, 2), torch.zeros(3, 2))):
        with pytest.raises(SettingError, match=r"^images must have shape"):
            nearest_images(x, images)
    with pytest.raises(SettingError, match=r"^images must have shape"):
        nearest_images(torch.zeros(2), torch.zeros(0, 2))
    with pytest.raises(SettingError, match=r"^count must be"):
        nearest_images(torch.zeros(2), torch.zeros(3, 2), count=0)
