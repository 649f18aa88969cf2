"""The house rules hold, and each of them can fail.

Each rule runs over this repository, where it must find nothing, and over a small tree with one violation
planted, where it must find exactly that one.
"""

from pathlib import Path

import pytest

from tests import house_rules as rules

ROOT = Path(__file__).resolve().parent.parent

# Rule, and the violations that it must find: file -> text, one of which breaks the rule.
PLANTED: list[tuple[rules.Rule, str, str]] = [
    (rules.core_without_interface, "vae_core/units.py", "import streamlit as st"),
    (rules.core_without_interface, "vae_core/units.py", "def f():\n    from plotly import graph_objects"),
    (rules.core_without_interface, "vae_core/units.py", "from pages.state import current"),
    (rules.core_in_layers, "vae_core/data/toys.py", "from vae_core.models import VAE"),
    (rules.core_in_layers, "vae_core/notation.py", "from vae_core.rng import generator"),
    (rules.core_in_layers, "vae_core/notation.py", "from vae_core import rng"),
    (rules.core_in_layers, "vae_core/estimators/importance.py", "import vae_core.training.run"),
    (rules.core_in_layers, "vae_core/objectives.py", "from vae_core.training.config import TrainConfig"),
    (rules.core_in_layers, "vae_core/objectives.py", "from vae_core import VAE"),
    (rules.core_in_layers, "vae_core/surprise.py", "x = 1"),
    (rules.pages_in_layers, "pages/figures/curves.py", "from pages.state import current"),
    (rules.pages_in_layers, "pages/state/link.py", "from pages.controls import settings"),
    (rules.pages_in_layers, "pages/lab/train.py", "from pages.lab.walk import path"),
    (rules.pages_in_layers, "pages/lab/train.py", "import pages.frame"),
    (rules.pages_in_layers, "pages/frame.py", "import pages.lab.train"),
    (rules.pages_in_layers, "pages/frame.py", "import app"),
    (rules.pages_in_layers, "app.py", "from pages.lab import train"),
    (rules.figures_without_engines, "pages/figures/curves.py", "import torch"),
    (rules.figures_without_engines, "pages/figures/curves.py", "from streamlit import cache_data"),
    (rules.scripts_only_compose, "pages/lab/train.py", "import numpy as np"),
    (rules.scripts_only_compose, "pages/proof/theorems.py", "x = 1\n" * (rules.MAX_SCRIPT_LINES + 1)),
    (rules.one_name_a_module, "pages/lab/train.py", "from state import current"),
    (rules.one_name_a_module, "pages/controls/settings.py", "from . import buttons"),
    (rules.one_name_a_module, "tests/core/test_x.py", "import training.run"),
    (rules.no_page_scripts_beside_the_frame, "pages/train.py", "x = 1"),
    (rules.no_tests_called_app, "tests/app/test_x.py", "x = 1"),
    (rules.named_for_a_concept, "vae_core/utils.py", "x = 1"),
    (rules.named_for_a_concept, "pages/common/colours.py", "x = 1"),
    (rules.files_of_one_concept, "vae_core/objectives.py", "x = 1\n" * (rules.MAX_LINES + 1)),
    (rules.no_pickle, "vae_core/data/store.py", "import pickle"),
    (rules.no_pickle, "vae_core/data/store.py", "x = torch.load(path)"),
    (rules.no_pickle, "vae_core/data/store.py", "x = np.load(path, allow_pickle=True)"),
    (rules.no_broad_except, "pages/frame.py", "try:\n    x = 1\nexcept:\n    x = 2"),
    (rules.no_broad_except, "vae_core/rng.py", "try:\n    x = 1\nexcept (OSError, Exception):\n    x = 2"),
    (rules.no_assert, "app.py", "assert True"),
    (rules.no_global_randomness, "vae_core/rng.py", "torch.manual_seed(0)"),
    (rules.no_global_randomness, "vae_core/rng.py", "x = np.random.rand(3)"),
    (rules.no_global_randomness, "vae_core/rng.py", "x = np.random.default_rng()"),
    (rules.no_global_randomness, "pages/controls/dice.py", "x = random.randint(0, 9)"),
    (rules.no_global_randomness, "vae_core/rng.py", "x = torch.randn(3)"),
    (rules.no_global_randomness, "vae_core/rng.py", "weight.normal_(0, 1)"),
]

# A tree that keeps every rule, so that a rule which always complains is found out too.
KEPT = {
    "app.py": "import pages.frame\nfrom pages.state import engine",
    "vae_core/__init__.py": "from vae_core.objectives import elbo_terms",
    "vae_core/checks.py": "class SettingError(ValueError): ...",
    "vae_core/rng.py": "from vae_core import checks\n"
    "x = torch.randn(3, generator=g)\ny = np.random.default_rng(0)",
    "vae_core/objectives.py": "import torch\nfrom vae_core.models.vae import VAE",
    "vae_core/models/vae.py": "from vae_core.models.encoder import Encoder\n"
    "from vae_core.likelihoods import Bernoulli",
    "vae_core/training/store.py": "try:\n    x = np.load(p, allow_pickle=False)\n"
    "except (OSError, ValueError):\n    x = 0",
    "pages/frame.py": "import streamlit as st\nfrom pages.state import current",
    "pages/lab/train.py": "import streamlit as st\nfrom pages.figures import curves\n"
    "from vae_core.training import Run",
    "pages/figures/curves.py": "import numpy as np\nfrom plotly.graph_objects import Figure",
    "tests/core/test_rng.py": "import torch\nassert torch.manual_seed(0)",
}

RULES = sorted({rule for rule, _, _ in PLANTED}, key=lambda rule: rule.__name__)


def plant(root: Path, files: dict[str, str]) -> None:
    """Write files below root."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule: rules.Rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "file", "text"), PLANTED)
def test_a_planted_violation_is_found(tmp_path: Path, rule: rules.Rule, file: str, text: str) -> None:
    plant(tmp_path, KEPT)
    assert rule(tmp_path) == []
    plant(tmp_path, {file: text})
    found = rule(tmp_path)
    assert len(found) == 1
    assert found[0].startswith((file, "tests/app:"))
