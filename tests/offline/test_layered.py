"""Models that look at applications layer by layer, on a toy whose layers add up."""

import dataclasses
import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.offline import OfflineModel, train_offline
from accel_core.offline.checkpoint import write_checkpoint
from accel_core.offline.contexts import LayerContexts
from accel_core.offline.encoding import Encoding
from accel_core.offline.layered import ratios_of, spilled
from accel_core.offline.layers import padded, wider
from accel_core.offline.losses import Scale
from accel_core.offline.memories import STEEP, Memories
from accel_core.offline.offline_model import content_of
from accel_core.rooflines import Dealing, Hold, Ratio, Roofline, Rooflines, Share, Window
from tests.offline import offline_toy as toy

ROOFLINES = Rooflines(
    fields=("rows", "channels", "words", "bytes", "filter", "kind"),
    shapes=("kind",),
    dealing=Dealing(
        ways=(
            (Share("pe_rows", ("rows",), "pes"), Share("pe_channels", ("channels",)),
             Share("groups", ("pe_channels",), "lanes")),
            (Share("pe_rows", ("rows",)), Share("pe_channels", ("channels",), "pes"),
             Share("groups", ("pe_channels",), "lanes")),
        ),
        rounds=("groups", "pe_rows"),
        tie="pe_channels",
    ),
    ratios=(
        Ratio("compute", (("groups", "pe_rows", "words"),)),
        Ratio("traffic", (("bytes",),), ("gbps",)),
        Ratio("issue", (("groups",),)),
        Ratio("kept", (("bytes",),), ("memory_b",)),
        Ratio("filters", (("filter",),), ("memory_b",), ("lanes",)),
        Ratio("all_filters", (("filter", "pe_channels"),), ("memory_b",)),
        Ratio("program", (("groups",),), ("memory_b",)),
    ),
    times=(Roofline("compute", 1e-9), Roofline("traffic", 1e-9, "kept")),
    issues=(Roofline("issue", 1e-9),),
    holds=(Hold("memory_b", (("filters",), ("all_filters",))),),
    program=("program",),
)  # fmt: skip
ENCODING = Encoding.of(toy.PARAMETERS)
# Of rows, channels, words, bytes and bytes of a filter, and how often each occurs.
LAYERS = {
    "small": [(20, 32, 30, 2e3, 64, 3), (10, 100, 50, 4e3, 128, 2)],
    "wide": [(60, 16, 100, 3e4, 256, 4), (50, 8, 50, 1e4, 64, 2)],
    "deep": [(4, 500, 30, 8e3, 512, 8), (2, 1000, 50, 2e3, 128, 1)],
    "mixed": [(40, 50, 50, 2e4, 128, 3), (7, 64, 60, 1e3, 1024, 2), (30, 30, 55, 6e3, 256, 5)],
}
UNSEEN = [(25, 64, 50, 2e4, 256, 6), (3, 200, 66, 4e3, 512, 3)]
SETTINGS = dataclasses.replace(toy.SMALL, alpha=0.0, beta=1.0, steps=400, batch=64)


def table(layers):
    numbers = np.array(layers, dtype=float)
    return pd.DataFrame(numbers[:, :5], columns=["rows", "channels", "words", "bytes", "filter"]).assign(
        kind=1.0, count=numbers[:, 5]
    )


def rounds(rows, channels, designs):
    """Rounds of the fastest way, and the groups of channels that it works off."""
    pes, lanes = designs["pes"], designs["lanes"]
    ways = [(np.ceil(rows / pes), np.ceil(channels / lanes)), (rows, np.ceil(np.ceil(channels / pes) / lanes))]
    first, second = (a * b for a, b in ways)
    return np.minimum(first, second), np.where(first < second, ways[0][1], ways[1][1])


