"""Data: what a Dataset knows, the registry of sources, and the sources themselves.

`load_dataset("mnist-5k-binary")` gives a `Dataset` with `.train`, `.validation`, `.test` and `.full`;
`Dataset.from_arrays` makes one of your own arrays.
"""

from vae_core.data.dataset import Dataset, Split
from vae_core.data.info import DatasetInfo
from vae_core.data.known import KnownDistribution, known_distribution
from vae_core.data.registry import dataset_info, dataset_names, load_dataset, register_dataset
from vae_core.data.tiny_binary import sample_tiny_binary, tiny_binary_distribution

__all__ = [
    "Dataset",
    "DatasetInfo",
    "KnownDistribution",
    "Split",
    "dataset_info",
    "dataset_names",
    "known_distribution",
    "load_dataset",
    "register_dataset",
    "sample_tiny_binary",
    "tiny_binary_distribution",
]
