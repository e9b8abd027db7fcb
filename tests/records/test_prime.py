"""The released logs as tables: what is read, and one sentence for whatever is wrong, by file and record."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core import records
from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.process import Limits, run
from accel_core.records import APPLICATIONS, PARAMETERS, PUBLISHED, application_of, import_prime
from accel_core.space import DesignSpace
from tests.records import prime_files
from tests.records.prime_files import GOOD, Value

SIZES = st.floats(2**-10, 2**20, width=32)
DESIGNS = st.fixed_dictionaries(
    {
        f"param_{i}": st.sampled_from([float(value) for value in values])
        for i, values in enumerate(PARAMETERS.values(), 1)
    }
    | {"runtime": SIZES, "area": SIZES, "infeasible": st.integers(0, 1)}
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "log.parquet"


def refuse(path: Path, message: str, out: Path) -> None:
    with pytest.raises(InvalidInputError, match=message):
        import_prime([path], "m4", out)
    assert not list(out.parent.glob("*.parquet")) + list(out.parent.glob(".*.tmp"))


def with_(**changes: Value) -> Mapping[str, Value]:
    return {**GOOD, **changes}


def test_the_space_has_the_released_size() -> None:
    assert math.prod(len(values) for values in PARAMETERS.values()) == 452_760_000
    assert sum(len(values) for values in PARAMETERS.values()) == 77  # the one-hot width that the release prints


def test_the_released_values_are_those_of_the_template() -> None:
    space = DesignSpace.from_yaml(data_path() / "spaces" / "edgetpu.yaml")

    assert [(parameter.name, tuple(parameter.values)) for parameter in space.parameters] == list(PARAMETERS.items())


def test_the_published_logs_are_mostly_infeasible() -> None:
    shares = [log.feasible / (log.feasible + log.infeasible) for log in PUBLISHED.values()]

    assert len(shares) == 9
    assert all(0.1 < share < 0.31 for share in shares)
    assert all(log.min_s < log.mean_s < log.max_s for log in PUBLISHED.values())


def test_one_record_is_one_row_in_si_units(tmp_path: Path, out: Path) -> None:
    path = prime_files.write(tmp_path / "one.tfrecord", [GOOD])

    logged = import_prime([path], "m4", out)

    assert pd.read_parquet(out).to_dict("records") == [
        {"application": "m4", "pes_x": 8, "pes_y": 6, "cores": 64, "lanes": 4, "pe_memory_b": 2097152,
         "core_memory_b": 32768, "activation_memory_b": 1024, "instruction_memory_b": 16384,
         "parameter_memory_b": 8192, "dram_gbps": 20, "status": "ok", "runtime_s": 0.31025, "chip_area_mm2": 26.5}
    ]  # fmt: skip
    assert logged == records.Logged(0, 1, 0.31025, 0.31025, 0.31025)


@settings(max_examples=30)
@given(designs=st.lists(DESIGNS, min_size=1, max_size=20), is_packed=st.booleans(), order=st.randoms())
def test_what_is_written_is_read(
    designs: list[dict[str, Value]], is_packed: bool, order: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    shuffled = [dict(sorted(design.items(), key=lambda _: order.random())) for design in designs]  # type: ignore[attr-defined]
    path = folder / "any.tfrecord"
    path.write_bytes(b"".join(prime_files.frame(prime_files.example(design, is_packed)) for design in shuffled))

    logged = import_prime([path], "unet", folder / "log.parquet")

    table, given_ = pd.read_parquet(folder / "log.parquet"), pd.DataFrame(designs)
    for i, name in enumerate(PARAMETERS, 1):
        assert table[name].tolist() == given_[f"param_{i}"].tolist()
    is_ok = given_["infeasible"] == 0
    assert (table["status"] == "ok").tolist() == is_ok.tolist()
    assert table["runtime_s"].isna().tolist() == (~is_ok).tolist()
    np.testing.assert_allclose(table["runtime_s"][is_ok], given_["runtime"][is_ok] * 1e-3, rtol=1e-15)
    assert table["chip_area_mm2"].tolist() == given_["area"].tolist()
    assert (logged.infeasible, logged.feasible) == ((~is_ok).sum(), is_ok.sum())
    assert np.array_equal([logged.min_s, logged.max_s], table["runtime_s"].agg(["min", "max"]), equal_nan=True)
    np.testing.assert_allclose(logged.mean_s, table["runtime_s"].mean())


@pytest.mark.parametrize("runtime", [0.0, -1.0, math.inf, math.nan])
def test_infeasible_designs_have_no_runtime_and_an_area_where_the_file_has_one(
    runtime: float, tmp_path: Path, out: Path
) -> None:
    made_up = with_(infeasible=1, runtime=runtime, area=runtime)
    path = prime_files.write(tmp_path / "two.tfrecord", [made_up, with_(infeasible=1, runtime=5.0, area=30.0)])

    logged = import_prime([path], "m4", out)

    table = pd.read_parquet(out)
    assert table["status"].tolist() == ["infeasible"] * 2
    assert table["runtime_s"].isna().all()
    assert table["chip_area_mm2"].isna().tolist() == [True, False]
    assert logged.infeasible == 2
    assert math.isnan(logged.mean_s)


def test_several_files_are_one_log_in_their_order(tmp_path: Path, out: Path) -> None:
    paths = [prime_files.write(tmp_path / f"{n}.tfrecord", [with_(runtime=float(n))] * n) for n in (3, 1, 2)]

    logged = import_prime(paths, "m6", out)

    assert pd.read_parquet(out)["runtime_s"].tolist() == [0.003] * 3 + [0.001] + [0.002] * 2
    assert logged == records.Logged(0, 6, 0.001, pytest.approx(0.014 / 6), 0.003)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (with_(param_1=3.0), r"param_1 \(pes_x\) is 3; allowed: 1, 2, 4, 6, 8, 10, 12, 14, 16, 32"),
        (with_(param_3=2.0), r"param_3 \(cores\) is 2; allowed: 4, 8, 16, 32, 64, 128, 256"),
        (with_(param_5=2097153.0), r"param_5 \(pe_memory_b\) is 2097153; allowed: 262144, "),
        (with_(param_10=math.nan), r"param_10 \(dram_gbps\) is nan; allowed: 5, 10, 16, 20, 25, 30"),
        (with_(infeasible=2), r"infeasible is 2; allowed: 0, 1"),
        (with_(infeasible=-1), r"infeasible is -1; allowed: 0, 1"),
        (with_(runtime=0.0), r"runtime is 0; allowed: numbers above 0 where infeasible is 0"),
        (with_(runtime=math.inf), r"runtime is inf; allowed: numbers above 0"),
        (with_(area=-4.5), r"area is -4.5; allowed: numbers above 0"),
        (with_(infeasible=0.0), r"field 'infeasible' holds floats; allowed: one integer"),
        (with_(param_2=6), r"field 'param_2' holds integers; allowed: one float"),
        (with_(param_2=b"6"), r"field 'param_2' holds bytes; allowed: one float"),
        (with_(runtime=[1.0, 2.0]), r"field 'runtime' holds 2 floats; allowed: one"),
        (with_(infeasible=[1, 0, 300]), r"field 'infeasible' holds 3 integers; allowed: one"),
        (with_(speed=1.0), r"field 'speed' is unknown; allowed: param_1, "),
        (with_(param_11=1.0), r"field 'param_11' is unknown"),
        ({name: value for name, value in GOOD.items() if name != "area"}, r"field 'area' is missing; needed: param_1"),
        ({}, r"field 'param_1' is missing"),
    ],
)  # fmt: skip
def test_a_wrong_record_is_named(record: Mapping[str, Value], message: str, tmp_path: Path, out: Path) -> None:
    path = prime_files.write(tmp_path / "bad.tfrecord", [GOOD, GOOD, record, with_(param_1=99.0)])

    refuse(path, rf"bad.tfrecord, record 3: {message}", out)


def test_the_first_of_several_wrong_records_is_named(tmp_path: Path, out: Path) -> None:
    bad = [with_(area=0.0), with_(param_4=5.0), with_(speed=1.0)]
    refuse(prime_files.write(tmp_path / "a.tfrecord", [GOOD, *bad]), r"record 2: area is 0", out)
    refuse(prime_files.write(tmp_path / "b.tfrecord", [GOOD, *bad[::-1]]), r"record 2: field 'speed'", out)
    refuse(prime_files.write(tmp_path / "c.tfrecord", [GOOD, *bad[1:]]), r"record 2: param_4 \(lanes\) is 5", out)


def test_a_field_that_stands_twice_is_refused(tmp_path: Path, out: Path) -> None:
    record = prime_files.example(GOOD)
    again = prime_files.example({"area": 1.0})
    (tmp_path / "two.tfrecord").write_bytes(prime_files.frame(record + again))

    refuse(tmp_path / "two.tfrecord", r"record 1: field 'area' stands twice", out)


@given(position=st.integers(0, 200), byte=st.integers(0, 255))
def test_no_record_however_damaged_crashes_or_reads_past_its_end(
    position: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = bytearray(prime_files.example(GOOD))
    record[position % len(record)] = byte
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "damaged.tfrecord"
    path.write_bytes(prime_files.frame(bytes(record)))
    said = ["damaged.tfrecord, record 1: "]
    try:
        import_prime([path], "m4", folder / "log.parquet")
    except InvalidInputError as error:
        said.append(str(error))
    assert all(said[0] in sentence for sentence in said)


def test_every_cut_of_a_records_content_is_refused(tmp_path: Path, out: Path) -> None:
    record, path = prime_files.example(GOOD), tmp_path / "cut.tfrecord"
    for n_bytes in range(len(record)):
        path.write_bytes(prime_files.frame(record[:n_bytes]))
        refuse(path, r"record 1: (it is no tf.train.Example|field 'param_1' is missing)", out)


def test_a_cut_file_leaves_the_table_of_an_earlier_import(tmp_path: Path, out: Path) -> None:
    good = prime_files.write(tmp_path / "good.tfrecord", [GOOD])
    cut = tmp_path / "cut.tfrecord"
    cut.write_bytes(good.read_bytes() * 2 + good.read_bytes()[:-1])
    import_prime([good], "m4", out)
    before = out.read_bytes()

    with pytest.raises(InvalidInputError, match=r"cut.tfrecord, record 3: the file ends within it"):
        import_prime([good, cut], "m4", out)

    assert out.read_bytes() == before
    assert not list(tmp_path.glob(".*.tmp"))


def test_wrong_names_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"application 'm7' is unknown; allowed: mobilenet_edgetpu, "):
        import_prime([tmp_path / "none"], "m7", tmp_path / "log.parquet")
    with pytest.raises(InvalidInputError, match=r"log.csv: the file's name must end in .parquet"):
        import_prime([tmp_path / "none"], "m4", tmp_path / "log.csv")


def test_released_folders_name_their_application() -> None:
    folders = ("MobilenetEdgeTPU", "MobileNetEdgeTPU", "MobilenetV2", "MobilenetV3", "m4", "m5", "m6", "t_rnn_dec",
               "t_rnn_enc", "u-net")  # fmt: skip
    assert {application_of(Path(folder) / "part-0.tfrecord") for folder in folders} == set(APPLICATIONS)
    assert application_of(Path("downloads/part-0.tfrecord")) is None


IMPORT = """
import sys, resource
from pathlib import Path
from accel_core.records import import_prime
small, large, out = map(Path, sys.argv[1:])
import_prime([small], "m4", out)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import_prime([large], "m4", out)
print("grew", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_million_records_are_read_quickly_in_bounded_memory(tmp_path: Path, out: Path) -> None:
    small = prime_files.write(tmp_path / "small.tfrecord", [GOOD, with_(infeasible=1)])
    large = tmp_path / "large.tfrecord"
    with large.open("wb") as stream:
        for _ in range(100):
            stream.write(small.read_bytes() * 5_000)

    finished = run(
        [sys.executable, "-c", IMPORT, str(small), str(large), str(out)],
        "test",
        Limits(120),
        cwd=Path(__file__).parents[2],
        env={**os.environ},
    )

    assert finished.exit_code == 0, finished.output
    grew_kb = int(finished.output.split("grew ")[1])
    assert large.stat().st_size > 260e6
    assert grew_kb < 150_000
    assert pq.ParquetFile(out).metadata.num_rows == 1_000_000
    assert pq.ParquetFile(out).metadata.num_row_groups >= 10
    assert finished.cpu_s < 15
