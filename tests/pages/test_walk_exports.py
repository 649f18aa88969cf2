"""What a walk leaves as: pictures that keep exactly their pixels, a table, and a program that runs."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from scipy.stats import multivariate_normal

from pages.exports import animated_gif, animated_webp, png_strips, walk_as_python, walk_csv
from pages.exports.pictures import FRAME_MS, REST_MS
from vae_core.data import load_dataset
from vae_core.latent.walks import STYLES, Walk, walk
from vae_core.training.config import TrainConfig
from vae_core.training.run import Run
from vae_core.training.shipped import load_shipped

ROOT = Path(__file__).resolve().parents[2]
PINS = [[-1.25, 0.5], [0.75, 1.5], [1.0, -1.0]]


def films(count: int = 2, *, frames: int = 5, shape: tuple[int, ...] = (1, 4, 6)) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (frames, int(np.prod(shape))), dtype=np.uint8) for _ in range(count)]


def enlarged(image: np.ndarray, shape: tuple[int, ...], scale: int) -> np.ndarray:
    """What a decoded image must look like: (H·s, W·s, 3), each pixel a square."""
    planes = np.broadcast_to(image.reshape(shape), (3, *shape[1:])).transpose(1, 2, 0)
    return np.kron(planes, np.ones((scale, scale, 1), np.uint8))


def rounds(packed: bytes) -> tuple[Image.Image, list[np.ndarray], list[int]]:
    """The file, its frames as RGB, and how long each stands."""
    picture = Image.open(io.BytesIO(packed))
    found = [
        (np.array(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)
    ]
    return picture, [pixels for pixels, _ in found], [milliseconds for _, milliseconds in found]


@pytest.mark.parametrize("make", [animated_gif, animated_webp])
@pytest.mark.parametrize("count", [1, 3])
def test_an_animation_goes_there_and_back_with_every_grey_level(make, count: int) -> None:
    shape, scale = (1, 4, 6), 3
    given = films(count)
    picture, frames, milliseconds = rounds(make(given, shape, scale=scale))
    assert len(frames) == 8
    assert picture.info["loop"] == 0  # without end
    assert milliseconds == [REST_MS, *[FRAME_MS] * 3, REST_MS, *[FRAME_MS] * 3]
    assert picture.size == ((count * 6 + (count - 1)) * scale, 4 * scale)
    for pixels, frame in zip(frames, [0, 1, 2, 3, 4, 3, 2, 1], strict=True):
        for n, film in enumerate(given):
            left = n * 7 * scale
            np.testing.assert_array_equal(
                pixels[:, left : left + 6 * scale], enlarged(film[frame], shape, scale)
            )
            assert (pixels[:, left + 6 * scale : left + 7 * scale] == 255).all()


def test_all_256_levels_of_a_gif_are_exact() -> None:
    ramp = np.stack([np.arange(256), np.arange(256)[::-1]]).astype(np.uint8)
    _, frames, _ = rounds(animated_gif([ramp], (1, 16, 16), scale=1))
    np.testing.assert_array_equal(frames[0][..., 0].ravel(), ramp[0])
    np.testing.assert_array_equal(frames[1][..., 0].ravel(), ramp[1])


def test_colours_in_webp_are_exact_and_in_gif_close() -> None:
    shape = (3, 4, 6)
    given = films(1, shape=shape)
    for make, tolerance in ((animated_webp, 0), (animated_gif, 60)):
        _, frames, _ = rounds(make(given, shape, scale=2))
        assert len(frames) == 8
        for pixels, image in zip(frames, given[0], strict=False):
            assert np.abs(pixels.astype(int) - enlarged(image, shape, 2)).max() <= tolerance


def test_floats_are_rounded_and_clipped() -> None:
    given = np.array([[-1.0, 0.5, 2.0, np.nan], [0.0, 0.2, 1.0, 0.999]])
    _, frames, _ = rounds(animated_webp([given], (1, 2, 2), scale=1))
    assert frames[0][..., 0].ravel().tolist() == [0, 128, 255, 0]
    assert frames[1][..., 0].ravel().tolist() == [0, 51, 255, 255]


def test_an_image_fills_about_224_pixels_whatever_its_size() -> None:
    for side, size in ((28, 224), (3, 225), (8, 224), (300, 300)):
        picture = Image.open(io.BytesIO(animated_webp(films(1, shape=(1, side, side)), (1, side, side))))
        assert picture.size == (size, size)


@pytest.mark.parametrize("shape", [(1, 4, 6), (3, 4, 6)])
def test_the_strips_are_aligned_on_white(shape: tuple[int, ...]) -> None:
    given, scale = films(3, shape=shape), 2
    packed = png_strips(given, shape, scale=scale, names=["straight", "spherical", "geodesic"])
    picture = Image.open(io.BytesIO(packed))
    assert picture.text["Description"] == "From top to bottom: straight, spherical, geodesic"
    pixels = np.array(picture.convert("RGB"))
    assert pixels.shape == ((3 * 4 + 2) * scale, (5 * 6 + 4) * scale, 3)
    covered = np.zeros(pixels.shape[:2], bool)
    for row, film in enumerate(given):
        for column, image in enumerate(film):
            top, left = row * 5 * scale, column * 7 * scale
            place = np.s_[top : top + 4 * scale, left : left + 6 * scale]
            np.testing.assert_array_equal(pixels[place], enlarged(image, shape, scale))
            covered[place] = True
    assert (pixels[~covered] == 255).all()


def test_one_frame_and_shapes_that_do_not_fit() -> None:
    one = films(1, frames=1)
    assert len(rounds(animated_webp(one, (1, 4, 6)))[1]) == 1
    assert Image.open(io.BytesIO(png_strips(one, (1, 4, 6), scale=1))).size == (6, 4)
    for wrong in ([one[0], films(1)[0]], [np.zeros((2, 5))], [np.zeros(24)]):
        with pytest.raises(ValueError, match="films must be"):
            animated_gif(wrong, (1, 4, 6))
    with pytest.raises(ValueError, match="films must be"):
        animated_gif([np.zeros((2, 48))], (2, 4, 6))


def walks(
    name: str = "binary-digits-2d", pins: list[list[float]] = PINS
) -> tuple[list[Walk], list[np.ndarray]]:
    model = load_shipped(name).model()
    ways = [walk(model, torch.tensor(pins), style=style, frames=4) for style in STYLES]
    with torch.no_grad():
        return ways, [model.decode(way.z.float()).mean.numpy() for way in ways]


def test_the_table_has_every_frame_with_its_numbers() -> None:
    ways, frames = walks()
    rows = list(csv.DictReader(io.StringIO(walk_csv(ways, frames))))
    assert list(rows[0]) == [
        "style",
        "frame",
        "pin",
        "z1",
        "z2",
        "log_prior_nats",
        "pixel_distance_from_previous",
    ]
    assert [row["style"] for row in rows] == [style for style in STYLES for _ in range(9)]
    assert [row["frame"] for row in rows] == [str(n) for n in range(1, 10)] * 3
    assert [row["pin"] for row in rows] == ["1", "", "", "", "2", "", "", "", "3"] * 3
    for pin, row in zip(PINS, rows[:9:4], strict=True):
        assert [float(row["z1"]), float(row["z2"])] == pin
    prior = multivariate_normal(np.zeros(2), np.eye(2))
    images = np.concatenate(frames).astype(np.float64)
    for n, row in enumerate(rows):
        z = [float(row["z1"]), float(row["z2"])]
        assert float(row["log_prior_nats"]) == pytest.approx(prior.logpdf(z), abs=1e-6)
        if row["frame"] == "1":
            assert row["pixel_distance_from_previous"] == ""
        else:
            distance = np.sqrt(((images[n] - images[n - 1]) ** 2).sum())
            assert float(row["pixel_distance_from_previous"]) == pytest.approx(distance, rel=1e-6)


def run_program(code: str, folder: Path) -> str:
    """Run a program as a person would, anywhere, and let it save what it made."""
    program = folder / "walk.py"
    program.write_text(code + 'import numpy\nnumpy.savez("frames.npz", **frames)\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", program.name],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_of_a_shipped_model_makes_the_same_frames(tmp_path: Path) -> None:
    ways, frames = walks()
    said = run_program(walk_as_python(PINS, styles=STYLES, frames=4, shipped="binary-digits-2d"), tmp_path)
    made = np.load(tmp_path / "frames.npz")
    for way, expected in zip(ways, frames, strict=True):
        np.testing.assert_allclose(made[way.style], expected, atol=1e-6)
        assert f"{way.style}: 9 frames, length {way.pixel_length:.4f} in pixel space" in said


def test_the_program_of_a_run_loads_its_folder(tmp_path: Path) -> None:
    config = TrainConfig(dataset="tiny-binary", latent_dim=3, hidden=(4,), steps=20)
    run = Run(config, load_dataset(config.dataset))
    run.advance(steps=5)
    run.save(tmp_path / "0123456789ab")
    pins = [[0.0, 1.0, 0.5], [-1.0, 0.25, 0.0]]
    run_program(walk_as_python(pins, styles=("straight",), frames=8, folder="0123456789ab"), tmp_path)
    made = np.load(tmp_path / "frames.npz")["straight"]
    z = torch.lerp(
        *torch.tensor(pins, dtype=run.model.dtype), torch.linspace(0, 1, 9, dtype=run.model.dtype)[:, None]
    )
    with torch.no_grad():
        np.testing.assert_allclose(made, run.model.decode(z).mean.numpy(), atol=1e-6)
