"""Write the layer tables of the nine applications of the EdgeTPU-class template to data/applications/.

    python scripts/make_edgetpu_applications.py

The three MobileNets follow their public definitions (tensorflow/models, slim/nets/mobilenet: V3_EDGETPU, V2_DEF,
V3_LARGE; 224 x 224 inputs). The other six are reconstructions: their layers are not published, so blocks of their
kind are made up here such that the known totals hold.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import astuple, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.paths import data_path

COLUMNS = ("name", "kind", "C", "M", "P", "Q", "R", "S", "stride")


@dataclass(frozen=True)
class Row:
    """One layer, its values in the order of ``COLUMNS``."""

    name: str
    kind: str
    C: int
    M: int
    P: int = 1
    Q: int = 1
    R: int = 1
    S: int = 1
    stride: int = 1


@dataclass
class Network:
    """Layers so far, and the shape of the last one's output."""

    size: int
    channels: int
    rows: list[Row] = field(default_factory=list)
    blocks: int = 0

    def conv(self, name: str, channels: int, kernel: int = 1, stride: int = 1) -> None:
        """Add a convolution with 'same' padding."""
        self.size = -(-self.size // stride)
        self._add(Row(name, "conv", self.channels, channels, self.size, self.size, kernel, kernel, stride))

    def depthwise(self, name: str, kernel: int, stride: int = 1) -> None:
        """Add a depthwise convolution with 'same' padding."""
        self.size = -(-self.size // stride)
        c = self.channels
        self._add(Row(name, "depthwise", c, c, self.size, self.size, kernel, kernel, stride))

    def pool(self, name: str) -> None:
        """Add a global average."""
        self.rows.append(Row(name, "pool", self.channels, self.channels, 1, 1, self.size, self.size))

    def squeeze_excite(self, name: str) -> None:
        """Add a gate on the channels: average, two dense layers with a quarter of the channels, product."""
        c, size = self.channels, self.size
        inner = divisible(c / 4)
        self.pool(f"{name}_squeeze")
        self.rows += [
            Row(f"{name}_reduce", "dense", c, inner),
            Row(f"{name}_excite", "dense", inner, c),
            Row(f"{name}_gate", "scale", c, c, size, size),
        ]

    def dense(self, name: str, outputs: int) -> None:
        """Add a fully connected layer on a single pixel."""
        self.size = 1
        self._add(Row(name, "dense", self.channels, outputs))

    def swish(self, name: str) -> None:
        """Add a hard swish: a pass of its own, as lanes end in nothing but a clip (assumed).

        Howard and Gupta (Google AI blog, 2019, remembered) keep it and squeeze-and-excite out of MobileNetEdgeTPU,
        because the accelerator does not support them well.
        """
        self.rows.append(Row(f"{name}_swish", "scale", self.channels, self.channels, self.size, self.size))

    def bottleneck(
        self, channels: int, kernel: int, stride: int, hidden: int, gated: bool = False, swish: bool = False
    ) -> None:
        """Add an inverted residual: expand, filter each channel, project."""
        self.blocks += 1
        name = f"block{self.blocks}"
        if hidden > self.channels:
            self.conv(f"{name}_expand", hidden)
            if swish:
                self.swish(f"{name}_expand")
        self.depthwise(f"{name}_depthwise", kernel, stride)
        if swish:
            self.swish(f"{name}_depthwise")
        if gated:
            self.squeeze_excite(name)
        self.conv(f"{name}_project", channels)

    def fused(self, channels: int, kernel: int, stride: int, hidden: int) -> None:
        """Add a fused inverted residual: a full convolution expands, so that nothing is depthwise."""
        self.blocks += 1
        if hidden > self.channels:
            self.conv(f"block{self.blocks}_expand", hidden, kernel, stride)
        self.conv(f"block{self.blocks}_project", channels)

    def separable(self, channels: int, kernel: int, stride: int = 1) -> None:
        """Add a depthwise and a pointwise convolution."""
        self.bottleneck(channels, kernel, stride, hidden=0)

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self.channels = row.M


def divisible(value: float, by: int = 8) -> int:
    """Round to a multiple of 8 without losing more than a tenth, as slim does."""
    rounded = max(by, int(value + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded


def mobilenet_edgetpu() -> list[Row]:
    """Return slim's V3_EDGETPU."""
    net = Network(224, 3)
    net.conv("stem", 32, 3, 2)
    for factor, channels, stride in (
        (1, 16, 1), (8, 32, 2), (4, 32, 1), (4, 32, 1), (4, 32, 1), (8, 48, 2), (4, 48, 1), (4, 48, 1), (4, 48, 1)
    ):  # fmt: skip
        net.fused(channels, 3, stride, factor * net.channels)
    for factor, channels, kernel, stride, times in (
        (8, 96, 3, 2, 1), (4, 96, 3, 1, 3), (8, 96, 3, 1, 1), (4, 96, 3, 1, 3), (8, 160, 5, 2, 1), (4, 160, 5, 1, 3),
        (8, 192, 3, 1, 1),
    ):  # fmt: skip
        for index in range(times):
            net.bottleneck(channels, kernel, stride if index == 0 else 1, factor * net.channels)
    return _classifier(net, 1280)


def mobilenet_v2() -> list[Row]:
    """Return slim's V2_DEF (Sandler et al., CVPR 2018, table 2)."""
    net = Network(224, 3)
    net.conv("stem", 32, 3, 2)
    net.bottleneck(16, 3, 1, 32)
    for channels, times, stride in ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)):
        for index in range(times):
            net.bottleneck(channels, 3, stride if index == 0 else 1, 6 * net.channels)
    return _classifier(net, 1280)


def mobilenet_v3() -> list[Row]:
    """Return slim's V3_LARGE (Howard et al., ICCV 2019, table 1)."""
    net = Network(224, 3)
    net.conv("stem", 16, 3, 2)
    net.swish("stem")
    for hidden, channels, kernel, stride, gated in (
        (16, 16, 3, 1, False), (64, 24, 3, 2, False), (72, 24, 3, 1, False), (72, 40, 5, 2, True),
        (120, 40, 5, 1, True), (120, 40, 5, 1, True), (240, 80, 3, 2, False), (200, 80, 3, 1, False),
        (184, 80, 3, 1, False), (184, 80, 3, 1, False), (480, 112, 3, 1, True), (672, 112, 3, 1, True),
        (672, 160, 5, 2, True), (960, 160, 5, 1, True), (960, 160, 5, 1, True),
    ):  # fmt: skip
        net.bottleneck(channels, kernel, stride, hidden, gated, swish=channels >= 80)
    net.conv("last", 960)
    net.swish("last")
    net.pool("average")
    net.size = 1
    net.conv("head", 1280)
    net.swish("head")
    net.dense("classifier", 1001)
    return net.rows


def _classifier(net: Network, channels: int) -> list[Row]:
    net.conv("last", channels)
    net.pool("average")
    net.dense("classifier", 1001)
    return net.rows


def m4() -> list[Row]:
    """Return a backbone of few, heavy layers: two fused blocks, then wide inverted residuals."""
    net = Network(288, 3)
    net.conv("stem", 32, 3, 2)
    net.fused(24, 3, 2, 160)
    net.fused(80, 3, 2, 512)
    for channels, kernel, stride, times in ((112, 3, 2, 4), (200, 3, 1, 5), (272, 5, 2, 4)):
        for index in range(times):
            net.bottleneck(channels, kernel, stride if index == 0 else 1, 6 * net.channels)
    net.conv("last", 1024)
    return net.rows


def m5() -> list[Row]:
    """Return a detector: inverted residuals, then separable layers as heads."""
    net = Network(256, 3)
    net.conv("stem", 16, 3, 2)
    for channels, stride, times in ((24, 2, 3), (48, 2, 4), (96, 2, 5), (144, 1, 3), (152, 2, 3)):
        for index in range(times):
            net.bottleneck(channels, 3, stride if index == 0 else 1, 4 * net.channels)
    for _ in range(9):
        net.separable(288, 3)
    net.conv("boxes", 48)
    return net.rows


def m6() -> list[Row]:
    """Return a landmark detector: many thin layers."""
    net = Network(144, 3)
    net.conv("stem", 16, 3, 2)
    for channels, stride, times in ((8, 1, 3), (24, 2, 5), (24, 2, 6), (96, 2, 4)):
        for index in range(times):
            net.bottleneck(channels, 3, stride if index == 0 else 1, 5 * net.channels)
    net.size = 12
    for _ in range(15):
        net.separable(48, 3)
    net.conv("landmarks", 32)
    return net.rows


def unet() -> list[Row]:
    """Return an encoder and a decoder of full convolutions with concatenated skips."""
    net = Network(384, 3)
    widths = (16, 32, 32, 96, 160, 288)
    for level, width in enumerate(widths):
        for index in range(3):
            net.conv(f"down{level}_{index}", width, 3, 2 if index == 0 and level else 1)
    for level in reversed(range(5)):
        width = widths[level]
        net.size *= 2
        net.conv(f"up{level}_resize", width)
        net.channels += width
        for index in range(2):
            net.conv(f"up{level}_{index}", width, 3)
    net.conv("head", 16, 3)
    net.conv("mask", 8)
    return net.rows


def t_rnn_enc() -> list[Row]:
    """Return one step of a transducer's encoder: three LSTM layers with their four gates and a projection."""
    net = Network(1, 512)
    net.dense("features", 384)
    for layer in range(3):
        _lstm(net, layer, hidden=2048, projection=384)
    net.dense("joint", 640)
    net.dense("output", 1024)
    return net.rows


def t_rnn_dec() -> list[Row]:
    """Return one step of a transducer's decoder: three LSTM layers, and the joint network."""
    net = Network(1, 128)
    net.dense("embedding", 320)
    for layer in range(3):
        _lstm(net, layer, hidden=2048, projection=320)
    net.dense("joint", 640)
    net.dense("hidden", 640)
    net.dense("output", 2560)
    return net.rows


def _lstm(net: Network, layer: int, hidden: int, projection: int) -> None:
    """Add the gates on input and recurrent state, each a layer, and the projection (Sak et al., Interspeech 2014)."""
    inputs = net.channels + projection
    for gate in ("input", "forget", "cell", "output"):
        net.rows.append(Row(f"lstm{layer}_{gate}", "dense", inputs, hidden))
    net.channels = hidden
    net.dense(f"lstm{layer}_project", projection)


APPLICATIONS = (mobilenet_edgetpu, mobilenet_v2, mobilenet_v3, m4, m5, m6, unet, t_rnn_dec, t_rnn_enc)


def main() -> None:
    """Write one CSV an application."""
    for make in APPLICATIONS:
        with (data_path() / "applications" / f"{make.__name__}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(astuple(row) for row in make())


if __name__ == "__main__":
    main()
