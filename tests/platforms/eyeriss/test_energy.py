"""Energy tables: the reference to the digit, what sizes do to it, and files that people bring."""

from __future__ import annotations

import copy
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss import EYERISS, component_model
from accel_core.platforms.eyeriss.component_model import constants, growth, register_file_pj
from accel_core.platforms.eyeriss.energy import ENERGIES, TABLES, energy_table, pinned_table
from accel_core.space.documents import MAX_BYTES, dump_document

SOURCE = EYERISS.space.defaults().iloc[0].to_dict()
# Timeloop/Accelergy exercises, eyeriss_like, reference ERT v0.4.
REFERENCE = {
    "dram_read": 512.0,
    "dram_write": 512.0,
    "glb_read": 18.183829,
    "glb_write": 14.137929,
    "glb_leak": 0.005652,
    "ifmap_read": 0.202442,
    "ifmap_write": 0.176713,
    "ifmap_leak": 0.000101,
    "weights_read": 1.976602,
    "weights_write": 1.881657,
    "weights_leak": 0.001592,
    "psum_read": 0.2513,
    "psum_write": 0.2191,
    "psum_leak": 0.000134,
    "mac": 0.207692,
}
BUFFERS = ("glb", "ifmap", "weights", "psum")

OWN = """
title: Test chip
source: measured
levels:
  dram: {read_pj: 300, write_pj: 310.5}
  glb: {read_pj: 1.0e1, write_pj: 9, leak_pj_per_cycle: 0.01}
  ifmap: {read_pj: 0.1, write_pj: 0.2, leak_pj_per_cycle: 0}
  weights: {read_pj: 1, write_pj: 2, leak_pj_per_cycle: 0.001}
  psum: {read_pj: 0.3, write_pj: 0.4}
  mac: {compute_pj: 0}
"""
OWN_ENERGIES = [300, 310.5, 10, 9, 0.01, 0.1, 0.2, 0, 1, 2, 0.001, 0.3, 0.4, 0, 0]


def table_of(component: str, **energies: float) -> str:
    lines = [f"      - name: {component}", "        actions:"]
    for name, energy in energies.items():
        lines += [f"          - name: {name}", "            arguments: {}", f"            energy: {energy}"]
    return "\n".join(lines) + "\n"


def ert(prefix: str = "system_top_level.", version: str = "'0.4'") -> str:
    """An ERT as Accelergy writes it, with the reference energies."""
    text = f"ERT:\n    version: {version}\n    tables:\n"
    text += table_of(f"{prefix}DRAM[1..1]", write=512.0, read=512.0, update=512.0, leak=0.0)
    text += table_of(f"{prefix}inter_PE_spatial[1..14]", leak=0.0)
    spads = (("ifmap", "ifmap_spad[1..168]"), ("weights", "weights_spad[1..168]"), ("psum", "psum_spad[1..168]"))
    for level, component in (("glb", "shared_glb[1..1]"), *spads):
        read, write, leak = (REFERENCE[f"{level}_{action}"] for action in ("read", "write", "leak"))
        text += table_of(f"{prefix}{component}", write=write, read=read, leak=leak, update=write)
    return text + table_of(f"{prefix}mac[1..168]", compute=0.207692, leak=0.002374)


@pytest.fixture
def load(tmp_path):
    def load_text(text: str):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return energy_table(str(path))

    return load_text


def designs(**changes: object) -> pd.DataFrame:
    return pd.DataFrame([{**SOURCE, **changes}])


def energies_of(table, frame: pd.DataFrame) -> dict[str, float]:
    energies = table.of(frame)
    assert energies.shape == (len(frame), len(ENERGIES))
    assert energies.dtype == np.float64
    return dict(zip(ENERGIES, energies[0].tolist(), strict=True))


def test_the_fixed_table_is_the_reference_at_every_size() -> None:
    table = energy_table("fixed")

    assert energies_of(table, designs()) == REFERENCE
    assert energies_of(table, designs(glb_depth=512, psum_width=128)) == REFERENCE
    assert not table.is_assumed
    assert "eyeriss_like" in table.source


def test_the_scaled_table_is_the_default_and_the_reference_at_the_reference_sizes() -> None:
    table = energy_table()

    assert energies_of(table, designs()) == REFERENCE
    assert table.name == "scaled"
    assert table.is_assumed
    assert "depth^0.78" in table.source


