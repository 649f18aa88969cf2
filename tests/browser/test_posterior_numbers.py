"""What the browser makes of log p(x, z): against closed forms, NumPy, SciPy, and the decoder itself."""

import base64
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from scipy.stats import multivariate_normal
from torch.distributions import MultivariateNormal, kl_divergence

from pages.components.posterior import LogJointGrid, pack_posterior, three
from tests.browser.harness.posterior_part import (
    BEGINS,
    COV,
    LOG_LIKELIHOOD,
    MEAN,
    Scene,
    closed_scene,
    gap_from,
    grid,
    image_of,
    shipped_scene,
)
from tests.browser.test_pad_numbers import run
from vae_core.estimators.fits import LogJoint, Noise, elbo_on
from vae_core.gaussians import FullGaussian

pytestmark = pytest.mark.browser

SCENES = [("binary-digits-2d", 62), ("gaussian-digits-2d", 5)]

JOINT = """
async ([packed, x]) => {
  const part = (name) => import(`/assets/components/${name}.js`);
  const { unpack } = await part('packing');
  const { LogJoint } = await part('posterior/joint');
  const { Climb } = await part('posterior/fit');
  const { density } = await part('posterior/heat');
  const { allowed } = await part('posterior/hand');
  const { Plane } = await part('pad/plane');
  const { header, arrays } = unpack(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)));
  const joint = new LogJoint(header.log_likelihood, header.fine, arrays[0], header.coarse, arrays[1]);
  return BODY;
}
"""
CLIMB = """x.map(({ q, family }) => {
  const climb = new Climb(joint, q, family, allowed);
  const elbos = [climb.now.elbo];
  while (climb.advance()) elbos.push(climb.now.elbo);
  return { elbos, q: climb.q, ended: climb.ended };
})"""
DENSITY = """(() => {
  const plane = new Plane(2);
  plane.centre = x.centre; plane.reach = x.reach;
  return [...density(joint, plane, x.side)];
})()"""


def joint(page: Page, scene: Scene, body: str, argument: Any) -> Any:
    """Evaluate with `joint`, the scene as the browser has it, and `x`, the argument."""
    packed = pack_posterior(
        scene.fine,
        scene.coarse,
        log_likelihood=scene.log_likelihood,
        gaussians=scene.gaussians,
        hand=BEGINS,
        name="",
        home="",
    )
    return page.evaluate(JOINT.replace("BODY", body), [base64.b64encode(packed).decode(), argument])


def given(mean: Any, cov: np.ndarray) -> dict[str, Any]:
    return {"mean": [float(value) for value in mean], "cov": three(np.asarray(cov))}


