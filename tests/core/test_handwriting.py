"""A drawn digit is brought into the form of the training digits: MNIST's own come back as they were."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.data.handwriting import centre_of_mass, normalise_drawing, resampled

MNIST = (1, 28, 28)


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """All 5,000, (5000, 28, 28)."""
    return load_dataset("mnist-5k").full.x.numpy().reshape(-1, 28, 28)


def normalised(ink: np.ndarray, shape: tuple[int, int, int] = MNIST, support: str = "unit") -> np.ndarray:
    return normalise_drawing(ink, image_shape=shape, support=support).numpy().reshape(shape[1:])


def box_of(image: np.ndarray) -> tuple[int, int, int, int]:
    """Top, left, height and width of the ink."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def on_board(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Put the ink of an image anywhere on a board of 84×84."""
    top, left, height, width = box_of(image)
    board = np.zeros((84, 84))
    y, x = random.integers(0, 85 - height), random.integers(0, 85 - width)
    board[y : y + height, x : x + width] = image[top : top + height, left : left + width]
    return board


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """An image in another size, by another library, without the ink that nobody sees."""
    bytes_ = np.asarray(
        Image.fromarray(np.rint(255 * image).astype(np.uint8)).resize((side, side), Image.Resampling.BILINEAR)
    )
    return np.where(bytes_ < 16, 0.0, bytes_ / 255)


def error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Distance in shares of the original's length."""
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def circle(side: int = 84, centre: tuple[float, float] = (42, 42), radius: float = 5) -> np.ndarray:
    y, x = np.mgrid[:side, :side] + 0.5
    return np.clip(radius + 0.5 - np.hypot(y - centre[0], x - centre[1]), 0.0, 1.0)


# ---- MNIST comes back ----------------------------------------------------------------------------------


def test_mnist_digits_three_times_as_large_come_back_exactly(digits: np.ndarray) -> None:
    far = [
        row
        for row, image in enumerate(digits)
        if np.abs(normalised(np.kron(image, np.ones((3, 3)))) - image).max() > 1e-6
    ]
    # One of the 5,000 fills 19 pixels where all others fill 20.
    assert [max(box_of(digits[row])[2:]) for row in far] == [19]


def test_mnist_digits_anywhere_and_at_whole_scales_come_back_exactly(digits: np.ndarray) -> None:
    random = np.random.default_rng(0)
    for row, times in zip(random.integers(0, 5000, 400), itertools.cycle((1, 2, 3, 4)), strict=False):
        image = digits[row]
        if max(box_of(image)[2:]) < 20:
            continue
        board = on_board(np.kron(image, np.ones((times, times))), random)
        np.testing.assert_allclose(normalised(board), image, atol=1e-6)