def test_the_scaled_table_takes_each_row_by_its_own_sizes() -> None:
    small, source = {**SOURCE, "glb_depth": 512, "glb_width": 512}, SOURCE
    energies = energy_table().of(pd.DataFrame([small, source], index=[7, 3]))

    assert energies[1].tolist() == list(REFERENCE.values())
    # (1/32)^0.78 * 8 of a read; a quarter of the bits leaks.
    assert energies[0, 2] == pytest.approx(18.183829 * 0.0669904 * 8, rel=1e-4)
    assert energies[0, 4] == pytest.approx(0.005652 / 4)
    assert energies[0, 5:].tolist() == list(REFERENCE.values())[5:]


@pytest.mark.parametrize("level", ["ifmap", "weights", "psum"])
@pytest.mark.parametrize("quantity", ["read", "write", "leak"])
def test_one_set_of_components_gives_all_reference_scratchpads(level, quantity) -> None:
    pj = register_file_pj(quantity, SOURCE[f"{level}_depth"], SOURCE[f"{level}_width"])
    assert round(float(pj), 6) == REFERENCE[f"{level}_{quantity}"]


@pytest.mark.parametrize(
    ("depth", "width", "read", "write"),
    [
        (8192, 64, 242.079552, 241.503552),
        (4096, 64, 121.36387, 120.78787),
        (128, 24, 3.091057, 2.875058),
        (1, 512, 0.259899, 0.080139),
    ],
)
def test_the_components_of_45_nm_give_the_register_files_of_simba_like(monkeypatch, depth, width, read, write) -> None:
    # The same exercises' simba_like at 45 nm: Aladdin's register 0.009 pJ, comparator 0.02947 pJ, 0.0065624 pJ an
    # address bit. Sizes on both sides of the smallest that is built.
    model = copy.deepcopy(dict(constants()))
    model["register_file"]["register"]["read_pj"] = 0.009
    model["register_file"]["comparator"]["access_pj"] = 0.02947
    model["register_file"]["address_generator"].update(access_pj=0.0, access_pj_per_bit=0.0065624)
    monkeypatch.setattr(component_model, "constants", lambda: model)

    assert float(register_file_pj("read", depth, width)) == pytest.approx(read, abs=2e-5)
    assert float(register_file_pj("write", depth, width)) == pytest.approx(write, abs=2e-5)


@given(
    level=st.sampled_from(BUFFERS),
    quantity=st.sampled_from(["read", "write", "leak"]),
    depth=st.integers(1, 200_000),
    width=st.integers(8, 1024),
    more_rows=st.integers(1, 5_000),
    more_bits=st.integers(1, 512),
)
def test_energies_grow_with_depth_and_never_fall_with_width(
    level, quantity, depth, width, more_rows, more_bits
) -> None:
    base, deeper, wider = growth(level, quantity, [depth, depth + more_rows, depth], [width, width, width + more_bits])

    assert 0 < base < deeper
    # In the source's library registers cost nothing to write and do not leak; a row has one comparator at any width.
    assert wider >= base
    if level == "glb" or quantity == "read" or width < 32:
        assert wider > base


def test_a_table_of_our_own(load) -> None:
    table = load(OWN)

    assert energies_of(table, designs(psum_width=64)) == dict(zip(ENERGIES, OWN_ENERGIES, strict=True))
    assert (table.title, table.source, table.is_assumed) == ("Test chip", "measured", False)


@pytest.mark.parametrize(
    ("prefix", "version"),
    [
        ("system_top_level.", "'0.4'"),
        ("system.", "0.4"),
        ("", "0.3"),
        ("system_top_level.inter_DRAM_spatial[1..1].", "'0.4'"),
        ("eyeriss[0..1].PE[0..167].", "'0.4'"),
    ],
)
def test_an_ert_with_the_reference_energies_is_the_fixed_table(load, prefix, version) -> None:
    table = load(ert(prefix, version))

    assert energies_of(table, designs(glb_width=512)) == REFERENCE
    assert table.energies_pj == energy_table("fixed").energies_pj
    assert "mine.yaml" in table.source
    assert "updates" not in table.source


def test_of_several_entries_of_one_action_the_most_expensive_counts(load) -> None:
    cheap = "          - name: read\n            arguments: {data_delta: 0}\n            energy: 0.01\n"
    text = ert().replace("            energy: 0.2513\n", f"            energy: 0.2513\n{cheap}")

    assert energies_of(load(text), designs())["psum_read"] == 0.2513


