"""Campaign definitions: what YAML may say, and the designs that follow from it."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.campaigns import Campaign, OptimizerPlan, SamplerPlan, plan_designs
from accel_core.errors import InvalidInputError
from accel_core.evaluators import SETTINGS
from accel_core.objectives import Bound, Objective
from accel_core.optimizers import make_optimizer
from accel_core.platforms import get_platform

SAMPLED = """
name: svm
platform: axiline
fidelity: placed
set: {benchmark: svm, features: 10..40, cycles_per_vector: [5, 10]}
sampler: {name: sobol, architectures: 6, backends: 4}
settings: {activity: 0.2}
seed: 3
"""
SEARCHED = """
name: search
platform: axiline
fidelity: analytical
optimizer:
  name: nsga2
  budget: 50
  batch: 5
  goals:
    - {metric: runtime_s, direction: min, upper: 1e-3}
    - {name: busy, metric: utilization, lower: 0.5}
"""

BRED = SEARCHED.replace(
    "nsga2", "genetic\n  parents: 4\n  mutation: 0.2\n  loss: {cycles: 1, utilization: -0.5}\n  sample: 30"
)


def test_a_sampled_campaign_is_read_with_defaults_filled_in():
    campaign = Campaign.from_yaml(SAMPLED)
    assert campaign.choice == SamplerPlan("sobol", architectures=6, backends=4)
    assert campaign.restrictions == {"benchmark": "svm", "features": "10..40", "cycles_per_vector": "5,10"}
    assert campaign.workload == next(iter(get_platform("axiline").workloads))
    assert campaign.settings["activity"] == 0.2
    assert campaign.settings["time_limit_s"] == SETTINGS["placed"]["time_limit_s"].default
    assert campaign.size == 24


def test_a_searching_campaign_is_read_with_its_goals():
    choice = Campaign.from_yaml(SEARCHED).choice
    goals = (Objective("runtime_s", "min", upper=1e-3), Bound("busy", "utilization", lower=0.5))
    assert choice == OptimizerPlan(goals, "nsga2", budget=50, batch=5)


def test_options_of_an_optimizer_are_read_and_the_scale_of_a_loss_is_paid_apart():
    choice = Campaign.from_yaml(BRED).choice
    assert choice.options == {
        "parents": 4, "mutation": 0.2, "loss": "cycles=1,utilization=-0.5", "sample": 30,
    }  # fmt: skip
    assert (choice.budget, choice.size, Campaign.from_yaml(BRED).size) == (50, 80, 80)
    assert Campaign.from_yaml(BRED.replace("{cycles: 1, utilization: -0.5}", "edp")).choice.options["loss"] == "edp"


@pytest.mark.parametrize("text", [SAMPLED, SEARCHED, BRED])
def test_yaml_goes_round_and_comes_from_a_file_too(text, tmp_path):
    campaign = Campaign.from_yaml(text)
    path = tmp_path / "campaign.yaml"
    path.write_text(campaign.to_yaml(), encoding="utf-8")
    assert Campaign.from_yaml(path) == campaign


def test_settings_that_change_a_result_change_its_identity():
    base = Campaign.from_yaml(SAMPLED)
    assert Campaign.from_yaml(SAMPLED.replace("0.2", "0.3")).settings_id != base.settings_id
    patient = SAMPLED.replace("activity: 0.2", "activity: 0.2, time_limit_s: 30")
    assert Campaign.from_yaml(patient).settings_id == base.settings_id


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: svm", "name: ../svm", r"campaign: name is '\.\./svm'; it must be letters"),
        ("name: svm", "", "campaign: name is missing; it must be a text"),
        ("platform: axiline", "platform: axeline", "axeline.*axiline"),
        ("fidelity: placed", "fidelity: routed", "fidelity is 'routed'; allowed: placed, analytical"),
        ("seed: 3", "seed: three", "seed is 'three'; it must be a whole number"),
        ("seed: 3", "seed: -1", "seed is -1; allowed: 0 to 2147483647"),
        ("seed: 3", "seed: 2147483648", "seed is 2147483648; allowed: 0 to 2147483647"),
        ("seed: 3", "seed: yes", "seed is 'yes'; it must be a whole number"),
        ("seed: 3", "sed: 3", "field 'sed' is unknown; allowed: .*seed"),
        ("seed: 3", "workers: 5000", "workers is 5000; allowed: 0 .* to 1024"),
        ("name: sobol", "name: sobel", "sampler.name is 'sobel'; allowed: .*sobol"),
        ("architectures: 6", "architectures: 0", "sampler: designs is 0, architectures 0, backends 4; give either"),
        ("architectures: 6", "designs: 6", "designs is 6, architectures 0, backends 4"),
        ("architectures: 6", "architectures: 600000", "sampler asks for 2,400,000 designs; at most 1,000,000"),
        ("architectures: 6", "architects: 6", "sampler: field 'architects' is unknown; allowed: architectures"),
        ("sampler: {name: sobol, architectures: 6, backends: 4}", "", "give one of .*; it has none of them"),
        ("activity: 0.2", "activity: 20", "setting activity is 20; allowed: 0 to 2"),
        ("activity: 0.2", "activities: 2", "setting 'activities' is unknown"),
        ("features: 10..40", "features: 40..10", "features.*40"),
        ("features: 10..40", "colour: red", "colour"),
        ("features: 10..40", "features: {low: 1}", r"set\.features is .* it must be a value, a list"),
        ("set: {", "set: [", "line 5: not readable as YAML"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_what_is_allowed(old, new, message):
    assert old in SAMPLED
    with pytest.raises(InvalidInputError, match=message):
        Campaign.from_yaml(SAMPLED.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("metric: runtime_s", "metric: speed", "metric 'speed' is unknown; allowed"),
        ("direction: min", "direction: down", "direction is 'down'; allowed: min, max"),
        (", direction: min", "", "optimizer.goals has no objective"),
        ("lower: 0.5", "lower: half", r"goals\.1: lower is 'half'; it must be a number"),
        ("batch: 5", "batch: 51", "batch is 51 and budget 50; allowed: 1 <= batch <= budget"),
        ("  budget: 50", "  buget: 50", "field 'buget' is unknown"),
        ("  batch: 5", "  batch: 5\n  parents: 3", "field 'parents' is unknown; allowed: batch, budget, goals, name"),
        ("nsga2", "genetic\n  parents: 0", "optimizer 'genetic': setting parents is 0; allowed: 1 to 10000"),
        ("nsga2", "genetic\n  mutation: high", "setting mutation is 'high'; it must be a number"),
        ("nsga2", "genetic\n  loss: fast", "optimizer 'genetic': loss 'fast': write source, edp"),
        ("nsga2", "genetic\n  loss: {joy: 1}", "optimizer 'genetic': metric 'joy' is unknown"),
        ("nsga2", "genetic\n  loss: [1, 2]", "optimizer 'genetic': loss .*write"),
    ],
)
def test_a_wrong_goal_is_named(old, new, message):
    assert old in SEARCHED
    with pytest.raises(InvalidInputError, match=message):
        Campaign.from_yaml(SEARCHED.replace(old, new))


@pytest.mark.parametrize(
    "text", ["", "- a\n- b", "42", "name: [", "a: &a [*a]", "!!python/object/apply:os.system [ls]"]
)
def test_text_that_is_no_campaign_gets_one_sentence(text):
    with pytest.raises(InvalidInputError, match=r"^campaign"):
        Campaign.from_yaml(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nname: b", "line 2: not readable as YAML: a key is repeated"),
        ("name: &a [x]\nplatform: *a", "line 2: not readable as YAML: aliases and tags are not allowed"),
        (
            "name: a\nplatform: axiline\nsampler: {designs: 1}\nseed: 2020-13-45",
            "seed is '2020-13-45'; it must be a whole number",
        ),
        (
            "name: a\nplatform: axiline\nsampler: {designs: 1}\nseed: 1" + "0" * 5000,
            "seed is inf; it must be a whole number",
        ),
        ("[" * 3000, "campaign, line 1: not readable as YAML: more than 100 levels"),
        ("name: a\0b", "not readable as YAML: .*special characters are not allowed"),
        ("name: [" + "x, " * 500 + "]", r"name is .*…; it must be a text"),
    ],
)
def test_yaml_that_means_harm_or_two_things_gets_one_short_line(text, message):
    with pytest.raises(InvalidInputError, match=message) as caught:
        Campaign.from_yaml(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(max_size=80))
def test_any_text_is_a_campaign_or_an_invalid_input(text):
    with pytest.raises(InvalidInputError):
        Campaign.from_yaml(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match=r"none\.yaml: cannot be read: No such file"):
        Campaign.from_yaml(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match=r"binary\.yaml"):
        Campaign.from_yaml(tmp_path / "binary.yaml")
    (tmp_path / "huge.yaml").write_bytes(b"#" * 5_000_001)
    with pytest.raises(InvalidInputError, match=r"huge\.yaml is larger than 5000000 bytes"):
        Campaign.from_yaml(tmp_path / "huge.yaml")


def test_groups_are_sampled_apart_and_crossed():
    campaign = Campaign.from_yaml(SAMPLED)
    designs = plan_designs(campaign)
    backend = ["f_target_hz", "utilization_target"]
    architecture = [name for name in campaign.space.names if name not in backend]
    assert len(designs) == 24
    assert len(designs[architecture].drop_duplicates()) == 6
    assert len(designs[backend].drop_duplicates()) == 4
    assert set(designs["benchmark"]) == {"svm"}
    assert set(designs["cycles_per_vector"]) <= {5, 10}
    pd.testing.assert_frame_equal(designs, plan_designs(campaign))


def test_written_down_designs_are_checked_and_taken_as_they_are():
    row = get_platform("axiline").space.defaults().iloc[0].to_dict()
    text = f"name: picks\nplatform: axiline\nfidelity: analytical\ndesigns: [{row}, {row}]\n"
    designs = plan_designs(Campaign.from_yaml(text.replace("'", '"')))
    assert len(designs) == 1
    assert designs.iloc[0].to_dict() == row
    with pytest.raises(InvalidInputError, match="designs: 'cycles_per_vector' is missing"):
        plan_designs(Campaign("x", "axiline", ({k: v for k, v in row.items() if k != "cycles_per_vector"},)))
    with pytest.raises(InvalidInputError, match="'colour' is no parameter"):
        plan_designs(Campaign("x", "axiline", ({**row, "colour": "red"},)))
    with pytest.raises(InvalidInputError, match=r"cycles.*-3"):
        plan_designs(Campaign("x", "axiline", ({**row, "cycles_per_vector": -3},)))


def test_settings_of_a_platform_shape_the_space_of_its_campaign():
    text = "name: mesh\nplatform: eyeriss\nfidelity: analytical\nsampler: {designs: 8}\nset: {mesh_x: 4..48}\n"
    campaign = Campaign.from_yaml(f"{text}settings: {{pes: 192, objective: energy}}\n")
    designs = plan_designs(campaign)
    assert (designs["mesh_x"] * designs["mesh_y"] == 192).all()
    assert designs["mesh_x"].between(4, 48).all()
    assert campaign.settings["objective"] == "energy"
    assert campaign.settings_id != Campaign.from_yaml(text).settings_id
    assert Campaign.from_yaml(campaign.to_yaml()) == campaign
    with pytest.raises(InvalidInputError, match="mesh_x is 5"):
        Campaign.from_yaml(text.replace("4..48", "5"))


def test_the_former_name_of_an_optimizer_is_understood():
    text = """
name: old
platform: axiline
fidelity: placed
optimizer: {name: active, budget: 20, batch: 4, goals: [{metric: power_w, direction: min}]}
"""
    assert Campaign.from_yaml(text).choice.name == "bayesian"
    assert make_optimizer("active", get_platform("axiline").space, [Objective("power_w")]).name == "bayesian"


@pytest.mark.parametrize("name", ["server.lock", "cache", "CACHE", "errands", "Energy_Tables", "shipped"])
def test_names_in_the_folder_of_runs_that_are_none_of_a_run_are_refused(name):
    with pytest.raises(InvalidInputError, match=f"name is '{name}'; AccelScope keeps server.lock, cache, errands"):
        Campaign(name, "axiline", SamplerPlan(designs=1), "analytical")
