"""Which bug of the museum a link names."""

from vae_core.museum import bugs


def read_bug(text: str) -> int | None:
    """Return the number of the bug that a text names; ``None`` for any other text."""
    return int(text) if text in {str(bug.number) for bug in bugs()} else None
