"""The engine: it owns every run and every long job of the process, and lends visitors views of them.

`Engine` is the whole public surface; `RunView` and `JobView` are what it shows.
"""

from vae_core.engine.engine import Engine
from vae_core.engine.factory import RunFactory
from vae_core.engine.jobs import JobControl
from vae_core.engine.view import JobView, RunView

__all__ = ["Engine", "JobControl", "JobView", "RunFactory", "RunView"]