def simulated(layers, designs):
    """Latency of designs, and which of them cannot run: some filter of all lanes does not fit."""
    total = np.zeros(len(designs))
    fits = np.ones(len(designs), dtype=bool)
    for rows, channels, words, moved, filters, count in layers:
        taken, groups = rounds(rows, channels, designs)
        traffic = np.where(moved > designs["memory_b"], 1e-9 * moved / designs["gbps"], 0)
        total += count * (np.maximum(1e-9 * taken * words, traffic) + 5e-9 * groups)
        fits &= designs["lanes"] * filters <= designs["memory_b"]
    return total, fits


def logs(n=500):
    parts = []
    for seed, (name, layers) in enumerate(LAYERS.items()):
        designs = toy.random_designs(n, seed)
        latency, fits = simulated(layers, designs)
        status = np.where(fits, "ok", "infeasible")
        parts.append(designs.assign(status=status, runtime_s=np.where(fits, latency, np.nan), application=name))
    return pd.concat(parts, ignore_index=True)


CONTEXT = {name: table(layers) for name, layers in LAYERS.items()}


def trained(settings=SETTINGS, seed=0, **more):
    known = {"rooflines": ROOFLINES, "area": toy.area_mm2}
    return train_offline(logs(), toy.PARAMETERS, CONTEXT, settings, seed, **known, **more)


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def untrained():
    contexts = LayerContexts.of(CONTEXT, tuple(CONTEXT), ROOFLINES)
    return contexts.network(ENCODING, Scale(-8.0, 1.0, 3.0), SETTINGS, 0)


def test_it_predicts_an_application_that_no_log_has(model):
    designs = toy.random_designs(400, seed=9)
    latency, fits = simulated(UNSEEN, designs)
    error = np.log(model.predict(designs, table(UNSEEN)) / latency)[fits]
    assert np.sqrt(np.mean(error**2)) < 0.35
    fails = model.p_fails(designs, table(UNSEEN)) > 0.5
    assert np.mean(fails[~fits]) > 0.9
    assert np.mean(fails[fits]) < 0.1


def test_its_first_choice_for_such_an_application_is_near_the_best(model):
    chosen = model.optimize(12.0, 5, 0, toy.area_mm2, [table(UNSEEN)])
    every = pd.MultiIndex.from_product(toy.PARAMETERS.values(), names=toy.PARAMETERS).to_frame(index=False)
    latency, fits = simulated(UNSEEN, every)
    best = latency[fits & (toy.area_mm2(every) <= 12.0)].min()
    found, runs = simulated(UNSEEN, chosen)
    assert runs[0]
    assert found[0] <= 1.2 * best


def test_a_known_application_is_the_same_by_name_and_by_its_layers(model):
    designs = toy.random_designs(40, seed=3)
    assert np.allclose(model.predict(designs, "wide"), model.predict(designs, CONTEXT["wide"]), rtol=1e-5)


def test_a_layer_that_occurs_twice_is_two_layers(model):
    designs = toy.random_designs(40, seed=3)
    once = table([*UNSEEN, *UNSEEN]).assign(count=[3, 2, 3, 1])
    assert np.allclose(model.predict(designs, table(UNSEEN)), model.predict(designs, once), rtol=1e-5)


