"""How long a training will take, about: from the pace of runs like it, else from the machine's own speed."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import streamlit as st
import torch

from vae_core.data import dataset_info, load_dataset
from vae_core.engine import RunView
from vae_core.training.config import MACHINE_SETTINGS, TrainConfig

SHARE_OF_PEAK = 0.65
"""What a training step reaches of the speed of bare matrix products."""

OVERHEAD_S = 0.0005
"""What a step costs beside its products."""

PROBE = (128, 784, 400)
PROBE_TIMES = 12
PROBE_GOOD_FOR_S = 60.0
"""The machine may have been busy when it was measured, or be busy now."""


def estimated_seconds(config: TrainConfig, views: Iterable[RunView] = ()) -> float:
    """Return about how long a config will train, in seconds.

    Args:
        config: The settings.
        views: Runs whose pace may be known, the newest first.
    """
    pace = known_pace(config, views)
    if pace is None:
        pace = images_a_step(config) / step_seconds(config, products_per_second=products_per_second())
    seconds = config.steps * images_a_step(config) / pace
    return min(seconds, config.time_limit_s) if config.stop == "time" else seconds


def images_a_step(config: TrainConfig) -> int:
    """Return how many images a step sees: a batch holds at most all training images."""
    return min(config.batch_size, len(load_dataset(config.dataset).train.x))


def known_pace(config: TrainConfig, views: Iterable[RunView]) -> float | None:
    """Return the images a second of the first run with the same network, data and batch, if there is one."""
    same = ("dataset", "hidden", "latent_dim", "activation", "likelihood", "batch_size", *MACHINE_SETTINGS)
    for view in views:
        if view.images_per_second > 0 and all(getattr(config, n) == getattr(view.config, n) for n in same):
            return view.images_per_second
    return None


def step_seconds(config: TrainConfig, *, products_per_second: float) -> float:
    """Return about how long one step takes.

    Args:
        config: The settings.
        products_per_second: Multiplications of this machine in a matrix product, per second.
    """
    channels, height, width = dataset_info(config.dataset).image_shape
    sizes = (channels * height * width, *config.hidden, config.latent_dim)
    weights = 2 * sum(a * b for a, b in pairwise(sizes))  # encoder and decoder
    # forward once, backward twice: 3 products a weight and image
    products = 3 * weights * images_a_step(config)
    return OVERHEAD_S + products / (SHARE_OF_PEAK * products_per_second)


@st.cache_resource(show_spinner=False, ttl=PROBE_GOOD_FOR_S)
def products_per_second() -> float:
    """Return the multiplications per second of one thread, measured in a few milliseconds once a minute."""
    # the number of torch's threads belongs to each thread: this one has one and ends with the measurement
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as one_thread:
        return one_thread.submit(_probe).result()


def _probe() -> float:
    rows, inner, columns = PROBE
    left, right = torch.ones(rows, inner), torch.ones(inner, columns)
    times = []
    for _ in range(PROBE_TIMES):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return rows * inner * columns / min(times)


def in_words(seconds: float) -> str:
    """Return a duration as people say it: ``8 s``, ``2 min 10 s``, ``1 h 20 min``."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if minutes and hours < 10 else f"{hours:,} h"
