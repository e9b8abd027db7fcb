"""Technologies from YAML: the embedded one, one of the user's own, and what is refused."""

import shutil
import time
import tracemalloc
from itertools import pairwise

import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.lef import load_lef, parse_lef
from accel_core.physical.technology import load_technology, pinned_technology


def test_nangate_is_complete(nangate):
    assert len(nangate.library.cells) > 100
    assert nangate.supply_v == 1.1
    assert nangate.lef.core_site()[1:] == (0.19, 1.4)
    usable = {name for name in nangate.library.cells if nangate.is_usable(name)}
    assert {"NAND2_X1", "DFF_X1", "BUF_X2"} <= usable
    assert not {"CLKBUF_X1", "SDFF_X1", "TBUF_X1", "FILLCELL_X1"} & usable
    for name in usable - {"LOGIC0_X1", "LOGIC1_X1"}:
        assert set(nangate.library.cells[name].pins) <= set(nangate.lef.macros[name].pins)


def test_own_technology_by_path(tiny):
    assert tiny.name == "tiny"
    assert tiny.vertical.capacitance_f_per_um == 2e-16
    assert tiny.lef.core_site() == ("unit", 0.5, 2.0)
    assert tiny.lef.macros["DFF"].pins["CK"] == (0.25, 1.0)


def test_digest_follows_every_file(tiny_folder, tiny, tmp_path):
    shutil.copytree(tiny_folder, tmp_path / "copy")
    path = tmp_path / "copy" / "tiny.yaml"
    assert load_technology(path).digest == tiny.digest
    for name in ("tiny.lib", "tiny.lef", "tiny.yaml"):
        other = tmp_path / name.replace(".", "-")
        shutil.copytree(tiny_folder, other)
        with (other / name).open("a") as stream:
            stream.write("\n")
        assert load_technology(other / "tiny.yaml").digest != tiny.digest


def test_a_file_is_named_with_what_it_says_and_a_change_is_refused(tiny_folder, tiny, tmp_path):
    folder = tmp_path / "kit"
    shutil.copytree(tiny_folder, folder)
    name = pinned_technology(str(folder / "tiny.yaml"))
    assert name == f"{folder / 'tiny.yaml'}#{tiny.digest}"
    assert pinned_technology(name) == name
    assert pinned_technology("nangate45") == "nangate45"
    assert load_technology(name).name == "tiny"
    with (folder / "tiny.lib").open("a") as stream:
        stream.write("\n")
    assert pinned_technology(str(folder / "tiny.yaml")) != name
    with pytest.raises(InvalidInputError, match=f"tiny.yaml has changed: .* asked for is {tiny.digest}"):
        load_technology(name)


def test_changed_library_is_read_again_despite_the_cache(tiny_folder, tmp_path):
    folder, cache = tmp_path / "kit", tmp_path / "cache"
    shutil.copytree(tiny_folder, folder)
    before = load_technology(folder / "tiny.yaml", cache)
    text = (folder / "tiny.lib").read_text()
    (tmp_path / "other").mkdir()
    moved = tmp_path / "other"
    for name in ("tiny.yaml", "tiny.lef"):
        shutil.copy(folder / name, moved / name)
    (moved / "tiny.lib").write_text(text.replace("area : 2.0;", "area : 2.5;"))
    after = load_technology(moved / "tiny.yaml", cache)
    assert (before.library.cells["INV"].area_um2, after.library.cells["INV"].area_um2) == (2.0, 2.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("supply_v: 1.0", ""), "tiny.yaml: key 'supply_v' is missing"),
        (("supply_v: 1.0", "supply_v: 0"), "supply_v: is 0; allowed: above 0"),
        (("supply_v: 1.0", "supply_v: high"), "tiny.yaml: could not convert"),
        (("liberty: tiny.lib", "liberty: other.lib"), r"file .*other.lib does not exist"),
        (("liberty: tiny.lib", "package: no_such_kit\nliberty: tiny.lib"), "package: no_such_kit is not installed"),
        (("buffer: {cell: BUF", "buffer: {cell: BUFFER"), "cell BUFFER is not in the Liberty and LEF files"),
        (("capacitance_f_per_um: 2.0e-16", "capacitance_f_per_um: -2.0e-16"), "values below 0; allowed: 0 or more"),
        (("name: tiny", "name: [tiny"), "tiny.yaml, line .*: not readable as YAML"),
        (("name: tiny", "- tiny\n#"), "tiny.yaml, line .*: not readable as YAML|must be a mapping"),
    ],
)
def test_broken_file_is_refused(tiny_folder, tmp_path, change, message):
    folder = tmp_path / "kit"
    shutil.copytree(tiny_folder, folder)
    path = folder / "tiny.yaml"
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change))
    with pytest.raises(InvalidInputError, match=message):
        load_technology(path)


def _bomb() -> str:
    lines = ['a: &a ["lol"]']
    lines += [f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]" for before, name in pairwise("abcdefghi")]
    return "\n".join(lines)


HARMFUL = [
    (_bomb(), "aliases and tags are not allowed"),
    ("{a: " * 60_000, "more than 100 levels are not allowed"),
    ("[" * 200_000, "more than 100 levels are not allowed"),
    ("- " * 100_000, "more than 100 levels are not allowed"),
    ("x: " + "a" * 300_000, "larger than 262144 bytes"),
    ("name: tiny\nname: other", "a key is repeated"),
    ("name: !!python/object/apply:os.system [ls]", "aliases and tags are not allowed"),
]


def _refusal_of(path) -> tuple[str, float, int]:
    """What is said, the CPU seconds it takes, and the most bytes that Python holds meanwhile."""
    started = time.process_time()
    with pytest.raises(InvalidInputError) as caught:
        load_technology(path)
    seconds = time.process_time() - started
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInputError):
            load_technology(path)
        return str(caught.value), seconds, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("text", "message"), HARMFUL)
def test_yaml_that_means_harm_is_refused_in_one_sentence_at_once(tmp_path, text, message):
    (tmp_path / "own.yaml").write_text(text)
    sentence, seconds, most = _refusal_of(tmp_path / "own.yaml")
    assert message in sentence
    assert sentence.startswith("own.yaml")
    assert "\n" not in sentence
    assert seconds < 1
    assert most < 100e6


@pytest.mark.parametrize("name", ["technology_yaml_bomb.yaml", "technology_deep_nesting.yaml"])
def test_the_harmful_files_that_were_reported(shared_case, name):
    sentence, seconds, most = _refusal_of(shared_case(name))
    assert sentence.startswith(name)
    assert seconds < 1
    assert most < 100e6


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(InvalidInputError, match="no such file; allowed: nangate45"):
        load_technology("nangate90")


def test_lef_polygons_and_comments():
    lef = parse_lef(
        "SITE s SIZE 1 BY 2 ; END s\n# MACRO no\nMACRO A\n  SITE s ;\n  SIZE 3 BY 2 ;\n  PIN x\n    PORT\n"
        "      POLYGON 0 0 2 0 2 1 0 1 ;\n    END\n  END x\nEND A\n"
    )
    assert lef.macros["A"].pins == {"x": (1.0, 0.5)}
    assert list(lef.macros) == ["A"]


def test_lef_without_size_names_the_cell():
    with pytest.raises(InvalidInputError, match="LEF, A: SIZE is missing"):
        parse_lef("MACRO A\nEND A\n")


def test_lef_cache_returns_the_same(tiny_folder, tiny, tmp_path):
    files = [tiny_folder / "tiny.lef"]
    assert load_lef(files, tmp_path, "b" * 64) == load_lef(files, tmp_path, "b" * 64) == tiny.lef