def test_room_for_more_layers_changes_nothing(model):
    designs = toy.random_designs(40, seed=3)
    # Numbers that differ less than anything could tell, so that rows stay apart.
    near = [(*layer[:3], layer[3] * (1 + 1e-7 * i), layer[4], 1) for layer in UNSEEN for i in range(6 * layer[5])]
    one_by_one, many = table(near), table([(*layer[:5], 6 * layer[5]) for layer in UNSEEN])
    assert len(one_by_one) > 32
    assert np.allclose(model.predict(designs, one_by_one), model.predict(designs, many), rtol=1e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_is_faster_than_its_roofline(model, untrained, name):
    designs = toy.random_designs(500, seed=4)
    least = sum(layer[5] * 1e-9 * rounds(*layer[:2], designs)[0] * layer[2] for layer in LAYERS[name])
    context = np.full((500, 1), list(LAYERS).index(name), dtype=np.float32)
    z = np.asarray(untrained(ENCODING.indices_of(designs), context).z)
    assert np.all(np.exp(z - 8.0) > 0.999 * least)
    assert np.all(model.predict(designs, name) > 0.999 * least)


@pytest.mark.slow
def test_what_only_fills_up_a_table_counts_for_nothing():
    total = Ratio("all", (("bytes",),), ("memory_b",), is_total=True)
    rooflines = dataclasses.replace(ROOFLINES, ratios=(*ROOFLINES.ratios, total))
    layers, repeats = (part[None] for part in padded(CONTEXT["mixed"], rooflines))
    design = toy.random_designs(1)
    few, many = (
        ratios_of(rooflines, tuple(toy.PARAMETERS), jnp.asarray(design.to_numpy(float)), jnp.asarray(a), jnp.asarray(b))
        for a, b in ((layers, repeats), wider(layers, repeats, 64))
    )
    for name in few:
        assert np.allclose(few[name][0, :3], many[name][0, :3]), name
    counts = CONTEXT["mixed"]["count"]
    asked = (CONTEXT["mixed"]["bytes"] * counts).sum() / design["memory_b"].iloc[0]
    assert np.exp(few["all"][0, 0]) == pytest.approx(asked, rel=1e-5)
    fails = [
        float(Memories.of(rooflines).fails(rooflines, ratios, jnp.zeros(n.shape), jnp.asarray(n))[0])
        for ratios, n in ((few, repeats), (many, wider(layers, repeats, 64)[1]))
    ]
    of_layers = {name: np.asarray(numbers)[0, :3] for name, numbers in few.items()}
    held = STEEP * np.minimum(of_layers["filters"], of_layers["all_filters"])
    program = STEEP * np.log((np.exp(of_layers["program"]) * counts).sum())
    assert fails == pytest.approx([np.logaddexp.reduce([*held, program])] * 2, rel=1e-4)


def test_all_or_nothing_spills_or_only_the_rest():
    log_ratios = jnp.log(jnp.array([0.5, 2.0, 4.0, 1e6]))
    for is_rest, shares in ((True, [0, 0.5, 0.75, 1]), (False, [0, 1, 1, 1])):
        line = Roofline("traffic", 1.0, "kept", is_rest=is_rest)
        assert np.exp(spilled(line, jnp.float32(60.0), log_ratios)) == pytest.approx(shares, abs=2e-3)


def test_heads_see_no_ratio_beyond_those_of_logged_applications(untrained):
    huge = [untrained.with_application(table([(4, 500, 30, size, size, 8)])) for size in (1e9, 1e11)]
    values = untrained.given.values[np.arange(4), ENCODING.random((5,), np.random.default_rng(0))]

    def said(network):
        layers, repeats = (part[jnp.full(5, len(LAYERS))] for part in (network.given.layers, network.given.repeats))
        ratios = ratios_of(ROOFLINES, network.parameters, values, layers, repeats)
        return network._say(ratios, layers, network.given).times

    assert np.allclose(said(huge[0]), said(huge[1]), atol=1e-5)


def test_mixtures_of_one_value_are_designs(untrained):
    indices = ENCODING.random((20,), np.random.default_rng(0))
    context = np.ones((20, 1), dtype=np.float32)
    mixtures = np.eye(untrained.most_values, dtype=np.float32)[indices]
    found, same = untrained(indices, context), untrained.of_mixtures(mixtures, context)
    assert np.allclose(found.z, same.z, atol=1e-4)
    assert np.allclose(found.fails, same.fails, atol=1e-3)


def test_what_is_given_is_not_learned(model):
    fresh = model.contexts.network(ENCODING, model.scale, SETTINGS, 0)
    for learned, known in zip(jax.tree.leaves(model.network.given), jax.tree.leaves(fresh.given), strict=True):
        assert np.array_equal(learned, known)


@pytest.mark.slow
def test_without_beta_everything_runs():
    naive = trained(dataclasses.replace(SETTINGS, beta=0.0, steps=5, reports=1))
    assert np.all(naive.p_fails(toy.random_designs(50), table(UNSEEN)) == 0)


def test_a_checkpoint_of_other_rooflines_is_refused(tmp_path):
    few, checkpoint = dataclasses.replace(SETTINGS, steps=8, reports=2), tmp_path / "half.npz"
    trained(few, checkpoint=checkpoint, watcher=lambda row: True)
    slower = dataclasses.replace(ROOFLINES, times=(Roofline("compute", 2e-9), *ROOFLINES.times[1:]))
    with pytest.raises(InvalidInputError, match="other rooflines"):
        train_offline(
            logs(), toy.PARAMETERS, CONTEXT, few, 0, rooflines=slower, area=toy.area_mm2, checkpoint=checkpoint
        )


@pytest.mark.slow
def test_a_file_and_a_checkpoint_keep_everything(model, tmp_path):
    path, designs = tmp_path / "model.npz", toy.random_designs(20, seed=2)
    model.save(path)
    loaded = OfflineModel.load(path)
    for application in ("deep", table(UNSEEN)):
        assert loaded.predict(designs, application).tolist() == model.predict(designs, application).tolist()
    few = dataclasses.replace(SETTINGS, alpha=0.1, steps=20, reports=4)
    checkpoint = tmp_path / "half.npz"
    trained(few, checkpoint=checkpoint, watcher=lambda row: row["step"] >= 10)
    assert trained(few, checkpoint=checkpoint).predict(designs, "deep").tolist() == (
        trained(few).predict(designs, "deep").tolist()
    )


@pytest.mark.slow
@pytest.mark.parametrize("miner", ["gradient", "firefly"])
def test_miners_work_on_it(miner):
    found = trained(dataclasses.replace(SETTINGS, alpha=0.1, steps=10, miner=miner, reports=1))
    assert found.is_complete
    assert np.isfinite(found.curves["negative"].iloc[-1])
    assert found.curves["negative"].iloc[-1] != 0


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({name: CONTEXT[name] for name in ("small", "wide", "deep")}, "application 'mixed' has none"),
        (CONTEXT | {"wide": CONTEXT["wide"].drop(columns="bytes")}, "layers of 'wide': column 'bytes' is missing"),
        (CONTEXT | {"wide": CONTEXT["wide"].assign(count=0)}, "layers of 'wide': allowed are numbers from 0 to 1e"),
        (CONTEXT | {"wide": CONTEXT["wide"].assign(kind=-2)}, "layers of 'wide': allowed are numbers from 0"),
        (CONTEXT | {"wide": CONTEXT["wide"].assign(bytes=np.nan)}, "layers of 'wide': allowed are numbers from 0"),
        (CONTEXT | {"wide": CONTEXT["wide"].assign(bytes=1e38)}, "layers of 'wide': allowed are numbers from 0"),
        (CONTEXT | {"wide": CONTEXT["wide"].assign(kind="conv")}, "layers of 'wide': a column has other values"),
        (CONTEXT | {"wide": CONTEXT["wide"].iloc[:0]}, "layers of 'wide': allowed are numbers from 0"),
        ({name: {"macs": 1.0} for name in CONTEXT}, "allowed are tables of layers with rooflines"),
    ],
)
def test_tables_of_layers_are_checked(context, message):
    with pytest.raises(InvalidInputError, match=message):
        train_offline(logs(), toy.PARAMETERS, context, SETTINGS, 0, rooflines=ROOFLINES)


