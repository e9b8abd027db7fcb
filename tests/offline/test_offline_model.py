import ast
import dataclasses
import json
import subprocess
import sys

import equinox as eqx
import jax
import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.offline import OfflineModel, OfflineSettings, train_offline
from accel_core.offline.checkpoint import read_checkpoint, write_checkpoint
from accel_core.offline.contexts import VectorContexts
from accel_core.offline.encoding import Encoding
from accel_core.offline.logs import read_logs, split
from accel_core.offline.losses import Batch, Scale, loss, slowed
from accel_core.offline.model import Found, make_network
from accel_core.offline.negatives import Limits, first_swarms, fly_on, swarm_contexts
from accel_core.offline.train import CURVES
from tests.offline import offline_toy as toy

LOSS = eqx.filter_jit(loss)
SLOPES = eqx.filter_jit(eqx.filter_grad(loss, has_aux=True))
NAIVE = dataclasses.replace(toy.SMALL, alpha=0.0, beta=0.0)


def weights(*values):
    return [np.asarray(value, dtype=np.float32) for value in values]


def trained(settings=toy.SMALL, seed=0, logs=None, **more):
    return train_offline(toy.logs() if logs is None else logs, toy.PARAMETERS, settings=settings, seed=seed, **more)


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def naive():
    return trained(NAIVE)


def same(first, second):
    designs = toy.random_designs(50, seed=9)
    assert first.predict(designs).tolist() == second.predict(designs).tolist()
    assert first.curves.equals(second.curves)


def expected(model, designs):
    """What optimizers minimize."""
    z, p_fails = model.scale.forward(model.predict(designs)), model.p_fails(designs)
    return model.scale.backward(z + p_fails * np.maximum(model.scale.ceiling - z, 0))


def batch_of(encoding, seed=0):
    rng = np.random.default_rng(seed)
    indices = [encoding.random((n,), rng) for n in (8, 6, 4)]
    ones = [np.ones((len(part), 1), dtype=np.float32) for part in indices]
    z = rng.normal(size=8).astype(np.float32)
    return Batch(indices[0], ones[0], z, indices[1], ones[1], indices[2], ones[2])


class TestLoss:
    encoding = Encoding.of(toy.PARAMETERS)
    network = make_network(encoding.counts, 1, toy.SMALL, 0)

    def test_every_weight_has_a_gradient(self):
        slopes, _ = SLOPES(self.network, batch_of(self.encoding), *weights(0.1, 0.1, 1e9))
        assert all(np.abs(np.asarray(leaf)).max() > 0 for leaf in jax.tree.leaves(slopes))

    def test_terms_stand_with_the_signs_of_a_latency(self):
        batch = batch_of(self.encoding)
        total, terms = LOSS(self.network, batch, *weights(0.3, 0.2, 1e9))
        found, lost = (np.asarray(part) for part in self.network(batch.feasible, batch.feasible_context))
        _, caught = (np.asarray(part) for part in self.network(batch.infeasible, batch.infeasible_context))
        negative = np.asarray(self.network(batch.negatives, batch.negatives_context).z)
        p_fails = [1 / (1 + np.exp(-logit)) for logit in (lost, caught)]
        entropy = -np.log(1 - p_fails[0]).mean() - np.log(p_fails[1]).mean()
        assert terms.error == pytest.approx(np.mean((found - batch.z) ** 2), rel=1e-5)
        assert terms.failure == pytest.approx(entropy, rel=1e-4)
        assert terms.negative == pytest.approx(negative.mean(), rel=1e-4)
        assert total == pytest.approx(float(terms.error) - 0.3 * negative.mean() + 0.2 * entropy, rel=1e-4)

    def test_negatives_above_the_ceiling_are_left_alone(self):
        batch = batch_of(self.encoding)
        total, terms = LOSS(self.network, batch, *weights(0.3, 0.2, -1e3))
        assert total == pytest.approx(float(terms.error) + 0.2 * float(terms.failure) + 0.3e3, rel=1e-5)

    def test_what_likely_fails_counts_as_slow(self):
        z, ceiling = np.array([-2.0, -2.0, -2.0, 5.0]), 3.0
        found = slowed(Found(z, np.array([-np.inf, 0.0, np.inf, np.inf])), ceiling)
        assert np.allclose(found, [-2.0, 0.5, 3.0, 5.0])

    def test_a_model_without_beta_thinks_that_all_runs(self):
        network = make_network(self.encoding.counts, 1, NAIVE, 0)
        batch = batch_of(self.encoding)
        found = network(batch.infeasible, batch.infeasible_context)
        assert np.all(np.isneginf(found.fails))
        assert np.array_equal(slowed(found, 3.0), found.z)

    def test_mixtures_of_one_value_are_designs(self):
        batch = batch_of(self.encoding)
        known = self.network.most_values
        mixtures = np.eye(known, dtype=np.float32)[batch.feasible]
        found = self.network.of_mixtures(mixtures, batch.feasible_context)
        assert np.allclose(found.z, self.network(batch.feasible, batch.feasible_context).z, atol=1e-5)

    def test_scale_goes_there_and_back(self):
        latency = np.array([1e-3, 2e-3, 0.5])
        scale = Scale.of(latency)
        assert np.allclose(scale.backward(scale.forward(latency)), latency)
        assert scale.ceiling > np.quantile(scale.forward(latency), 0.99)


