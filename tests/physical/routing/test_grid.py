"""Tracks across the edges of the grid, by hand."""

import numpy as np
import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.lef import Layer, parse_lef
from accel_core.physical.routing import Blockage, RoutingSettings
from accel_core.physical.routing.grid import HORIZONTAL, VERTICAL, make_grid

from .conftest import PLAIN

NO_PINS = np.zeros((0, 2))
ALL = RoutingSettings(tracks_per_cell=5, reserved_low=0.0, reserved=0.0, pin_pitches=2.0, lowest_layer="m1")


def grid_of(placed, settings=ALL, pins=NO_PINS, blockages=(), layers=None, **size):
    design = placed([], layers=layers, **size)
    return make_grid(design.technology, design.floorplan, np.array(pins, dtype=float), settings, blockages)


def test_an_edge_has_the_tracks_of_its_cells_less_what_is_reserved(placed):
    grid = grid_of(placed, RoutingSettings(tracks_per_cell=5, reserved_low=0.4, lowest_layer="m1"), width=15.0)
    assert (grid.columns, grid.rows, grid.cell_um) == (3, 2, (5.0, 5.0))
    # 5 um at a track a um are 5 tracks, of which 0.6 are 3; nothing leads out of the grid.
    assert grid.capacity[HORIZONTAL] == pytest.approx(np.array([[3, 3, 0], [3, 3, 0]]))
    assert grid.capacity[VERTICAL] == pytest.approx(np.array([[3, 3, 3], [0, 0, 0]]))


def test_tracks_are_counted_from_pitch_and_offset(placed):
    layers = {**PLAIN, "m3": Layer("horizontal", 0.5, 1.5, 2.0, 4.5)}
    grid = grid_of(placed, layers=layers)
    # Tracks of m3 are at 0.5, 2.5 and 4.5 um in the lower cells, at 6.5 and 8.5 um in the upper.
    assert grid.layers == ("m1", "m2", "m3")
    assert grid.layer_capacity[2, HORIZONTAL, :, 0].tolist() == [3.0, 2.0]


def test_only_whole_tracks_carry_wires(placed):
    grid = grid_of(placed, RoutingSettings(5, reserved_low=0.5, lowest_layer="m1"))
    assert grid.layer_capacity[0, HORIZONTAL, 0, 0] == 2.5
    assert grid.capacity[HORIZONTAL, 0, 0] == 2


def test_layers_above_the_lowest_two_reserve_less(placed):
    layers = {**PLAIN, "m3": Layer("horizontal", 0.5, 1.0), "m4": Layer("vertical", 0.5, 1.0)}
    grid = grid_of(placed, RoutingSettings(tracks_per_cell=5, lowest_layer="m1"), layers=layers)
    assert grid.layer_capacity[:, :, 0, 0].max(axis=1).tolist() == [2.5, 2.5, 3.75, 3.75]
    only = grid_of(placed, RoutingSettings(5, lowest_layer="m1", highest_layer="m2"), layers=layers)
    assert only.layers == ("m1", "m2")


def test_pins_take_tracks_of_the_lowest_layer(placed):
    # Five pins in the lower left cell block 2 um each of 5 um of track, that is 2 tracks; its right edge loses half.
    grid = grid_of(placed, pins=[(1.0, 1.0)] * 5)
    assert grid.capacity[HORIZONTAL, :, 0].tolist() == [4.0, 5.0]
    assert grid.capacity[VERTICAL, 0].tolist() == [5.0, 5.0]
    assert grid_of(placed, pins=[(1.0, 1.0)] * 500).capacity[HORIZONTAL, 0, 0] == 0.0


def test_a_blockage_takes_the_share_that_it_covers(placed):
    # It spans the border at 5 um and covers 2 of the 5 um of the lower left cell's height.
    grid = grid_of(placed, blockages=[Blockage(4.0, 0.0, 6.0, 2.0)])
    assert grid.capacity[HORIZONTAL, :, 0] == pytest.approx([3.0, 5.0])
    assert grid.capacity[VERTICAL, 0] == pytest.approx([5.0, 5.0])
    above = grid_of(placed, blockages=[Blockage(0.0, 0.0, 10.0, 10.0, lowest_layer="m2")])
    assert above.capacity[HORIZONTAL, :, 0].tolist() == [5.0, 5.0]
    assert above.capacity[VERTICAL].max() == 0.0
    # Beyond the middles of both cells it is in nobody's way across their border.
    assert grid_of(placed, blockages=[Blockage(0.0, 0.0, 2.4, 10.0)]).capacity[HORIZONTAL, 0, 0] == 5.0


def test_layers_that_are_not_there_are_named(placed):
    with pytest.raises(InvalidInputError, match=r"lowest_layer: 'm9' is no routing layer; allowed: m0, m1, m2"):
        grid_of(placed, RoutingSettings(lowest_layer="m9"))
    with pytest.raises(InvalidInputError, match="no horizontal layer among m2; allowed"):
        grid_of(placed, RoutingSettings(lowest_layer="m2"))
    with pytest.raises(InvalidInputError, match=r"blockage: 'via' is no routing layer"):
        grid_of(placed, blockages=[Blockage(0.0, 0.0, 1.0, 1.0, "via")])


def test_settings_out_of_range_are_refused():
    with pytest.raises(InvalidInputError, match="reserved: is 1; allowed: 0 to below 1"):
        RoutingSettings(reserved=1.0)
    with pytest.raises(InvalidInputError, match="rounds: is -1; allowed: 0 or more"):
        RoutingSettings(rounds=-1)


def test_lef_gives_pitch_and_offset_of_both_directions():
    text = "LAYER {}\n TYPE ROUTING ;\n DIRECTION {} ;\n PITCH 0.48 0.42 ;\n OFFSET 0.1 -0.2 ;\n WIDTH 0.2 ;\nEND {}\n"
    layers = parse_lef(text.format("a", "HORIZONTAL", "a") + text.format("b", "VERTICAL", "b")).layers
    assert [(layer.step_um, layer.offset_um) for layer in layers.values()] == [(0.42, -0.2), (0.48, 0.1)]
    assert {layer.pitch_um for layer in layers.values()} == {0.42}


def test_nangate_routes_from_metal2_to_metal10(nangate):
    from accel_core.physical.floorplan import Floorplan

    plan = Floorplan(210.0, 210.0, "site", 0.19, 1.4, 150, (), (), ())
    grid = make_grid(nangate, plan, NO_PINS, RoutingSettings())
    assert grid.layers == tuple(f"metal{number}" for number in range(2, 11))
    assert (grid.columns, grid.rows) == (100, 100)  # 15 tracks of 0.14 um.
    # metal3: 15 tracks, half of them; metal5: 7.5 on average, three quarters; metal7: 2.1 / 0.8; metal9: 2.1 / 1.6.
    expected = 15 * 0.5 + 0.75 * 2.1 * (1 / 0.28 * 1.0 + 1 / 0.8 + 1 / 1.6)
    assert grid.layer_capacity.sum(axis=0)[HORIZONTAL, :, 0].mean() == pytest.approx(expected, rel=0.01)
