"""Presets fit their data, start, and differ."""

import pytest

from vae_core import Run, SettingError, TrainConfig, load_dataset
from vae_core.likelihoods import misfit
from vae_core.training import PRESETS, preset


def test_the_presets_of_the_issue_are_there():
    names = [entry.name for entry in PRESETS]
    assert len(set(names)) == len(names)
    for wanted in ("2-D digits", "Gaussian, σ = 1", "Posterior collapse", "Linear = pPCA"):
        assert preset(wanted).name == wanted
    configs = [entry.config for entry in PRESETS]
    assert len(set(configs)) == len(configs)
    with pytest.raises(SettingError, match=r"^preset must be one of 2-D digits, "):
        preset("nonsense")


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.name)
def test_each_preset_is_valid_fits_its_data_and_takes_a_step(entry):
    config = entry.config
    assert TrainConfig.from_json(config.to_json()) == config
    assert TrainConfig.from_query(config.to_query()) == (config, ())
    assert entry.description.endswith(".")
    data = load_dataset(config.dataset)
    assert misfit(config.likelihood, data.support) is None
    run = Run(config.replace(batch_size=32), data)
    assert run.advance(steps=1) == 1
    assert not run.failed


def test_the_posterior_collapses_where_it_is_promised():
    config = preset("Posterior collapse").config.replace(dataset="digits", steps=200, hidden=(16,))
    collapsed, open_ = (Run(c, load_dataset("digits")) for c in (config, config.replace(beta=0.5)))
    for run in (collapsed, open_):
        run.advance(steps=200)
    assert collapsed.history.validation.kl[-1] < 0.1
    assert open_.history.validation.kl[-1] > 0.5
