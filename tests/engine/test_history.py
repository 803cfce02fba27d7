"""The history is bounded, keeps the newest epochs whole, and keeps the peaks of the older ones."""

from __future__ import annotations

import numpy as np

from engine.history import COLUMNS, FIRST_WHOLE, MOST_ROWS, NEWEST_WHOLE, History


def row(epoch: int, cost: float) -> tuple[float, ...]:
    return (float(epoch), 0.0, cost, *(0.0 for _ in COLUMNS[3:]))


def long_history(epochs: int, peak_at: int) -> History:
    history = History()
    for epoch in range(1, epochs + 1):
        history.append(row(epoch, 99.0 if epoch == peak_at else 1.0 / epoch))
    return history


def test_a_long_history_stays_bounded_with_its_newest_epochs_whole():
    history = long_history(60_000, peak_at=5_000)
    assert len(history) <= MOST_ROWS
    newest = history.column("epoch")[-NEWEST_WHOLE:]
    np.testing.assert_array_equal(newest, np.arange(60_000 - NEWEST_WHOLE + 1, 60_001))
    assert np.all(np.diff(history.column("epoch")) > 0)


def test_a_spike_long_ago_is_still_there():
    assert long_history(60_000, peak_at=5_000).column("running_cost").max() == 99.0


def test_what_was_learned_long_ago_stays_as_fine_as_what_came_later():
    history = long_history(200_000, peak_at=40_000)
    epochs = history.column("epoch")
    np.testing.assert_array_equal(epochs[:FIRST_WHOLE], np.arange(1, FIRST_WHOLE + 1))
    middle = epochs[FIRST_WHOLE - 1 : -NEWEST_WHOLE + 1]
    assert np.diff(middle).max() <= 2 * 200_000 / 1_000  # so many places at least, evenly along the run
    for low, high in ((2_000, 20_000), (90_000, 110_000), (150_000, 170_000)):
        within = np.count_nonzero((middle > low) & (middle <= high))
        assert within / (high - low) > 0.5 * len(middle) / 200_000
    assert len(history) <= MOST_ROWS


def test_on_a_plateau_places_stay_all_along_the_run():
    history = History()
    for start in range(1, 100_001, 1_000):
        history.extend(np.array([row(epoch, 0.5) for epoch in range(start, start + 1_000)]))
    assert np.diff(history.column("epoch")).max() <= 200
    assert len(history) <= MOST_ROWS


def test_rows_after_an_epoch_are_those_and_no_others():
    history = long_history(100, peak_at=3)
    np.testing.assert_array_equal(history.rows(97.0)[:, 0], [98, 99, 100])
    assert len(history.rows(100.0)) == 0


def test_a_history_made_from_rows_equals_the_one_they_came_from():
    history = long_history(500, peak_at=3)
    np.testing.assert_array_equal(History(history.rows()).rows(), history.rows())


def test_columns_cannot_be_written_to():
    assert not long_history(3, 1).column("epoch").flags.writeable
