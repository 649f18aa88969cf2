"""A plane of fixed runs, and what Python hears. ?live runs it all the time; ?bare has no pictures."""

import numpy as np
import streamlit as st

from pages.components.plane import PlaneRun, plane
from pages.figures.rate_distortion import rate_distortion
from pages.state import theme
from vae_core.sweeps import SweepPoint
from vae_core.training import TrainConfig

BETAS = (0.25, 1.0, 4.0, 16.0)
SIDE = 12


def fixed_points() -> list[SweepPoint]:
    """Runs of two decoders, two seeds and four β, not in the order of β."""
    points = []
    for curve, hidden in enumerate(((400,), (50,))):
        for seed in (0, 1):
            for beta in (4.0, 0.25, 16.0, 1.0):
                rate = 6.0 / (1.0 + beta) + 0.4 * seed
                distortion = 130.0 + 3.0 * float(np.log2(1.0 + beta)) - seed + 4.0 * curve
                config = TrainConfig(dataset="tiny-binary", beta=beta, seed=seed, hidden=hidden)
                points.append(
                    SweepPoint(config, rate, 0.1, distortion, 0.5, -(rate + distortion), 2,
                               id_of(beta, seed, curve), 0.4, 200)
                )  # fmt: skip
    return points


def id_of(beta: float, seed: int = 0, curve: int = 0) -> str:
    return f"run {beta:g} {seed} {curve}"


def level_of(place: int) -> int:
    """The grey of the picture of a run."""
    return 10 + 12 * place


def fixed_runs(points: list[SweepPoint]) -> list[PlaneRun]:
    return [
        PlaneRun(
            run=point.run,
            label=f"β {point.config.beta:g}, seed {point.config.seed}",
            curve=0 if point.config.hidden == (400,) else 1,
            beta=point.config.beta,
            seed=point.config.seed,
            rate=point.rate,
            distortion=point.distortion,
            words=f"rate {point.rate:.2f}, distortion {point.distortion:.1f}",
        )
        for point in points
    ]


def plane_part() -> None:
    """The plane, a toggle that takes a run away, and what Python heard."""
    wanted, state = st.query_params, st.session_state

    def part() -> None:
        gone = id_of(4.0) if st.toggle("Without β 4") else None
        ticks = state["ticks"] = state.get("ticks", -1) + 1
        points = fixed_points()
        pictures = np.stack([np.full((SIDE, SIDE), level_of(n), np.uint8) for n in range(len(points))])
        kept = [n for n, point in enumerate(points) if point.run != gone]
        points, pictures = [points[n] for n in kept], pictures[kept]
        chosen = state.get("chosen", id_of(1.0))

        def choose(run: str) -> None:
            state["chosen"], state["times"] = run, state.get("times", 0) + 1

        def opened(run: str) -> None:
            state["opened"] = f"{run} times {int(state.get('opened', 'times 0').split()[-1]) + 1}"

        figure = rate_distortion(points, theme=theme.theme_name(), chosen=chosen)
        figure.update_layout(title={"text": f"Tick {ticks}" if "live" in wanted else "Still"})
        plane(
            figure,
            fixed_runs(points),
            pictures[:0] if "bare" in wanted else pictures,
            chosen=chosen,
            key="plane",
            height=420,
            alt="Runs by rate and distortion",
            picture_words="One grey a run",
            on_choose=choose,
            on_open=opened,
        )
        st.text(f"chosen {chosen} times {state.get('times', 0)}")
        st.text(f"opened {state.get('opened', '')}")

    st.fragment(part, run_every=0.25 if "live" in wanted else None)()