def test_actions_have_timeloops_other_names_and_order(load) -> None:
    text = ert(version="0.3").replace("- name: compute", "- name: mac_random")
    text = text.replace("- name: read\n", "- name: random_read\n")
    text = text.replace("- name: write\n", "- name: fill\n")

    assert energies_of(load(text), designs()) == REFERENCE


@pytest.mark.parametrize(
    "names",
    [
        {"DRAM": "MainMemory", "shared_glb": "GlobalBuffer", "mac[": "MACs["},
        {"DRAM": "dram", "shared_glb": "GLB", "weights_spad": "weight_spad", "mac[": "MAC["},
        {"ifmap_spad": "ifmap_RF", "weights_spad": "filter_spad", "psum_spad": "psums_spad", "mac[": "MACC["},
    ],
)
def test_components_go_by_the_names_that_people_give_them(load, names) -> None:
    text = ert(version="0.3").replace("- name: compute", "- name: mac_random")
    for ours, theirs in names.items():
        text = text.replace(f"level.{ours}", f"level.PE[0..167].{theirs}")

    assert energies_of(load(text), designs()) == REFERENCE


def summary(text: str) -> str:
    """The summary that Accelergy writes beside an ERT: no arguments, and extremes where they make a difference."""
    text = text.replace("ERT:", "ERT_summary:").replace(" tables:", " table_summary:")
    text = text.replace("            arguments: {}\n", "")
    ranged = "            average_energy: 0.2\n            max_energy: 0.2513\n            min_energy: 0.1\n"
    text = text.replace("            energy: 0.2513\n", ranged)
    estimator = "        primitive_estimation(s):\n          - {name: storage, estimator: Library}\n"
    return text + estimator


@pytest.mark.parametrize("version", ["'0.4'", "0.3"])
def test_a_summary_of_an_ert_says_the_same(load, version) -> None:
    table = load(summary(ert(version=version)))

    assert energies_of(table, designs()) == REFERENCE
    assert "Accelergy's ERT_summary v" in table.source


def test_v03_table_of_an_eyeriss_with_a_row_of_macs(shared_case) -> None:
    assert energy_table(str(shared_case("a_v03_MACs.yaml"))).energies_pj[ENERGIES.index("mac")] == 2.2


def test_leakage_may_be_left_out_of_an_ert(load) -> None:
    text = re.sub(r" +- name: leak\n +arguments: \{\}\n +energy: \S+\n", "", ert())
    text = text.replace("inter_PE_spatial[1..14]\n        actions:\n", "inter_PE_spatial[1..14]\n        actions: []\n")

    energies = energies_of(load(text), designs())

    assert [energies[f"{level}_leak"] for level in BUFFERS] == [0, 0, 0, 0]
    assert energies["glb_read"] == 18.183829


def test_writes_take_write_and_the_source_says_where_updates_differ(load) -> None:
    text = ert().replace(
        "name: update\n            arguments: {}\n            energy: 0.2191", "name: update\n            energy: 9"
    )

    table = load(text)

    assert energies_of(table, designs())["psum_write"] == 0.2191
    assert table.source.endswith("; psum updates priced as writes")


def test_the_digest_follows_the_numbers(load) -> None:
    first, changed = load(OWN).digest, load(OWN.replace("300", "301")).digest

    assert re.fullmatch("[0-9a-f]{12}", first)
    assert load(OWN).digest == first
    assert len({first, changed, energy_table("fixed").digest, energy_table("scaled").digest}) == 4


def test_a_pinned_file_is_found_from_anywhere_and_refused_once_it_changed(tmp_path, monkeypatch) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pinned = pinned_table("mine.yaml")
    monkeypatch.chdir("/")

    assert pinned == pinned_table(pinned) == f"{file}#{energy_table(str(file)).digest}"
    assert energy_table(pinned) == energy_table(str(file))
    file.write_text(OWN.replace("300", "301"), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"mine\.yaml' has changed: its energies have digest"):
        energy_table(pinned)
    assert [pinned_table(name) for name in TABLES] == list(TABLES)


