"""Walks: their frames, their lengths, and that a geodesic is never the longer way."""

import math

import pytest
import torch
from torch.distributions import Normal

from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.latent import STYLES, walk
from vae_core.latent.walks import Z_LIMIT
from vae_core.models import VAE
from vae_core.training.shipped import load_shipped

F64 = torch.float64


def small(latent_dim=2, **settings):
    return VAE((1, 2, 3), hidden=(8,), latent_dim=latent_dim, **settings)


def stops(count, latent_dim=2, seed=1):
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed), dtype=F64)


@torch.no_grad()
def brute_length(model, polyline, between=40):
    """Chords between many points on each edge."""
    t = torch.arange(between, dtype=F64)[:, None, None] / between
    points = torch.cat(
        [torch.lerp(polyline[:-1], polyline[1:], t).transpose(0, 1).flatten(0, 1), polyline[-1:]]
    )
    return float(model.double().decode(points).mean.diff(dim=0).norm(dim=1).sum())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_a_walk_passes_its_stops(style, latent_dim):
    model, given = small(latent_dim), stops(4, latent_dim)
    found = walk(model, given.float(), style=style, frames=5)
    assert found.style == style
    assert found.z.shape == (16, latent_dim)
    assert found.stop_frames == (0, 5, 10, 15)
    assert found.path.shape == (64 * 3 + 1, latent_dim)
    assert torch.equal(found.stops, given.float().double())
    assert torch.equal(found.z[list(found.stop_frames)], found.stops)
    torch.testing.assert_close(found.path[::64], found.stops)
    truth = Normal(torch.zeros((), dtype=F64), 1.0).log_prob(found.z).sum(1)
    torch.testing.assert_close(found.log_prior, truth)
    assert found.pixel_length == pytest.approx(brute_length(model, found.path), rel=1e-3)
    assert found.latent_length == pytest.approx(float(found.path.diff(dim=0).norm(dim=1).sum()), rel=1e-3)
    assert found.converged


def test_straight_steps_are_equal_in_latent_space():
    found = walk(small(), stops(3), style="straight", frames=7)
    for leg, (a, b) in enumerate([(0, 1), (1, 2)]):
        t = torch.linspace(0, 1, 8, dtype=F64)[:, None]
        truth = (1 - t) * found.stops[a] + t * found.stops[b]
        torch.testing.assert_close(found.z[7 * leg : 7 * leg + 8], truth)
    assert found.latent_length == pytest.approx(float(found.stops.diff(dim=0).norm(dim=1).sum()))


def test_spherical_steps_turn_evenly():
    on_circle = torch.tensor([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0]])
    found = walk(small(), on_circle, style="spherical", frames=6)
    angle = torch.linspace(0, math.pi, 13, dtype=F64)
    # Frames lie on the fine polyline: 257 points a leg.
    truth = 2.0 * torch.stack([angle.cos(), angle.sin()], 1)
    torch.testing.assert_close(found.z, truth, atol=2e-5, rtol=0)
    assert found.latent_length == pytest.approx(2.0 * math.pi, rel=1e-5)


def test_geodesic_steps_are_equal_in_pixels():
    model = load_shipped("binary-digits-2d").model()
    found = walk(model, torch.tensor([[-1.5, 0.3], [1.2, -0.8]]), style="geodesic", frames=60)
    steps = model.double().decode(found.z).mean.detach().diff(dim=0).norm(dim=1)
    assert float(steps.max() / steps.min()) < 1.02


def test_a_linear_decoder_makes_all_styles_comparable():
    model = VAE((1, 2, 3), hidden=(), latent_dim=2, likelihood="gaussian")
    given = stops(3)
    w = model.decoder.linears[0].weight.detach().double()
    truth = float((given.diff(dim=0) @ w.T).norm(dim=1).sum())
    for style in ("straight", "geodesic"):
        assert walk(model, given, style=style).pixel_length == pytest.approx(truth, rel=1e-6)
    assert walk(model, given, style="spherical").pixel_length > truth


@pytest.mark.parametrize("name", ["binary-digits-2d", "binary-digits-8d", "two-moons"])
def test_a_geodesic_is_never_longer_than_the_other_styles(name):
    snapshot = load_shipped(name)
    model = snapshot.model()
    x = load_dataset(snapshot.config.dataset).test.x[:4]
    given = model.encode(x).mean.detach()
    found = {style: walk(model, given, style=style) for style in STYLES}
    shortest = found["geodesic"].pixel_length
    assert shortest <= found["straight"].pixel_length
    assert shortest <= found["spherical"].pixel_length
    assert shortest < 0.99 * found["straight"].pixel_length
    for one in found.values():
        assert one.pixel_length == pytest.approx(brute_length(model, one.path), rel=5e-3)
    reach = max(Z_LIMIT, float(given.abs().max()))
    assert float(found["geodesic"].path.abs().max()) <= reach
    if name != "two-moons":  # its decoder folds the plane to a line: no smooth minimum
        assert found["geodesic"].converged


def test_equal_stops_are_a_walk_that_stands_still():
    for style in STYLES:
        found = walk(small(), torch.ones(2, 2), style=style, frames=3)
        assert found.pixel_length == 0.0
        assert torch.equal(found.z, torch.ones(4, 2, dtype=F64))


def test_the_model_stays_as_it_is():
    model = small()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        walk(model, stops(2), style="geodesic")
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_bad_walks_are_refused():
    model = small()
    for bad, message in (
        ({"stops": stops(1)}, "stops must be 2 to 12"),
        ({"stops": stops(13)}, "stops must be 2 to 12"),
        ({"stops": stops(2, 3)}, "stops must be"),
        ({"stops": [[0.0, 0.0], [1.0, 1.0]]}, "stops must be"),
        ({"stops": torch.tensor([[0.0, math.inf], [0.0, 0.0]])}, "stops must be"),
        ({"style": "crooked"}, "style must be one of"),
        ({"frames": 0}, "frames must be"),
        ({"frames": 121}, "frames must be"),
    ):
        arguments = {"stops": stops(2), "style": "straight", **bad}
        with pytest.raises(SettingError, match=f"^{message}"):
            walk(model, **arguments)
    with torch.no_grad():
        model.decoder.linears[0].weight.fill_(math.nan)
    for style in STYLES:
        with pytest.raises(SettingError, match="finite numbers"):
            walk(model, stops(2), style=style)
