"""The nine applications: their layers add up to what is known of them."""

from pathlib import Path

import numpy as np
import pytest

from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.platforms.edgetpu.applications import CONTEXT, KINDS, Application, applications, arrays_of, rows_of
from accel_core.platforms.edgetpu.architecture import FEASIBLE
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.workloads import Layer, Workload
from scripts import make_edgetpu_applications

NAMES = ["mobilenet_edgetpu", "mobilenet_v2", "mobilenet_v3", "m4", "m5", "m6", "unet", "t_rnn_dec", "t_rnn_enc"]

each = pytest.mark.parametrize("application", applications().values(), ids=applications().keys())


def test_they_are_the_nine_of_the_source() -> None:
    assert list(applications()) == NAMES


@each
def test_totals_are_within_five_percent_of_the_remembered_ones(application: Application) -> None:
    known = application.remembered
    for kind in KINDS[:3]:
        if kind in known:
            assert application.count(kind) == pytest.approx(known[kind], rel=0.05), kind
    assert application.parameters / 2**20 == pytest.approx(known["parameters_mib"], rel=0.05)
    assert 2 * application.macs == pytest.approx(known["operations"], rel=0.05)


@each
def test_made_up_layers_are_always_labelled(application: Application) -> None:
    is_public = application.name.startswith("mobilenet")
    assert application.is_reconstructed is not is_public
    for words in (application.title, application.source):
        assert ("reconstruction" in words) is application.is_reconstructed


@each
def test_every_layer_takes_what_the_layers_before_it_give(application: Application) -> None:
    """Channels come from the layer before, or with a skip from two; the network never reads what nothing wrote."""
    made = {application.rows[0].C}
    for before, row in zip((application.rows[0], *application.rows), application.rows, strict=False):
        assert row.kind in KINDS
        if row.kind in ("depthwise", "pool", "scale"):
            assert row.C == row.M
        if row.kind == "dense":
            assert row[4:8] == (1, 1, 1, 1)
        assert row.C in made or any(row.C - other in made for other in made) or before is row
        made.add(row.M)


@each
def test_a_workload_has_the_same_macs_and_runs_the_same_rows(application: Application) -> None:
    assert application.workload.macs == application.macs == application.layers.macs.sum()
    assert rows_of(application.workload) == application.rows


def test_contexts_tell_the_applications_apart() -> None:
    contexts = np.array([application.context for application in applications().values()])
    assert contexts.shape == (9, len(CONTEXT))
    assert len(np.unique(contexts, axis=0)) == 9
    row = dict(zip(CONTEXT, applications()["mobilenet_v2"].context, strict=True))
    assert (row["conv_layers"], row["depthwise_layers"], row["dense_layers"]) == (35, 17, 1)
    assert row["macs"] == applications()["mobilenet_v2"].macs


def test_depthwise_layers_have_a_filter_for_each_channel_and_gates_have_none() -> None:
    layers = applications()["mobilenet_v3"].layers
    rows = applications()["mobilenet_v3"].rows
    number = next(i for i, row in enumerate(rows) if row.name == "block4_depthwise")
    assert rows[number][2:] == (72, 72, 28, 28, 5, 5, 2)
    assert layers.weight_bytes[number] == 72 * 25
    assert layers.macs[number] == 72 * 25 * 28 * 28
    gate = next(i for i, row in enumerate(rows) if row.kind == "scale")
    assert (layers.weight_bytes[gate], layers.macs[gate]) == (0, 0)


def test_the_tables_are_those_that_the_script_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "applications").mkdir()
    monkeypatch.setattr(make_edgetpu_applications, "data_path", lambda: tmp_path)
    make_edgetpu_applications.main()
    for name in NAMES:
        written = (tmp_path / "applications" / f"{name}.csv").read_bytes()
        assert written == (data_path() / "applications" / f"{name}.csv").read_bytes(), name


def test_layers_from_outside_become_rows() -> None:
    workload = Workload(
        "own", "own", "test", (
            Layer("a", 3, 8, 9, 9, 3, 3), Layer("b", 1, 1, 9, 9, 3, 3, 1, 8), Layer("c", 4, 2, 9, 9, 1, 1, 1, 2),
            Layer("d", 16, 5, 1, 1, 1, 1),
        )
    )  # fmt: skip
    rows = rows_of(workload)
    assert [(row.name, row.kind, row.C, row.M) for row in rows] == [
        ("a", "conv", 3, 8), ("b", "depthwise", 8, 8), ("c", "conv", 4, 2), ("c", "conv", 4, 2), ("d", "dense", 16, 5)
    ]  # fmt: skip
    assert arrays_of(rows).macs.sum() == workload.macs


def test_workloads_that_it_cannot_run_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"workload 'stream' has no layers; this platform runs layers"):
        rows_of(Workload("stream", "t", "s", n_vectors=3))
    with pytest.raises(InvalidInputError, match=r"workload 'long' has more than 10,000 layers to run"):
        rows_of(Workload("long", "t", "s", (Layer("a", 2, 2, 1, 1, 1, 1, 1, 10**9),)))


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Layer("a", 1, 2, 10**6, 1, 1, 1), "1,000,000 rows of input; at most 32,768"),
        (Layer("a", 1, 2, 1, 20_000, 1, 1, 2), "39,999 columns of input; at most 32,768"),
        (Layer("a", 10**4, 2, 2000, 2000, 1, 1), "40,000,000,000 bytes of input; at most 4,294,967,296"),
        (Layer("a", 1, 10**4, 2000, 2000, 1, 1), "40,000,000,000 bytes of output"),
        (Layer("a", 10**5, 10**5, 1, 1, 1, 1), "10,000,000,000 parameters"),
        (Layer("a", 10**4, 10**4, 500, 500, 6, 6), "900,000,000,000,000 multiply-accumulates"),
    ],
)
def test_a_layer_too_large_for_the_arithmetic_is_refused(layer: Layer, words: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"layer 'a' has {words}"):
        rows_of(Workload("big", "t", "s", (layer,)))


def test_the_largest_layers_do_not_overflow() -> None:
    """At the limits no number turns negative, and no layer is faster than its multipliers."""
    rows = rows_of(
        Workload(
            "big", "t", "s",
            (Layer("wide", 4, 4, 32_000, 32_000, 3, 3), Layer("deep", 60_000, 60_000, 1, 1, 1, 1),
             Layer("tall", 1, 1, 16_385, 8, 16_384, 1)),
        )
    )  # fmt: skip
    indices = np.array([[i, i, min(i, 6), i, min(i, 6), 10, 6, 3, 4, 0] for i in range(10)], dtype=np.uint8)
    outcome = simulate(indices, arrays_of(rows))
    for column in outcome:
        assert (np.nan_to_num(column.astype(float)) >= -1).all()
    values_seen = simulate(indices, arrays_of(rows[:1]))
    ok = values_seen.memory == FEASIBLE
    assert (values_seen.cycles[ok] >= 9 * 16 * 32_000**2 / (4 * 1024 * 256 * 32)).all()
