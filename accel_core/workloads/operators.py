"""Operators of a network: what each computes, on which sizes, and which tensors it reads and writes.

``Conv`` (grouped and depthwise ones included), ``Gemm`` and ``Pool`` have the sizes that a mapper or a simulator needs.
``Elementwise``, ``Reduction``, ``Normalization`` and ``Move`` have a function, named as ONNX names it, and a shape.
``Other`` is whatever has no such form, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from accel_core.errors import InvalidInputError

Shape = tuple[int, ...]
Pair = tuple[int, int]
"""Along the height and along the width."""
Padding = tuple[int, int, int, int]
"""Rows above, columns to the left, rows below, columns to the right, as ONNX orders them."""

_ONCE: Pair = (1, 1)
_NONE: Padding = (0, 0, 0, 0)


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes:
        name: Its name in the network.
        inputs: Tensors that it reads, weights included; empty where they are not known.
        outputs: Tensors that it writes; empty where they are not known.
    """

    name: str
    inputs: tuple[str, ...] = field(default=(), kw_only=True)
    outputs: tuple[str, ...] = field(default=(), kw_only=True)
    kind: ClassVar[str] = ""

    @property
    def label(self) -> str:
        """What it is, in the word of ONNX."""
        return self.kind.capitalize()

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates; None where they cannot be counted."""
        return 0

    def _check(self, what: str, values: tuple[int, ...], least: int = 1, length: int | None = None) -> None:
        are_whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
        if not are_whole or min(values, default=least) < least or length not in (None, len(values)):
            shown = values[0] if len(values) == 1 else values
            raise InvalidInputError(
                f"operator '{self.name:.80}': {what} is {shown!r:.60}; allowed: integers from {least}"
            )


@dataclass(frozen=True)
class Window(Operator):
    """A window that moves over the rows and columns of an image: what a convolution and a pooling share.

    Attributes:
        C: Channels of the input.
        H: Height of the input, without padding.
        W: Width of the input, without padding.
        R: Height of the window.
        S: Width of the window.
        batch: Images.
        strides: Steps of the window.
        dilations: Distances between the window's rows and columns.
        padding: What is added around the input.
    """

    C: int
    H: int
    W: int
    R: int
    S: int
    batch: int = field(default=1, kw_only=True)
    strides: Pair = field(default=_ONCE, kw_only=True)
    dilations: Pair = field(default=_ONCE, kw_only=True)
    padding: Padding = field(default=_NONE, kw_only=True)

    def __post_init__(self) -> None:
        """Reject sizes below 1, and a window that is larger than the padded input."""
        for name in ("C", "H", "W", "R", "S", "batch"):
            self._check(name, (getattr(self, name),))
        self._check("strides", self.strides, length=2)
        self._check("dilations", self.dilations, length=2)
        self._check("padding", self.padding, least=0, length=4)
        if self.P < 1 or self.Q < 1:
            raise InvalidInputError(
                f"operator '{self.name:.80}': its window reaches over {self._reach[0]} x {self._reach[1]} values;"
                f" allowed: at most the padded input's {self._padded[0]} x {self._padded[1]}"
            )

    @property
    def P(self) -> int:  # noqa: N802 - the letter of Timeloop, as the fields
        """Height of the output."""
        return (self._padded[0] - self._reach[0]) // self.strides[0] + 1

    @property
    def Q(self) -> int:  # noqa: N802
        """Width of the output."""
        return (self._padded[1] - self._reach[1]) // self.strides[1] + 1

    @property
    def _padded(self) -> Pair:
        top, left, bottom, right = self.padding
        return top + self.H + bottom, left + self.W + right

    @property
    def _reach(self) -> Pair:
        return (self.R - 1) * self.dilations[0] + 1, (self.S - 1) * self.dilations[1] + 1


@dataclass(frozen=True)
class Conv(Window):
    """A convolution; a depthwise one has as many groups as input channels.

    Attributes:
        M: Channels of the output.
        groups: Parts of the channels that do not meet; each part of the outputs sees one part of the inputs.
        has_weights: Whether its filters come with the network.
    """

    M: int = field(kw_only=True)
    groups: int = field(default=1, kw_only=True)
    has_weights: bool = field(default=True, kw_only=True)
    kind: ClassVar[str] = "conv"

    def __post_init__(self) -> None:
        """Reject what a window rejects, and channels that groups do not part evenly."""
        super().__post_init__()
        self._check("M", (self.M,))
        self._check("groups", (self.groups,))
        if self.C % self.groups or self.M % self.groups:
            raise InvalidInputError(
                f"operator '{self.name:.80}': groups is {self.groups}; allowed: what divides both C = {self.C} and"
                f" M = {self.M}"
            )

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel is convolved for itself."""
        return self.groups == self.C > 1

    @property
    def label(self) -> str:
        """Conv."""
        return "Conv"

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all images; those that meet padding count too."""
        return self.batch * self.M * self.P * self.Q * (self.C // self.groups) * self.R * self.S


@dataclass(frozen=True)
class Pool(Window):
    """A maximum or a mean over each window, channel by channel.

    Attributes:
        function: ``MaxPool``, ``AveragePool``, ``GlobalAveragePool``, ... as ONNX names it.
    """

    function: str = field(kw_only=True)
    kind: ClassVar[str] = "pool"

    @property
    def label(self) -> str:
        """The function."""
        return self.function


@dataclass(frozen=True)
class Gemm(Operator):
    """A product of matrices: rows x inner times inner x columns.

    Attributes:
        rows: Rows of the left matrix and of the result.
        inner: Columns of the left matrix, rows of the right one.
        columns: Columns of the right matrix and of the result.
        batch: How many such products, each of its own two matrices.
        has_weights: Whether one of the two comes with the network.
    """

    rows: int
    inner: int
    columns: int
    batch: int = 1
    has_weights: bool = True
    kind: ClassVar[str] = "gemm"

    def __post_init__(self) -> None:
        """Reject sizes below 1."""
        for name in ("rows", "inner", "columns", "batch"):
            self._check(name, (getattr(self, name),))

    @property
    def label(self) -> str:
        """MatMul."""
        return "MatMul"

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all products."""
        return self.batch * self.rows * self.inner * self.columns