@pytest.mark.parametrize(
    ("application", "message"),
    [
        ("tall", "'tall' is unknown"),
        ({"layers": 3}, "application is a context, not a table of layers"),
        (None, "application is missing"),
    ],
)
def test_applications_are_checked(model, application, message):
    with pytest.raises(InvalidInputError, match=message):
        model.predict(toy.random_designs(2), application)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"holds": (Hold("memory_b", (("absent",),)),)}, "ratio 'absent' is unknown; allowed: compute, traffic"),
        ({"holds": (Hold("memory_b", ((),)),)}, "a memory holds nothing"),
        ({"holds": (Hold("memory_b", ()),)}, "a memory holds nothing"),
        ({"program": ("absent",)}, "ratio 'absent' is unknown"),
        ({"issues": (Roofline("absent", 1e-9),)}, "ratio 'absent' is unknown"),
        ({"shapes": ()}, "shapes are empty"),
        ({"shapes": ("absent",)}, "field 'absent' is unknown"),
        ({"dealing": dataclasses.replace(ROOFLINES.dealing, tie="absent")}, "share 'absent' is unknown"),
        ({"dealing": dataclasses.replace(ROOFLINES.dealing, windows=(Window("seen", "pe_rows", "step", "kind"),))},
         "number 'step' is unknown"),
        ({"dealing": Dealing(((Share("pe_rows", ("absent",)),),), ("pe_rows",), "pe_rows")},
         "number 'absent' is unknown; allowed: rows, channels"),
        ({"ratios": (Ratio("compute", (("absent",),)),)}, "number 'absent' is unknown"),
        ({"ratios": (Ratio("compute", ()),)}, "ratio 'compute' asks for nothing"),
        ({"ratios": (Ratio("compute", ((),)),)}, "ratio 'compute' asks for nothing"),
        ({"ratios": (*ROOFLINES.ratios, ROOFLINES.ratios[0])}, "each name may occur once"),
        ({"times": (Roofline("compute", 0.0),)}, "unit of 'compute' is 0.0 s; allowed: above 0"),
    ],
)  # fmt: skip
def test_names_of_rooflines_are_checked(changes, message):
    with pytest.raises(InvalidInputError, match=message):
        dataclasses.replace(ROOFLINES, **changes)