def errors_at_odd_scales(digits: np.ndarray, normalise: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    random = np.random.default_rng(1)
    found = []
    for row, side in zip(random.integers(0, 5000, 300), itertools.cycle((59, 70, 77)), strict=False):
        found.append(error(normalise(on_board(enlarged(digits[row], side), random)), digits[row]))
    return np.array(found)


def test_mnist_digits_at_odd_scales_come_back_closely(digits: np.ndarray) -> None:
    # 0.26 at the median; the other library's interpolation is the most of it.
    errors = errors_at_odd_scales(digits, normalised)
    assert np.median(errors) < 0.35
    assert np.quantile(errors, 0.95) < 0.65


def without_centring(board: np.ndarray) -> np.ndarray:
    """The box in the middle of the image, instead of the centre of mass."""
    top, left, height, width = box_of(board)
    rows, columns = (max(1, round(20 * side / max(height, width))) for side in (height, width))
    image = np.zeros((28, 28))
    y, x = (28 - rows) // 2, (28 - columns) // 2
    box = board[top : top + height, left : left + width]
    image[y : y + rows, x : x + columns] = resampled(box, rows, columns)
    return image


def without_scaling(board: np.ndarray) -> np.ndarray:
    """Centred by its mass, but as large as it was drawn."""
    small = resampled(board, 28, 28)
    row, column = centre_of_mass(small)
    return np.roll(small, (14 - int(row), 14 - int(column)), (0, 1))


@pytest.mark.parametrize("half", [without_centring, without_scaling])
def test_the_bound_tells_when_a_half_of_the_rule_is_missing(
    digits: np.ndarray, half: Callable[[np.ndarray], np.ndarray]
) -> None:
    assert np.quantile(errors_at_odd_scales(digits, half), 0.95) > 0.65
    assert np.median(errors_at_odd_scales(digits, half)) > 0.5


def test_doing_it_twice_changes_nothing(digits: np.ndarray) -> None:
    random = np.random.default_rng(2)
    for row in random.integers(0, 5000, 100):
        once = normalised(on_board(enlarged(digits[row], 66), random))
        np.testing.assert_allclose(normalised(once), once, atol=1e-6)


# ---- what the rule says -----------------------------------------------------------------------------------


def strokes() -> dict[str, np.ndarray]:
    """Drawings of every kind."""
    line = np.zeros((84, 84))
    line[10:70, 30:34] = 1.0
    wide = np.zeros((84, 84))
    wide[80, 3:81] = 1.0
    slant = np.clip(3.0 - np.abs(np.subtract.outer(np.arange(84), np.arange(84))), 0.0, 1.0)
    pixel = np.zeros((84, 84))
    pixel[83, 0] = 1 / 255
    comet = np.maximum(circle(centre=(12, 12), radius=9), np.pad(np.ones((1, 70)), ((12, 71), (12, 2))))
    return {"line": line, "wide": wide, "slant": slant, "dot": circle(), "pixel": pixel, "comet": comet}


@pytest.mark.parametrize("name", strokes())
@pytest.mark.parametrize("support", ["unit", "binary"])
def test_the_longer_side_is_20_pixels_and_the_mass_in_the_middle(name: str, support: str) -> None:
    image = normalised(strokes()[name], support=support)
    assert image.min() >= 0.0
    assert image.max() <= 1.0
    if name != "comet":
        row, column = (side + 0.5 for side in ndimage.center_of_mass(image))
        # As in MNIST the centre of mass lies in pixel 14, counted from 0.
        assert abs(row - 14.5) <= 0.5 + 1e-6
        assert abs(column - 14.5) <= 0.5 + 1e-6
    # A comet's head would push its tail out of the image: it is kept inside.
    assert max(box_of(image)[2:]) == 20 or (name, support) == ("comet", "binary")
    if support == "binary":
        assert set(np.unique(image)) <= {0.0, 1.0}


def test_shapes_keep_their_aspect() -> None:
    assert box_of(normalised(strokes()["line"]))[2:] == (20, 1)  # 60×4: 20×1.3
    assert box_of(normalised(strokes()["wide"]))[2:] == (1, 20)
    assert box_of(normalised(strokes()["dot"]))[2:] == (20, 20)
    oval = np.zeros((84, 84))
    oval[20:60, 30:50] = 1.0
    assert box_of(normalised(oval))[2:] == (20, 10)


def test_new_pixels_are_means_of_what_they_cover() -> None:
    image = np.random.default_rng(3).random((7, 13))
    # Each pixel cut into enough pieces that new edges fall between them: then block means are exact.
    pieces = np.kron(image, np.ones((5, 4)))
    means = pieces.reshape(5, 7, 4, 13).mean((1, 3))
    np.testing.assert_allclose(resampled(image, 5, 4), means, atol=1e-12)
    np.testing.assert_allclose(resampled(image, 21, 13), np.repeat(image, 3, 0), atol=1e-12)
    assert resampled(image, 3, 2).mean() == pytest.approx(image.mean())


@pytest.mark.parametrize("shape", [(1, 14, 14), (1, 32, 32), (1, 9, 9), (1, 20, 40), (1, 3, 3), (1, 56, 56)])
def test_other_sizes_keep_the_share_of_20_in_28(shape: tuple[int, int, int]) -> None:
    image = normalised(circle(radius=20), shape)
    height, width = shape[1:]
    assert max(box_of(image)[2:]) == round(20 / 28 * min(height, width))
    assert [int(side + 0.5 + 1e-6) for side in ndimage.center_of_mass(image)] == [height // 2, width // 2]


def test_binary_images_split_at_one_half(digits: np.ndarray) -> None:
    random = np.random.default_rng(4)
    for row in random.integers(0, 5000, 50):
        board = on_board(enlarged(digits[row], 70), random)
        assert np.array_equal(normalised(board, support="binary"), normalised(board) >= 0.5)


def test_faint_and_hair_thin_drawings_are_not_lost_as_binary() -> None:
    hair = (np.abs(circle(radius=40) - circle(radius=39)) > 0.5).astype(float)
    assert normalised(hair).max() < 0.5
    assert normalised(hair, support="binary").sum() > 20
    assert normalised(circle() / 10, support="binary").any()


# ---- what is refused, and what may come --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "ink", "shape", "support"),
    [
        ("ink", np.zeros((84, 84)), MNIST, "unit"),
        ("ink", np.zeros((0, 84)), MNIST, "unit"),
        ("ink", np.ones(84), MNIST, "unit"),
        ("ink", np.ones((1, 84, 84)), MNIST, "unit"),
        ("ink", np.full((84, 84), np.nan), MNIST, "unit"),
        ("ink", np.full((84, 84), 255), MNIST, "unit"),
        ("ink", -circle(), MNIST, "unit"),
        ("ink", np.full((2, 2), "1"), MNIST, "unit"),
        ("ink", np.full((2, 2), 1j), MNIST, "unit"),
        ("ink", "a drawing", MNIST, "unit"),
        ("image_shape", circle(), (3, 28, 28), "unit"),
        ("image_shape", circle(), (1, 1, 2), "unit"),
        ("image_shape", circle(), (28, 28), "unit"),
        ("image_shape", circle(), (1, 28, 28.0), "unit"),
        ("image_shape", circle(), None, "unit"),
        ("support", circle(), MNIST, "real"),
        ("support", circle(), MNIST, "grey"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    setting: str, ink: object, shape: tuple[int, int, int], support: str
) -> None:
    with pytest.raises(SettingError, match=rf"^{setting} must .*, got .*\.$"):
        normalise_drawing(ink, image_shape=shape, support=support)


def test_tensors_bytes_of_bools_and_lists_may_come() -> None:
    ink = circle() > 0.5
    expected = normalise_drawing(ink.astype(float), image_shape=MNIST, support="unit")
    assert expected.dtype == torch.float32
    assert expected.shape == (math.prod(MNIST),)
    for form in (ink, ink.tolist(), torch.from_numpy(ink), torch.from_numpy(ink).float().requires_grad_()):
        assert torch.equal(normalise_drawing(form, image_shape=MNIST, support="unit"), expected)


def test_the_drawing_itself_is_left_alone() -> None:
    ink = circle()
    ink.flags.writeable = False
    before = ink.copy()
    normalised(ink)
    normalised(ink, (1, 8, 8))
    assert np.array_equal(ink, before)
