import pytest

from accel_core.errors import InvalidInputError
from accel_core.plots import theme


def luminance(color):
    """Relative luminance of WCAG 2.1."""
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_fidelities_differ_by_shape_and_only_the_predicted_are_hollow():
    styles = theme.FIDELITY_STYLES.values()
    assert len({style.shape for style in styles}) == len(styles)
    assert [style.name for style in styles if style.is_hollow] == ["predicted"]
    assert theme.fidelity_style("predicted").plotly_symbol == "diamond-open"
    assert theme.fidelity_style("analytical").plotly_symbol == "triangle-up"


@pytest.mark.parametrize(("dark", "page"), [(False, "#ffffff"), (True, "#1a1f29")])
def test_symbols_and_lines_stand_out_from_the_page(dark, page):
    mode = theme.mode(dark)
    colors = [style.color(dark) for style in theme.FIDELITY_STYLES.values()]
    assert all(contrast(color, page) > 2.7 for color in colors)
    assert all(contrast(color, page) > 3 for color in (theme.FRONT[mode], theme.BOUND[mode]))


def test_templates_differ_by_mode_and_leave_the_paper_clear():
    light, dark = theme.template(False), theme.template(True)
    assert light.layout.font.color != dark.layout.font.color
    assert light.layout.paper_bgcolor == dark.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_unknown_fidelity_names_what_is_allowed():
    with pytest.raises(InvalidInputError, match="'guessed' is unknown; allowed: predicted, analytical"):
        theme.fidelity_style("guessed")
