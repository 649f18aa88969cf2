import pytest
import torch

from vae_core.data import load_dataset
from vae_core.likelihoods import Bernoulli
from vae_core.likelihoods.score_floor import bernoulli_score_floor


def test_the_floor_on_grey_digits() -> None:
    floor = bernoulli_score_floor(load_dataset("mnist-5k").full.x.double())
    assert float(floor.mean()) == pytest.approx(46.28, abs=0.005)


def test_no_decoder_costs_less_and_the_image_itself_costs_that() -> None:
    x = torch.rand(20, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    floor = bernoulli_score_floor(x)
    torch.testing.assert_close(-Bernoulli(torch.logit(x)).log_prob(x), floor)
    assert (-Bernoulli(torch.logit(x) + 0.1).log_prob(x) > floor).all()


def test_the_floor_of_binary_images_is_zero() -> None:
    assert bernoulli_score_floor(torch.tensor([[0.0, 1.0, 1.0]])).tolist() == [0.0]
