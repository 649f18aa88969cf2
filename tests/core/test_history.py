"""Recorded rows come back as they were given, as curves and as a table."""

import csv
import io

import numpy as np

from vae_core.training import History
from vae_core.training.history import Recorder


def recorder(count, latent_dim=2):
    rows = Recorder(latent_dim)
    for i in range(count):
        rows.add(
            step=i * 10,
            seconds=i / 3,
            reconstruction=-100.0 + i,
            kl_per_dimension=[0.5 * i, 0.25],
            beta=1.5,
            learning_rate=1e-3,
        )
    return rows


def test_rows_come_back_past_every_growth_of_the_buffer():
    for count in (0, 1, 63, 64, 65, 1000):
        curve = recorder(count).curve()
        steps = np.arange(count)
        assert len(curve) == count
        np.testing.assert_array_equal(curve.step, 10 * steps)
        np.testing.assert_array_equal(curve.reconstruction, -100.0 + steps)
        np.testing.assert_array_equal(curve.kl, 0.5 * steps + 0.25)
        np.testing.assert_array_equal(curve.elbo, curve.reconstruction - curve.kl)
        assert curve.kl_per_dimension.shape == (count, 2)
        assert curve.step.dtype == np.float64


def test_a_table_restores_and_goes_on():
    rows, again = recorder(70), Recorder(2)
    again.restore(rows.table())
    for one in (rows, again):
        one.add(step=700, seconds=99, reconstruction=1.0, kl_per_dimension=[1, 2], beta=0, learning_rate=1)
    np.testing.assert_array_equal(rows.table(), again.table())


def test_curves_are_copies():
    rows = recorder(3)
    curve = rows.curve()
    curve.elbo[:] = 0.0
    assert rows.curve().elbo[0] == -100.25


def test_the_csv_holds_every_row_and_number():
    text = History(recorder(3).curve(), recorder(2).curve()).to_csv()
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["split"] for row in table] == ["train"] * 3 + ["validation"] * 2
    header = "split,step,seconds,reconstruction,kl,elbo,beta,learning_rate,kl_1,kl_2"
    assert text.splitlines()[0] == header
    row = table[2]
    assert float(row["step"]) == 20
    assert float(row["reconstruction"]) == -98.0
    assert (float(row["kl_1"]), float(row["kl_2"])) == (1.0, 0.25)
    assert float(row["elbo"]) == -99.25
    assert float(row["seconds"]) == np.float64("0.666666667")


def test_an_empty_history_is_a_header():
    assert History(recorder(0).curve(), recorder(0).curve()).to_csv().count("\n") == 1