class TestTraining:
    def test_it_learns_the_order_of_held_out_designs(self, model):
        curves = model.curves
        assert tuple(curves) == CURVES
        assert len(curves) == 5
        assert curves["loss"].iloc[-1] < curves["loss"].iloc[0]
        # The mean of the log would have an error of 1.
        assert curves["held_out_error"].iloc[-1] < 0.2
        assert curves["kendall"].iloc[-1] > 0.75
        assert model.is_complete

    def test_alpha_raises_predictions_off_the_data(self):
        # Only slow designs are logged; the fast ones are off the data.
        logs = toy.logs(slowest_share=0.6)
        off = toy.random_designs(600, seed=3)
        off = off[(toy.latency_s(off) < logs["runtime_s"].min()) & (off["lanes"] * 512 <= off["memory_b"])]
        low, high = (
            trained(dataclasses.replace(toy.SMALL, alpha=alpha, beta=1e-6), logs=logs) for alpha in (1e-6, 1.0)
        )
        assert np.log(high.predict(off)).mean() > np.log(low.predict(off)).mean() + 0.3

    def test_beta_tells_what_does_not_run(self, model, naive):
        designs = toy.logs(seed=5)
        is_infeasible = (designs["status"] == "infeasible").to_numpy()
        assert np.mean((model.p_fails(designs) > 0.5) == is_infeasible) > 0.95
        assert np.all(naive.p_fails(designs) == 0)
        assert model.curves["right"].iloc[-1] > 0.9
        assert naive.curves["right"].iloc[-1] == 0.5

    def test_negatives_keep_to_area_limits(self):
        encoding = Encoding.of(toy.PARAMETERS)
        feasible = read_logs(toy.logs(), encoding, False)[0].indices
        limits = Limits.of(lambda indices: toy.area_mm2(encoding.designs_of(indices)), feasible)
        network = make_network(encoding.counts, None, toy.SMALL, 0)
        swarms = first_swarms(encoding, 1, dataclasses.replace(toy.SMALL, negatives=64), 0)
        contexts = swarm_contexts(np.ones((1, 1), dtype=np.float32), swarms)
        rng = np.random.default_rng(0)
        before = (limits.excess(swarms) > 0).mean()
        moved = fly_on(network, swarms, contexts, encoding.counts, 3.0, limits, 30, rng)
        assert before > 0.3
        assert (limits.excess(moved) > 0).mean() < 0.1

    def test_same_seed_same_numbers(self, model):
        same(model, trained())
        assert not np.array_equal(model.predict(toy.random_designs(5)), trained(seed=1).predict(toy.random_designs(5)))

    @pytest.mark.slow
    def test_gradient_negatives(self):
        settings = dataclasses.replace(toy.SMALL, miner="gradient", steps=60, reports=2)
        same(trained(settings), trained(settings))

    def test_resumed_equals_uninterrupted(self, model, tmp_path):
        path = tmp_path / "m.npz"
        stopped = trained(checkpoint=path, watcher=lambda row: row["step"] >= 60)
        assert (len(stopped.curves), stopped.is_complete) == (2, False)
        seen = []
        resumed = trained(checkpoint=path, watcher=lambda row: seen.append(row["step"]))
        assert seen == [90, 120, 150]
        same(resumed, model)

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"seed": 1}, "seed"),
            ({"settings": dataclasses.replace(toy.SMALL, alpha=0.2)}, "settings"),
            ({"logs": toy.logs(seed=1)}, "logs"),
        ],
    )
    def test_a_checkpoint_of_another_training_is_refused(self, change, what, tmp_path):
        path = tmp_path / "m.npz"
        trained(checkpoint=path, watcher=lambda row: True)
        with pytest.raises(InvalidInputError, match=f"m.npz: checkpoint of a training with other {what}"):
            trained(checkpoint=path, **change)


