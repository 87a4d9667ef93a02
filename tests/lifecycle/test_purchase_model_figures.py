"""The purchase model gives the published figures on the published data."""

import numpy as np
import pytest

from odoo.addons.customer_lifecycle.tools import backtest
from odoo.addons.customer_lifecycle.tools import purchase_model as model

from .common import WEEK_39, YEAR_END, cdnow

WEEKS = 39


def split(name, cutoff, weeks):
    """Histories up to the cut-off, the snapshot, and purchase days in the weeks after it."""
    bought = backtest.purchases(*cdnow(name))
    cutoff = cutoff.toordinal()
    seen = backtest.snapshot(bought, cutoff, weeks * 7)
    end = bought.day <= cutoff + weeks * 7
    after = bought.customer[(bought.day > cutoff) & end]
    customers = bought.customer[seen.last]
    counts = np.bincount(np.searchsorted(customers, after), minlength=len(customers))
    return backtest.histories(bought, cutoff), seen, counts


def chances(fitted, histories, weeks=WEEKS, kind=model.MBG):
    return model.p_buy(fitted, *histories, weeks, kind)


def test_bg_nbd_gives_the_published_parameters_and_likelihood():
    histories, _seen, _counts = split("sample", WEEK_39, WEEKS)
    fit = model.fit(*histories, model=model.BG)
    assert fit.buyers == 2357
    assert fit.parameters == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.002)
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.05)


def test_bg_nbd_forecasts_the_holdout_as_published():
    histories, _seen, counts = split("sample", WEEK_39, WEEKS)
    fitted = model.fit(*histories, model=model.BG).parameters
    orders = model.expected_orders(fitted, *histories, WEEKS, model.BG)
    assert np.corrcoef(orders, counts)[0, 1] == pytest.approx(0.6256, abs=0.001)
    assert orders.sum() / counts.sum() - 1 == pytest.approx(-0.121, abs=0.02)


@pytest.mark.parametrize(
    ("name", "cutoff", "weeks", "least"),
    [
        ("sample", WEEK_39, 39, 0.760),
        ("master", WEEK_39, 39, 0.755),
        ("master", YEAR_END, 26, 0.793),
    ],
)
def test_chance_to_buy_ranks_customers(name, cutoff, weeks, least):
    histories, seen, _counts = split(name, cutoff, weeks)
    fitted = model.fit(*histories).parameters
    auc = backtest.auc(chances(fitted, histories, weeks), seen.returned)
    # The published measurements have three digits.
    assert round(auc, 3) >= least


@pytest.mark.parametrize(("name", "least"), [("sample", 0.758), ("master", 0.748)])
def test_defaults_rank_nearly_as_well_as_a_fit(name, least):
    histories, seen, _counts = split(name, WEEK_39, WEEKS)
    defaults = model.default_parameters(model.fit(*histories).mean_gap)
    assert round(backtest.auc(chances(defaults, histories), seen.returned), 3) >= least


def test_p_alive_ranks_inversely_and_therefore_drives_nothing():
    histories, seen, _counts = split("sample", WEEK_39, WEEKS)
    fitted = model.fit(*histories, model=model.BG).parameters
    alive = model.p_alive(fitted, *histories, model.BG)
    assert backtest.auc(alive, seen.returned) == pytest.approx(0.316, abs=0.002)


def test_200_buyers_are_enough_to_rank():
    histories, seen, _counts = split("master", WEEK_39, WEEKS)
    whole = chances(model.fit(*histories).parameters, histories)
    chosen = np.random.default_rng(5).choice(len(seen.returned), model.MIN_BUYERS, replace=False)
    few = model.fit(*(column[chosen] for column in histories))
    assert few.fitted
    part = chances(few.parameters, histories)
    full_auc = backtest.auc(whole, seen.returned)
    assert backtest.auc(part, seen.returned) == pytest.approx(full_auc, abs=0.02)
    assert np.abs(part - whole).mean() < 0.06