@pytest.mark.parametrize("where", ["over", "times"])
def test_parameters_of_rooflines_are_checked(where):
    ratios = (*ROOFLINES.ratios, Ratio("other", (("rows",),), **{where: ("absent",)}))
    with pytest.raises(InvalidInputError, match="parameter 'absent' is unknown; allowed: pes, lanes"):
        train_offline(
            logs(), toy.PARAMETERS, CONTEXT, SETTINGS, 0, rooflines=dataclasses.replace(ROOFLINES, ratios=ratios)
        )


def of_scale(about):
    about["scale"] = [0, 0, 0]


def of_no_scale(about):
    about["scale"] = [None, 1, 2]


def of_units(about):
    about["rooflines"]["times"][0]["unit_s"] = -1


def of_parameters(about):
    about["parameters"] = [1]


def of_other_parameters(about):
    about["rooflines"]["ratios"][1]["over"] = ["absent"]


def of_seed(about):
    about["seed"] = math.inf


@pytest.mark.parametrize("damage", [of_scale, of_no_scale, of_units, of_parameters, of_other_parameters, of_seed])
def test_a_file_that_describes_no_model_is_refused(model, tmp_path, damage):
    about, arrays = content_of(model)
    about = json.loads(json.dumps(about))
    damage(about)
    write_checkpoint(tmp_path / "model.npz", about, arrays)
    with pytest.raises(InvalidInputError, match=r"model\.npz|rooflines"):
        OfflineModel.load(tmp_path / "model.npz")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("starts", lambda starts: starts + 100),
        ("starts", lambda starts: starts - 100),
        ("starts", lambda starts: starts[0]),
        ("starts", lambda starts: starts.astype(float)),
        ("weights0", lambda weights: np.full_like(weights, np.nan)),
        ("weights0", lambda weights: weights.astype(complex)),
    ],
)
def test_a_file_with_other_numbers_is_refused(model, tmp_path, name, change):
    about, arrays = content_of(model)
    write_checkpoint(tmp_path / "model.npz", about, {**arrays, name: change(arrays[name])})
    with pytest.raises(InvalidInputError, match=r"model\.npz"):
        OfflineModel.load(tmp_path / "model.npz")


def test_all_ways_of_dealing_out_have_the_same_shares():
    with pytest.raises(InvalidInputError, match="differ in shares"):
        Dealing(((Share("pe_rows", ("rows",)),), (Share("groups", ("rows",)),)), ("pe_rows",), "pe_rows")
