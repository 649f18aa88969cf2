"""Seeds to generators: every use of randomness has a named stream of its own."""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, stream: str, device: str | torch.device = "cpu") -> torch.Generator:
    """Return a generator for one named use of randomness.

    Two streams of one seed are independent, so that drawing more noise never changes the order of
    the data. The global generator is never touched.

    Args:
        seed: Any non-negative integer.
        stream: What the numbers are for, as in "init", "order" or "noise".
        device: Where the generator lives.
    """
    digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
    # torch takes seeds below 2**63 on every device.
    return torch.Generator(device=device).manual_seed(int.from_bytes(digest[:8], "big") >> 1)
