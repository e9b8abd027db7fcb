"""Constraints that a campaign adds to those of its platform."""

import pytest

from accel_core.campaigns import Campaign, SamplerPlan, plan_designs
from accel_core.errors import InvalidInputError
from accel_core.platforms import get_platform
from accel_core.space import Constraint

TEXT = """
name: narrow
platform: axiline
fidelity: analytical
set: {benchmark: svm}
constraints:
  - {name: short, expression: features + cycles_per_vector <= 30}
  - {expression: f_target_hz * utilization_target <= 5e8}
sampler: {designs: 20}
"""


def test_constraints_are_read_added_to_the_platforms_own_and_met():
    campaign = Campaign.from_yaml(TEXT)
    assert [entry.name for entry in campaign.constraints] == ["short", "f_target_hz * utilization_target <= 5e8"]
    assert campaign.space.constraints == (*get_platform("axiline").space.constraints, *campaign.constraints)
    designs = plan_designs(campaign)
    assert len(designs) == 20
    assert (designs["features"] + designs["cycles_per_vector"] <= 30).all()
    assert (designs["f_target_hz"] * designs["utilization_target"] <= 5e8).all()


def test_a_constraint_between_groups_thins_out_crossed_designs():
    plan = SamplerPlan("sobol", architectures=4, backends=8)
    free = Campaign("free", "axiline", plan, "analytical")
    rule = Constraint("calm", "f_target_hz * input_bits <= 4e9")
    thin = Campaign("thin", "axiline", plan, "analytical", constraints=(rule,))
    n_free, n_thin = len(plan_designs(free)), len(plan_designs(thin))
    assert n_free == 32
    assert 0 < n_thin < 32
    assert thin != free


def test_yaml_goes_round():
    campaign = Campaign.from_yaml(TEXT)
    assert Campaign.from_yaml(campaign.to_yaml()) == campaign
    assert "constraints" not in Campaign("free", "axiline", SamplerPlan(designs=1)).to_yaml()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("features +", "feature +", "campaign: constraint 'short': .*'feature' is unknown"),
        ("features + cycles_per_vector", "__import__('os')", "campaign: constraint 'short': .*"),
        ("name: short, ", "nam: short, ", r"campaign, constraints\.0: field 'nam' is unknown"),
        ("{name: short, expression: ", "{name: short, expression: 3, x: ", r"constraints\.0: expression is 3; it must"),
        ("{name: short, ", "{name: a chunk holds at least one feature, ", "used twice"),
        ("constraints:\n", "constraints: none\nset_aside:\n", "constraints is 'none'; it must be a list"),
    ],
)
def test_a_wrong_constraint_is_named(old, new, message):
    assert old in TEXT
    with pytest.raises(InvalidInputError, match=message):
        Campaign.from_yaml(TEXT.replace(old, new))


def test_constraints_that_leave_no_design_are_told_when_designs_are_drawn():
    campaign = Campaign.from_yaml(TEXT.replace("<= 30", "<= 2"))
    with pytest.raises(InvalidInputError, match=r"has 0 valid designs.*'short'"):
        plan_designs(campaign)