@pytest.fixture(scope="module")
def several():
    parts = [toy.logs(work=work).assign(application=name) for name, work in (("small", 1.0), ("large", 4.0))]
    context = {"small": {"macs": 1e6}, "large": {"macs": 4e6}}
    return train_offline(pd.concat(parts, ignore_index=True), toy.PARAMETERS, context, toy.SMALL)


class TestContext:
    def test_applications_are_told_apart(self, several):
        designs = toy.random_designs(200, seed=4)
        designs = designs[designs["lanes"] * 512 <= designs["memory_b"]]
        small, large = (several.predict(designs, name) for name in ("small", "large"))
        assert 1.5 < np.exp(np.log(large / small).mean()) < 4

    def test_an_unseen_one_lies_between(self, several):
        designs = toy.random_designs(50, seed=4)
        found = [np.log(several.predict(designs, a)).mean() for a in ("small", {"macs": 2e6}, "large")]
        assert found == sorted(found)
        best = several.optimize(12.0, 3, 0, toy.area_mm2, ["small", {"macs": 2e6}])
        assert len(best) == 3

    def test_an_unseen_one_is_not_trusted_beyond_those_seen(self, several):
        designs = toy.random_designs(300, seed=6)
        seen = np.max([several.p_fails(designs, name) for name in ("small", "large")], axis=0)
        unseen = several.p_fails(designs, {"macs": 2e6})
        assert np.all(unseen >= seen - 1e-6)
        assert several.predict(designs, {"macs": 1e6}) == pytest.approx(several.predict(designs, "small"), rel=1e-4)

    @pytest.mark.parametrize(
        ("application", "message"),
        [
            (None, "application is missing; allowed: large, small, or a context"),
            ("tiny", "application 'tiny' is unknown to the model; allowed: large, small, or a context"),
            ({"layers": 3}, "context of 'context' has layers; needed: macs"),
            ({"macs": -1.0}, "allowed: numbers from 0"),
        ],
    )
    def test_wrong_applications_are_refused(self, several, application, message):
        with pytest.raises(InvalidInputError, match=message):
            several.predict(toy.random_designs(2), application)

    def test_several_applications_need_a_context(self):
        logs = toy.logs().assign(application=["a", "b"] * (len(toy.logs()) // 2))
        with pytest.raises(InvalidInputError, match="logs are of 2 applications; without context one is allowed"):
            trained(logs=logs)


class TestOptimize:
    def test_designs_respect_the_area_and_the_table(self, model):
        best = model.optimize(9.0, 20, 0, toy.area_mm2)
        assert (toy.area_mm2(best) <= 9.0).all()
        assert np.array_equal(best["chip_area_mm2"], toy.area_mm2(best))
        assert all(best[name].isin(values).all() for name, values in toy.PARAMETERS.items())
        assert not best.duplicated(list(toy.PARAMETERS)).any()
        # Batches of another size round differently.
        assert np.allclose(best["predicted_s"], model.predict(best), rtol=1e-5)
        assert np.allclose(best["p_fails"], model.p_fails(best), atol=1e-5)

    def test_it_finds_the_best_of_all_by_the_model(self, model):
        every = pd.MultiIndex.from_product(toy.PARAMETERS.values(), names=toy.PARAMETERS).to_frame(index=False)
        small = every[toy.area_mm2(every) <= 9.0]
        best = model.optimize(9.0, 1, 0, toy.area_mm2)
        assert expected(model, best)[0] == pytest.approx(expected(model, small).min(), rel=1e-5)

    def test_what_likely_fails_is_not_picked(self, model, naive):
        best, fooled = (m.optimize(6.0, 10, 0, toy.area_mm2) for m in (model, naive))
        fits, lies = (designs["lanes"] * 512 <= designs["memory_b"] for designs in (best, fooled))
        assert fits.mean() > 0.9
        assert lies.mean() < 0.9

    def test_same_seed_same_designs(self, model):
        first, second = (model.optimize(9.0, 5, 3, toy.area_mm2) for _ in range(2))
        assert first.equals(second)

    def test_impossible_limits_are_refused(self, model):
        with pytest.raises(InvalidInputError, match=r"area limit is 0\.5 mm2; the optimizer found 0 designs"):
            model.optimize(0.5, 1, 0, toy.area_mm2)
        with pytest.raises(InvalidInputError, match="area limit is -1 mm2; allowed: above 0"):
            model.optimize(-1.0, 1, 0, toy.area_mm2)
        with pytest.raises(InvalidInputError, match="n is 0; allowed: 1 to 1000"):
            model.optimize(9.0, 0, 0, toy.area_mm2)


class TestFile:
    def test_a_saved_model_is_the_same(self, model, tmp_path):
        model.save(tmp_path / "m.npz")
        loaded = OfflineModel.load(tmp_path / "m.npz")
        same(loaded, model)
        assert loaded.optimize(9.0, 3, 0, toy.area_mm2).equals(model.optimize(9.0, 3, 0, toy.area_mm2))

    def test_a_model_without_moments_is_no_checkpoint(self, model, tmp_path):
        model.save(tmp_path / "m.npz")
        with pytest.raises(InvalidInputError, match="a model without what training needs"):
            trained(checkpoint=tmp_path / "m.npz")

    def test_changed_weights_are_refused(self, model, tmp_path):
        path = tmp_path / "m.npz"
        model.save(path)
        with np.load(path) as content:
            arrays = dict(content)
        arrays["weights0"] = arrays["weights0"] + 1
        np.savez(path, **arrays)
        with pytest.raises(InvalidInputError, match=r"m\.npz: changed since it was written"):
            OfflineModel.load(path)

    def test_arrays_of_other_shapes_are_refused(self, model, tmp_path):
        path = tmp_path / "m.npz"
        model.save(path)
        file = read_checkpoint(path)
        write_checkpoint(path, file.about, {**file.arrays, "weights0": np.zeros((2, 2), dtype=np.float32)})
        with pytest.raises(InvalidInputError, match=r"m\.npz: arrays have shapes"):
            OfflineModel.load(path)

    def test_missing_parts_are_refused(self, model, tmp_path):
        path = tmp_path / "m.npz"
        model.save(path)
        file = read_checkpoint(path)
        write_checkpoint(path, {"seed": 0}, file.arrays)
        with pytest.raises(InvalidInputError, match=r"m\.npz: not a readable offline model: 'parameters'"):
            OfflineModel.load(path)

    @pytest.mark.parametrize("cut", [0, 100, -30])
    def test_cut_files_are_refused(self, model, tmp_path, cut):
        path = tmp_path / "m.npz"
        model.save(path)
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(InvalidInputError, match=r"m\.npz: not a readable offline model"):
            OfflineModel.load(path)

    def test_objects_are_not_unpickled(self, tmp_path):
        np.savez(tmp_path / "m.npz", about=np.array([{}], dtype=object))
        with pytest.raises(InvalidInputError, match=r"m\.npz: not a readable offline model"):
            OfflineModel.load(tmp_path / "m.npz")

    def test_another_format_is_refused(self, tmp_path):
        text = json.dumps({"format": "x", "digest": ""}).encode()
        np.savez(tmp_path / "m.npz", about=np.frombuffer(text, dtype=np.uint8))
        with pytest.raises(InvalidInputError, match="format is 'x'; allowed: 'accelscope offline model 2'"):
            OfflineModel.load(tmp_path / "m.npz")


class TestInputs:
    @pytest.mark.parametrize(
        ("logs", "message"),
        [
            (toy.logs().drop(columns="status"), "logs: column 'status' is missing"),
            (toy.logs().drop(columns="pes"), "logs: column 'pes' is missing"),
            (toy.logs().assign(pes=3), "logs, row 1: pes is 3; allowed: 1, 2, 4, 6, 8, 16"),
            (toy.logs().assign(runtime_s=0.0), "logs, row 1: runtime_s is 0.0; allowed: above 0"),
            (toy.logs().iloc[:12], "feasible designs; needed: at least 16"),
        ],
    )
    def test_wrong_logs_are_refused(self, logs, message):
        with pytest.raises(InvalidInputError, match=message):
            trained(logs=logs)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"alpha": -1.0}, "setting alpha is -1.0; allowed: numbers from 0 to 100"),
            ({"alpha": float("nan")}, "setting alpha is nan"),
            ({"steps": 1.5}, "setting steps is 1.5; allowed: whole numbers"),
            ({"embedding": 10, "heads": 4}, "setting embedding is 10; it must be even and a multiple of heads, 4"),
            ({"miner": "guess"}, "setting miner is 'guess'; allowed: firefly, gradient"),
        ],
    )
    def test_wrong_settings_are_refused(self, change, message):
        with pytest.raises(InvalidInputError, match=message):
            OfflineSettings(**change)

    def test_held_out_designs_are_not_learned_from(self):
        rows, _ = read_logs(toy.logs(), Encoding.of(toy.PARAMETERS), False)
        parts = split(rows, 0.25, 0)
        assert sum(map(len, (parts.feasible, parts.infeasible, parts.held_feasible, parts.held_infeasible))) == len(
            rows
        )
        assert len(parts.held_feasible) == int(0.25 * np.isfinite(rows.latency_s).sum())
        assert np.isfinite(parts.held_feasible.latency_s).all()
        assert np.isnan(parts.infeasible.latency_s).all()

    def test_an_application_that_never_ran_is_no_error(self):
        logs = [toy.logs().assign(application="a"), toy.logs(seed=1).assign(application="b")]
        logs[1] = logs[1][logs[1]["status"] == "infeasible"]
        context = {"a": {"macs": 1e6}, "b": {"macs": 4e6}}
        settings = dataclasses.replace(toy.SMALL, steps=5, reports=1)
        found = train_offline(pd.concat(logs, ignore_index=True), toy.PARAMETERS, context, settings)
        assert np.isfinite(found.curves["right"]).all()

    def test_without_context_there_is_one_row(self):
        assert VectorContexts.of(None, ()).row(None).tolist() == [1.0]


class TestNothingIsSimulated:
    def test_the_room_reaches_no_simulator(self):
        script = (
            "import sys, accel_core.offline; "
            "print([m for m in sys.modules if m.startswith('accel_core.') and m.split('.')[1] in "
            "('platforms', 'evaluators', 'store', 'physical', 'optimizers', 'campaigns', 'workloads', 'process')])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert ast.literal_eval(done.stdout) == []

    def test_nothing_is_imported_or_evaluated_while_it_runs(self, monkeypatch):
        from accel_core.evaluators import results
        from accel_core.platforms.edgetpu import metrics, simulate

        def refuse(*args, **kwargs):
            raise AssertionError("a simulator was called")

        for module, name in ((simulate, "simulate"), (metrics, "simulate"), (metrics, "analytical")):
            monkeypatch.setattr(module, name, refuse)
        assert results is not None
        loaded = {name for name in sys.modules if name.startswith("accel_core.")}
        model = trained(dataclasses.replace(toy.SMALL, steps=5, reports=1))
        model.optimize(9.0, 3, 0, toy.area_mm2)
        assert {name for name in sys.modules if name.startswith("accel_core.")} == loaded