def some_gaussians(count: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Random ones whose bulk is on the fine grid of the closed scene."""
    random = np.random.default_rng(seed)
    roots = 0.12 * random.standard_normal((count, 2, 2)) + 0.1 * np.eye(2)
    means = MEAN + 0.4 * random.standard_normal((count, 2))
    return [(mean, root @ root.T + 1e-4 * np.eye(2)) for mean, root in zip(means, roots, strict=True)]


# ---- nodes and surface ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 7, 20, 48, 64])
def test_hermite_nodes_are_numpys(module_page: Page, count: int) -> None:
    found = run(
        module_page,
        "posterior/hermite.js",
        "(({ nodes, weights }) => [[...nodes], [...weights]])(m.hermite(x))",
        count,
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    np.testing.assert_allclose(found[0], nodes[::-1], atol=1e-11)
    np.testing.assert_allclose(found[1], (weights / weights.sum())[::-1], rtol=1e-8, atol=1e-16)


def surface(
    page: Page, function: Any, counts: tuple[int, int], places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Value and slopes at places (N, 2), and the same values by resampling on their grid."""
    low, high = (-1.0, 0.5), (2.0, 1.5)
    axes = [np.linspace(a, b, n) for a, b, n in zip(low, high, counts, strict=True)]
    body = """(() => {
      const s = new m.Spline(x.low, x.high, x.counts, x.values);
      const out = new Float64Array(3);
      const read = x.places.map(([a, b]) => { s.read(a, b, out); return [...out]; });
      const across = Float64Array.from(x.across), up = Float64Array.from(x.up);
      const picture = new Float32Array(across.length * up.length).fill(NaN);
      s.resample(across, up, picture);
      const again = x.up.flatMap((b) => x.across.map((a) => { s.read(a, b, out); return out[0]; }));
      return [read, [...picture], again];
    })()"""
    across, up = np.linspace(-0.99, 1.99, 7), np.linspace(0.51, 1.49, 5)
    argument = {
        "low": low,
        "high": high,
        "counts": counts,
        "values": function(*np.meshgrid(*axes, indexing="ij")).ravel().tolist(),
        "places": places.tolist(),
        "across": across.tolist(),
        "up": up.tolist(),
    }
    read, picture, again = run(page, "posterior/spline.js", body, argument)
    np.testing.assert_allclose(picture, again, rtol=1e-5, atol=1e-6)
    return np.array(read), np.array(picture).reshape(len(up), len(across))


def test_the_surface_is_exact_for_quadratics(module_page: Page) -> None:
    places = np.random.default_rng(1).uniform((-1.0, 0.5), (2.0, 1.5), (50, 2))
    a, b = places.T
    read, _ = surface(module_page, lambda a, b: 3 * a**2 - 2 * a * b + 5 * b**2 - a + 7, (5, 9), places)
    np.testing.assert_allclose(read[:, 0], 3 * a**2 - 2 * a * b + 5 * b**2 - a + 7, atol=1e-11)
    np.testing.assert_allclose(read[:, 1], 6 * a - 2 * b - 1, atol=1e-10)
    np.testing.assert_allclose(read[:, 2], -2 * a + 10 * b, atol=1e-10)


def test_the_surfaces_error_falls_with_the_fourth_power_of_the_step(module_page: Page) -> None:
    places = np.random.default_rng(2).uniform((-0.5, 0.7), (1.5, 1.3), (200, 2))
    errors = []
    for count in (21, 41):
        read, _ = surface(module_page, lambda a, b: np.sin(3 * a) * np.cos(4 * b), (count, count), places)
        errors.append(np.abs(read[:, 0] - np.sin(3 * places[:, 0]) * np.cos(4 * places[:, 1])).max())
    assert errors[1] < 1e-5
    assert errors[0] / errors[1] > 12


# ---- a Gaussian posterior --------------------------------------------------------------------------------


def test_every_term_is_exact_for_a_gaussian_log_joint(module_page: Page) -> None:
    gaussians = some_gaussians(30)
    found = joint(
        module_page, closed_scene(), "x.map((q) => joint.measure(q))", [given(*q) for q in gaussians]
    )
    prior = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    for (mean, cov), terms in zip(gaussians, found, strict=True):
        q = MultivariateNormal(torch.tensor(mean), torch.tensor(cov))
        kl = float(kl_divergence(q, prior))
        gap = float(kl_divergence(q, MultivariateNormal(torch.tensor(MEAN), torch.tensor(COV))))
        assert terms["kl"] == pytest.approx(kl, abs=1e-10)
        assert terms["gap"] == pytest.approx(gap, abs=1e-6)
        assert terms["elbo"] == pytest.approx(LOG_LIKELIHOOD - gap, abs=1e-6)
        assert terms["reconstruction"] == pytest.approx(LOG_LIKELIHOOD - gap + kl, abs=1e-6)
        # f is quadratic: E[∇f] = −Λ (μ − m), E[∇²f] = −Λ
        precision = np.linalg.inv(COV)
        np.testing.assert_allclose(terms["slope"], -precision @ (mean - MEAN), atol=1e-3)
        np.testing.assert_allclose(
            terms["curve"], [-precision[0, 0], -precision[0, 1], -precision[1, 1]], atol=5e-2
        )


def test_beyond_the_grids_the_prior_goes_on(module_page: Page) -> None:
    places = [[7.0, 1.0], [-9.0, 8.0], [0.0, -6.5]]
    found = np.array(joint(module_page, closed_scene(), "x.map(([a, b]) => [...joint.at(a, b)])", places))
    posterior = multivariate_normal(MEAN, COV)
    for (a, b), (value, across, up) in zip(places, found, strict=True):
        edge = np.clip([a, b], -6, 6)
        beyond = 0.5 * (a**2 + b**2 - (edge**2).sum())
        assert value == pytest.approx(posterior.logpdf(edge) - beyond, rel=1e-5)
        assert (across == -a) == (abs(a) > 6)
        assert (up == -b) == (abs(b) > 6)
    wide = joint(module_page, closed_scene(), "joint.measure(x).beyond", given([5.0, 0.0], np.eye(2)))
    assert wide == pytest.approx(1 - 0.841, abs=0.05)  # of q, beyond 6


def test_a_fit_ends_on_the_best_gaussian(module_page: Page) -> None:
    precision = np.linalg.inv(COV)
    starts = [given(*q) for q in [*some_gaussians(4, seed=3), BEGINS]]
    asked = [{"q": q, "family": family} for q in starts for family in ("diagonal", "full")]
    for request, found in zip(asked, joint(module_page, closed_scene(), CLIMB, asked), strict=True):
        assert found["ended"] == "top"
        assert np.all(np.diff(found["elbos"]) > 0)
        np.testing.assert_allclose(found["q"]["mean"], MEAN, atol=2e-3)
        best = COV if request["family"] == "full" else np.diag(1 / np.diag(precision))
        np.testing.assert_allclose(found["q"]["cov"], three(best), atol=2e-3)
        assert LOG_LIKELIHOOD - found["elbos"][-1] == pytest.approx(gap_from(MEAN, best), abs=1e-5)


# ---- the picture -----------------------------------------------------------------------------------------


def test_the_picture_is_the_density_against_its_highest(module_page: Page) -> None:
    window = {"centre": [0.5, -0.3], "reach": 1.6, "side": 64}
    found = np.array(joint(module_page, closed_scene(), DENSITY, window)).reshape(64, 64)
    at = (np.arange(64) + 0.5) / 64 * 3.2 - 1.6
    z = np.stack(np.meshgrid(0.5 + at, -0.3 - at), -1)  # rows from the top
    posterior = multivariate_normal(MEAN, COV)
    exact = posterior.pdf(z) / posterior.pdf(MEAN)
    # Never less than at the middle of a pixel, and no more than anywhere within it
    assert np.all(found > exact - 1e-3)
    assert np.abs(found - exact).max() < 0.1
    assert found.max() > 0.98


def test_a_needle_is_never_missed(module_page: Page) -> None:
    """σ = 0.004 in a window of ±3 in 100 pixels: a fifteenth of a pixel."""
    needle = multivariate_normal([1.0, 1.0], 0.004**2 * np.eye(2))
    fine = grid(needle.logpdf, np.full(2, 0.9), np.full(2, 1.1), 160)
    coarse = grid(needle.logpdf, np.full(2, -6.0), np.full(2, 6.0), 121)
    scene = Scene(LogJointGrid(fine.low, fine.high, fine.values), coarse, 0.0, ())
    for shift in (0.0, 0.013, 0.029):
        window = {"centre": [shift, -shift], "reach": 3.0, "side": 100}
        found = np.array(joint(module_page, scene, DENSITY, window)).reshape(100, 100)
        assert found.max() > 0.9
        row, column = np.unravel_index(found.argmax(), found.shape)
        assert column == int((1.0 - shift + 3) / 0.06)
        assert row == int((3 - 1.0 - shift) / 0.06)


# ---- the shipped models ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "row"), SCENES)
def test_the_elbo_is_that_of_the_decoder(module_page: Page, name: str, row: int) -> None:
    scene = shipped_scene(name, row)
    model, x = image_of(name, row)
    target, noise, only = LogJoint(model, x), Noise.grid(2, 96), torch.zeros(1, dtype=torch.long)
    full = next(q for q in scene.gaussians if q.id == "full")
    cases = [(q.mean, q.cov, 0.002) for q in scene.gaussians]
    cases += [(full.mean, 16 * full.cov, 0.01), (np.array([1.5, -1.5]), 0.01 * np.eye(2), 0.01)]
    cases += [(np.zeros(2), np.eye(2), 0.4)]  # of 200 and 500 nats: so wide that the nodes lie apart
    found = joint(
        module_page, scene, "x.map((q) => joint.measure(q).elbo)", [given(m, c) for m, c, _ in cases]
    )
    for (mean, cov, within), elbo in zip(cases, found, strict=True):
        root = torch.linalg.cholesky(torch.tensor(cov))[None]
        exact = float(elbo_on(target, noise, FullGaussian(torch.tensor(mean)[None], root), only)[0])
        assert elbo == pytest.approx(exact, abs=within)
    for q, elbo in zip(scene.gaussians, found, strict=False):
        assert elbo == pytest.approx(q.elbo, abs=0.01)


@pytest.mark.parametrize(("name", "row"), SCENES)
def test_a_fit_ends_where_pythons_ends(module_page: Page, name: str, row: int) -> None:
    scene = shipped_scene(name, row)
    encoder, diagonal, full = scene.gaussians
    wider = given(full.mean + 0.5 * np.sqrt(np.diag(full.cov)), 3 * full.cov)
    asked = [{"q": wider, "family": "diagonal"}, {"q": wider, "family": "full"}]
    asked += [{"q": given(encoder.mean, encoder.cov), "family": "full"}]
    found = joint(module_page, scene, CLIMB, asked)
    for fit, best in zip(found, (diagonal, full, full), strict=True):
        assert np.all(np.diff(fit["elbos"]) > 0)
        assert fit["elbos"][-1] == pytest.approx(best.elbo, abs=0.01)
        np.testing.assert_allclose(fit["q"]["mean"], best.mean, atol=0.01)
