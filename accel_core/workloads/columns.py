"""Names of the columns of layer tables: what they mean in whatever order and case, and with the usual other names.

Blanks, underscores, hyphens and capitals do not count. Three letters mean two things: ``k`` is the number of filters,
or the filter's edge where another column has the number; ``s`` is the filter's width, or the stride where another
column has the width; ``p`` is the output's height, or the padding where the input's height and width are given.
A table of the columns M, N and K without any of a convolution's is one of matrix products, as SCALE-Sim writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from accel_core.errors import InvalidInputError

_OTHER_NAMES: Mapping[str, str] = {
    "name": "name layer layername layers",
    "kind": "kind type layertype op operator optype",
    "C": "c ci cin ic inc inch channel channels inchannel inchannels inputchannel inputchannels ifmapchannels"
    " numchannels infeatures",
    "M": "m co cout oc outc outch outchannel outchannels outputchannel outputchannels ofmapchannels filter filters"
    " numfilter numfilters nfilters numberoffilters kernels numkernels outfeatures",
    "P": "p oh ho hout outh outheight outputheight ofmapheight ofmaph oy",
    "Q": "q ow wo wout outw outwidth outputwidth ofmapwidth ofmapw ox",
    "R": "r kh hk fh kernelheight filterheight kernelh filterh ky fy",
    "S": "s kw wk fw kernelwidth filterwidth kernelw filterw kx fx",
    "H": "h ih hi hin inh inheight inputheight ifmapheight ifmaph iy",
    "W": "w iw wi win inw inwidth inputwidth ifmapwidth ifmapw ix",
    "kernel": "kernel kernelsize ksize filtersize",
    "stride": "stride strides st",
    "stride_h": "strideh sh strideheight stridesh stridey hstride",
    "stride_w": "stridew sw stridewidth stridesw stridex wstride",
    "dilation": "dilation dilations d",
    "dilation_h": "dilationh dh dilationheight hdilation",
    "dilation_w": "dilationw dw dilationwidth wdilation",
    "padding": "padding paddings pad pads",
    "padding_h": "paddingh padh ph paddingheight hpad",
    "padding_w": "paddingw padw pw paddingwidth wpad",
    "batch": "batch batchsize n b nbatch",
    "groups": "groups group g ngroups",
    "repeat": "repeat repeats repetitions times count",
    "macs": "macs mac",
    "sparsity": "sparsity",
}
_MEANING = {other: name for name, others in _OTHER_NAMES.items() for other in others.split()}
ALLOWED = tuple(name for name in _OTHER_NAMES if name not in ("macs", "sparsity"))
"""The names that messages list."""

_CONVOLUTION = ("C", "P", "Q", "R", "S", "H", "W", "kernel", "stride")
_MOST_NAMES, _MOST_LETTERS = 12, 20


def columns_of(header: Sequence[str], place: str) -> dict[str, int]:
    """Return where each known column stands, by its name here; of matrix products ``rows``, ``inner``, ``columns``.

    A column without a name is left out where all others are known: pandas writes its index so, and SCALE-Sim ends its
    lines with a comma.

    Raises:
        InvalidInputError: If a column is unknown or stands twice.
    """
    words = [re.sub(r"[^0-9a-z]", "", name.casefold()) for name in header]
    if {"m", "n", "k"} <= set(words) and not any(_MEANING.get(word) in _CONVOLUTION for word in words):
        meanings: Mapping[str, str] = {**_MEANING, "m": "rows", "n": "columns", "k": "inner"}
    else:
        meanings = {**_MEANING, **_of_two_meanings(words)}
    found: dict[str, int] = {}
    for index, (word, name) in enumerate(zip(words, header, strict=True)):
        if not name.strip():
            continue
        meaning = meanings.get(word)
        if meaning is None or meaning in found:
            why = f"'{shortened(name)}' is not known" if meaning is None else f"two of them say {meaning}"
            raise InvalidInputError(f"{place}: the columns are {named(header)}; {why}; allowed: {', '.join(ALLOWED)}")
        found[meaning] = index
    if "name" not in found and header and not header[0].strip():
        found["name"] = 0
    return found


def _of_two_meanings(words: Sequence[str]) -> dict[str, str]:
    """Return what the letters k, s and p mean beside the other columns."""
    others = {_MEANING.get(word) for word in words if word not in ("k", "s", "p")}
    k = "kernel" if "M" in others and "R" not in others else "M"
    has_width = bool(others & {"S", "kernel"}) or (k == "kernel" and "k" in words)
    is_padding = {"H", "W"} <= others and "Q" not in others
    return {"k": k, "s": "stride" if has_width else "S", "p": "padding" if is_padding else "P"}


def named(header: Sequence[str]) -> str:
    """Return names as a message can hold them: whole ones, and a sign where something is left out."""
    if not any(name.strip() for name in header):
        return "missing"
    shown = [shortened(name.strip()) for name in header[:_MOST_NAMES]]
    return ", ".join([*shown, f"… ({len(header)} in all)"] if len(header) > _MOST_NAMES else shown)


def shortened(name: str) -> str:
    """Return a name, or its beginning."""
    return name if len(name) <= _MOST_LETTERS else f"{name[:_MOST_LETTERS]}…"