LEVEL_CASES = [
    (OWN.replace("  psum: {read_pj: 0.3, write_pj: 0.4}\n", ""), "mine.yaml: level psum is missing; allowed: .*psum"),
    (
        OWN.replace("read_pj: 0.3, ", ""),
        "mine.yaml, level psum: the key 'read_pj' is missing; allowed: read_pj, write_pj",
    ),
    (OWN.replace("0.3", "-0.3"), "mine.yaml, level psum, read_pj is -0.3; allowed: a number from 0 to 1e.09"),
    (OWN.replace("0.3", ".inf"), "mine.yaml, level psum, read_pj is inf; allowed"),
    (OWN.replace("0.3", ".nan"), "mine.yaml.*nan"),
    (OWN.replace("0.3", "cheap"), "mine.yaml, level psum, read_pj is 'cheap'; allowed"),
    (OWN.replace("0.3", "true"), "mine.yaml, level psum, read_pj is True; allowed"),
    (OWN.replace("0.3", ""), "mine.yaml, level psum, read_pj is not a number; allowed"),
    (OWN.replace("psum:", "psums:"), r"mine.yaml, levels: key 'psums' is unknown \(did you mean 'psum'"),
    (OWN.replace("310.5", "1, leak_pj_per_cycle: 2"), "mine.yaml, level dram, leak is 2 pJ; allowed: 0"),
    (OWN.replace("Test chip", "7"), "mine.yaml, title is not a text"),
    ("- 1\n", "mine.yaml is a list; allowed: a mapping with title, source, levels"),
    ("levels: 3\n", "mine.yaml, levels is 3; allowed: a mapping with dram"),
    ("levels: [\n", "mine.yaml, line 2: not readable as YAML"),
    ("!!python/object:os.system {}\n", "aliases and tags are not allowed"),
    ("# " + "x" * MAX_BYTES, "mine.yaml is larger than 262144 bytes"),
]
ERT_CASES = [
    (
        ert().replace("shared_glb", "shared_slb"),
        "mine.yaml: level glb is missing; allowed: a table named glb, shared_glb, global_buffer",
    ),
    (ert().replace(".mac[", ".cam["), "mine.yaml: level mac is missing"),
    (ert() + table_of("x.mac[1..2]", compute=1), r"level mac is there twice, again in x.mac\[1..2\]"),
    (
        ert().replace("energy: 0.2513", "energy: -1"),
        r"top_level.psum_spad\[1..168\], action read, energy is -1; allowed: a number",
    ),
    (
        ert().replace("            energy: 0.2513\n", ""),
        r"psum_spad\[1..168\], action read has no energy; allowed: a number",
    ),
    (ert().replace("energy: 0.2513", "energy: [1]"), "action read, energy is not a number; allowed"),
    (
        ert().replace("- name: compute", "- name: idle"),
        r"mac\[1..168\] \(level mac\): the action compute is missing; allowed",
    ),
    (ert().replace("'0.4'", "0.2"), "mine.yaml, ERT, version is 0.2; allowed: 0.3, 0.4"),
    ("ERT_summary: {table_summary: 1}\n", "mine.yaml, ERT_summary, table_summary is 1; allowed: a list"),
    (
        summary(ert()).replace("max_energy: 0.2513", "max_energy: -1"),
        "action read, max_energy is -1; allowed: a number",
    ),
    ("ERT: {tables: {a: 1}}\n", "mine.yaml, ERT, tables is a dict; allowed: a list"),
    ("ERT: {version: 0.4}\n", "mine.yaml, ERT: the key 'tables' is missing"),
    ("ERT: {tables: [3]}\n", "mine.yaml, ERT, table 1 has no name; allowed"),
    ("ERT: {tables: [{name: mac}]}\n", "mine.yaml, mac, actions is empty; allowed: a list"),
    ("ERT: {tables: [{name: mac, actions: [{energy: 1}]}]}\n", "mine.yaml, mac, action 1 has no name; allowed"),
]


@pytest.mark.parametrize(("text", "sentence"), LEVEL_CASES + ERT_CASES)
def test_a_wrong_file_gets_one_sentence(load, text, sentence) -> None:
    with pytest.raises(InvalidInputError, match=sentence) as caught:
        load(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_unknown_table_or_file_gets_one_sentence(tmp_path) -> None:
    with pytest.raises(InvalidInputError, match=r"'fixd' is unknown; allowed: scaled, fixed, or a \.yaml file"):
        energy_table("fixd")
    with pytest.raises(InvalidInputError, match=r"none.yaml: No such file or directory; allowed: a readable YAML file"):
        energy_table(str(tmp_path / "none.yaml"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text("abERT.[]-", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["ERT", "tables", "version", "name", "actions", "energy", "levels", "mac", "read_pj"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
@example(math.nan)
def test_any_document_is_a_table_or_one_sentence(tmp_path_factory, content) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(dump_document(content), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="allowed"):
        energy_table(str(path))