@dataclass(frozen=True)
class _Shaped(Operator):
    """A function of values that has no multiply-accumulates of weights.

    Attributes:
        function: As ONNX names it.
        shape: Sizes of what it works on.
    """

    function: str
    shape: Shape

    def __post_init__(self) -> None:
        """Reject sizes below 1."""
        self._check("shape", self.shape)

    @property
    def label(self) -> str:
        """The function."""
        return self.function


@dataclass(frozen=True)
class Elementwise(_Shaped):
    """Computes each value of its output, which has ``shape``, from one value of each operand.

    Attributes:
        operands: How many tensors it combines; constants count.
    """

    operands: int = 1
    kind: ClassVar[str] = "elementwise"


@dataclass(frozen=True)
class Reduction(_Shaped):
    """Makes one value of all along some axes of its input, which has ``shape``.

    Attributes:
        axes: The axes that go, counted from 0.
    """

    axes: Shape = ()
    kind: ClassVar[str] = "reduction"


@dataclass(frozen=True)
class Normalization(_Shaped):
    """Divides the values by what it makes of all of them along some axes, such as a softmax.

    Attributes:
        axes: Those axes, counted from 0; empty where statistics come with the network.
    """

    axes: Shape = ()
    kind: ClassVar[str] = "normalization"


@dataclass(frozen=True)
class Move(_Shaped):
    """Only brings values to other places, or reads them as another shape; its output has ``shape``."""

    kind: ClassVar[str] = "move"


@dataclass(frozen=True)
class Other(Operator):
    """An operator without a form of its own here.

    Attributes:
        function: As the file names it.
        count: Its multiply-accumulates; None where they cannot be counted.
        reason: Why it has no form.
    """

    function: str
    count: int | None
    reason: str
    kind: ClassVar[str] = "other"

    @property
    def label(self) -> str:
        """The function."""
        return self.function

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates; None where they cannot be counted."""
        return self.count


KINDS: dict[str, type[Operator]] = {
    kind.kind: kind for kind in (Conv, Gemm, Pool, Elementwise, Reduction, Normalization, Move, Other)
}
"""Every kind by its name in files."""

EXAMPLES: tuple[Operator, ...] = (
    Conv("conv", 8, 8, 8, 3, 3, M=8),
    Gemm("gemm", 8, 8, 8),
    Pool("pool", 8, 8, 8, 2, 2, function="MaxPool"),
    Elementwise("elementwise", "Relu", (8,)),
    Reduction("reduction", "ReduceSum", (8,), (0,)),
    Normalization("normalization", "Softmax", (8,), (0,)),
    Move("move", "Transpose", (8,)),
)
"""One operator of each kind that has a form, to ask a platform what it runs."""
