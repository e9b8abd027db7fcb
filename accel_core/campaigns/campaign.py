"""What a campaign is: a space, a way to choose designs of it, an evaluation, and a seed; read strictly from YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from accel_core.campaigns.fields import Fields
from accel_core.campaigns.networks import network_of, network_to
from accel_core.errors import InvalidInputError
from accel_core.evaluators import SettingValue, model_version, resolve_settings, settings_id, workload_of
from accel_core.metrics import get_metric
from accel_core.objectives import Bound, Goal, Objective, objectives_of
from accel_core.optimizers import OPTIMIZERS, current_name, resolve_options
from accel_core.paths import NO_RUNS
from accel_core.platforms import add_file, get_platform
from accel_core.space import SAMPLERS, Constraint, DesignSpace
from accel_core.space.documents import dump_document, load_yaml
from accel_core.workloads import Workload

MAX_DESIGNS = 1_000_000
MAX_YAML_BYTES = 5_000_000
MAX_SEED = 2**31 - 1
"""Largest seed that every sampler, optimizer and tool takes."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class SamplerPlan:
    """Designs drawn at once.

    Attributes:
        name: One of ``SAMPLERS``.
        designs: How many of the whole space; 0 when architectures and backends are crossed.
        architectures: How many of the parameters of group ``architecture``, each with every backend point.
        backends: How many of the parameters of group ``backend``.
    """

    name: str = "lhs"
    designs: int = 0
    architectures: int = 0
    backends: int = 0

    def __post_init__(self) -> None:
        """Reject an unknown sampler and a plan without designs."""
        if self.name not in SAMPLERS:
            raise InvalidInputError(f"sampler.name is '{self.name}'; allowed: {', '.join(SAMPLERS)}")
        crossed = self.architectures > 0 and self.backends > 0 and self.designs == 0
        if not crossed and not (self.designs > 0 and self.architectures == self.backends == 0):
            raise InvalidInputError(
                f"sampler: designs is {self.designs}, architectures {self.architectures}, backends {self.backends}; "
                "give either designs, or architectures and backends"
            )
        if self.size > MAX_DESIGNS:
            raise InvalidInputError(f"sampler asks for {self.size:,} designs; at most {MAX_DESIGNS:,} are allowed")

    @property
    def size(self) -> int:
        """How many designs there will be."""
        return self.designs or self.architectures * self.backends


@dataclass(frozen=True)
class OptimizerPlan:
    """Designs chosen step by step.

    Attributes:
        goals: At least one ``Objective``, and bounds.
        name: One of ``OPTIMIZERS``.
        budget: Designs to evaluate, all in all but those that only set the scale of a loss.
        batch: Designs that are asked for at once; the results of all of them are told before the next.
        options: Options of the optimizer, such as ``parents``, ``mutation`` and ``loss`` of ``genetic``.
    """

    goals: tuple[Goal, ...]
    name: str = "motpe"
    budget: int = 100
    batch: int = 4
    options: Mapping[str, SettingValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Reject a search for nothing and numbers out of range."""
        if kind := OPTIMIZERS.get(self.name):
            object.__setattr__(self, "options", resolve_options(kind, self.options))
        for goal in self.goals:
            get_metric(goal.metric)
        if not objectives_of(self.goals):
            raise InvalidInputError("optimizer.goals has no objective; at least one metric needs a direction")
        if not 1 <= self.batch <= self.budget <= MAX_DESIGNS:
            raise InvalidInputError(
                f"optimizer: batch is {self.batch} and budget {self.budget}; "
                f"allowed: 1 <= batch <= budget <= {MAX_DESIGNS:,}"
            )

    @property
    def size(self) -> int:
        """How many designs will be evaluated at its end, at most."""
        kind = OPTIMIZERS.get(self.name)
        return self.budget + (kind.n_scaling_under(self.options) if kind else 0)


@dataclass(frozen=True)
class Campaign:
    """One run, from its definition alone reproducible.

    Attributes:
        name: Also the name of its folder: letters, digits, ``.``, ``_`` and ``-``; none of ``NO_RUNS``.
        platform: A name of ``PLATFORMS``.
        choice: How designs are chosen: drawn, searched for, or written down one by one.
        fidelity: One of the platform's; empty takes its first, the most faithful one.
        workload: One of the platform's; empty takes its first.
        restrictions: Narrows the space as ``--set NAME=VALUES`` does.
        constraints: What designs must meet beyond the platform's own constraints.
        settings: Settings of the fidelity; those left out take their defaults.
        seed: Of the choice and of the tools.
        workers: Processes at most; 0 means one per core.
        platform_file: Where the platform is described, if by a file outside the folder of a person's own platforms.
        network: A network of one's own, which then is the workload; the definition holds all of it.
    """

    name: str
    platform: str
    choice: SamplerPlan | OptimizerPlan | tuple[Mapping[str, Any], ...]
    fidelity: str = ""
    workload: str = ""
    restrictions: Mapping[str, str] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    settings: Mapping[str, SettingValue] = field(default_factory=dict)
    seed: int = 0
    workers: int = 0
    platform_file: str = ""
    network: Workload | None = None

    def __post_init__(self) -> None:
        """Fill in the platform's defaults and check everything against it."""
        if not _NAME.fullmatch(self.name):
            raise InvalidInputError(
                f"name is '{self.name}'; it must be letters, digits, '.', '_' or '-', begin with a letter or digit "
                "and be at most 63 long"
            )
        if self.name.lower() in NO_RUNS:
            raise InvalidInputError(
                f"name is '{self.name}'; AccelScope keeps {', '.join(NO_RUNS)} in the folder of runs, so choose another"
            )
        if not 0 <= self.workers <= 1024:
            raise InvalidInputError(f"workers is {self.workers}; allowed: 0 (one per core) to 1024")
        if not 0 <= self.seed <= MAX_SEED:
            raise InvalidInputError(f"seed is {self.seed!s:.40}; allowed: 0 to {MAX_SEED}")
        if isinstance(self.choice, tuple) and not 1 <= len(self.choice) <= MAX_DESIGNS:
            raise InvalidInputError(f"designs has {len(self.choice)} entries; allowed: 1 to {MAX_DESIGNS:,}")
        if self.platform_file:
            add_file(Path(self.platform_file))
            object.__setattr__(
                self, "platform_file", str(Path(self.platform_file).absolute())
            )  # workers live elsewhere
        platform = get_platform(self.platform)
        if not platform.evaluable:
            raise InvalidInputError(
                f"platform '{platform.name}' cannot run anything: its results were measured elsewhere"
            )
        object.__setattr__(self, "fidelity", self.fidelity or platform.evaluable[0])
        if self.network is not None:
            workload_of(platform, self.network)
            object.__setattr__(self, "workload", self.workload or self.network.name)
        object.__setattr__(self, "workload", self.workload or platform.default_workload.name)
        _check_choice("fidelity", self.fidelity, platform.evaluable)
        if self.network is None:
            platform.workload(self.workload)
        elif self.workload != self.network.name:
            raise InvalidInputError(f"workload is '{self.workload}' beside a network of one's own; leave it out")
        object.__setattr__(self, "settings", resolve_settings(platform, self.fidelity, self.settings))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        _narrowed(platform.space_under(self.settings), self.restrictions, self.constraints)

    @property
    def space(self) -> DesignSpace:
        """The platform's space under the settings, narrowed by the restrictions and the constraints."""
        space = get_platform(self.platform).space_under(self.settings)
        return _narrowed(space, self.restrictions, self.constraints)

    @property
    def runs(self) -> str | Workload:
        """What its designs run, as `accel_core.evaluators.evaluate` takes it."""
        return self.network or self.workload

    @property
    def settings_id(self) -> str:
        """The digest under which its results are stored."""
        return settings_id(get_platform(self.platform), self.fidelity, self.settings)

    @property
    def model_version(self) -> str:
        """The version of what evaluates its designs now."""
        return model_version(get_platform(self.platform), self.fidelity)

    @property
    def size(self) -> int:
        """How many designs it will have evaluated at its end, at most."""
        if isinstance(self.choice, tuple):
            return len(self.choice)
        return self.choice.size

    @classmethod
    def from_yaml(cls, source: str | Path, *, is_uploaded: bool = False) -> Campaign:
        """Read a campaign from a file (a ``Path``) or from YAML text; an uploaded one may name no file here.

        A file may name a network of one's own (``layers``, and perhaps ``sizes``) and its platform's file
        (``platform_file``), beside it or by their whole paths.

        Raises:
            InvalidInputError: Naming the file, the field, its value and what is allowed.
        """
        place = str(source) if isinstance(source, Path) else "campaign"
        data = _load(source, place)
        if is_uploaded and "platform_file" in data:
            raise InvalidInputError(
                f"{place}: platform_file cannot be uploaded; allowed: a platform that is known here"
            )
        return cls.from_mapping(data, place, source.parent if isinstance(source, Path) else None)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], place: str = "campaign", folder: Path | None = None) -> Campaign:
        """Build a campaign from what its YAML says; ``place`` names it in errors, ``folder`` is where its files are.

        Raises:
            InvalidInputError: Naming the place, the field, its value and what is allowed.
        """
        fields = Fields(data, place)
        try:
            arguments: dict[str, Any] = {
                "name": fields.text("name", required=True),
                "platform": fields.text("platform", required=True),
                "choice": _choice_of(fields),
                "fidelity": fields.text("fidelity"),
                "workload": fields.text("workload"),
                "restrictions": fields.words("set"),
                "constraints": _constraints_of(fields),
                "settings": fields.mapping("settings"),
                "seed": fields.integer("seed", 0),
                "workers": fields.integer("workers", 0),
                "platform_file": _beside(fields.text("platform_file"), folder),
                "network": network_of(fields, folder),
            }
            fields.finish()
            return cls(**arguments)
        except InvalidInputError as error:
            text = str(error)
            raise InvalidInputError(text if text.startswith(place) else f"{place}: {text}") from error

    def to_yaml(self) -> str:
        """Return the YAML that ``from_yaml`` reads back to an equal campaign."""
        data: dict[str, Any] = {
            "name": self.name, "platform": self.platform, "platform_file": self.platform_file,
            "fidelity": self.fidelity, "workload": self.workload if self.network is None else "",
            "set": dict(self.restrictions),
            "constraints": [{"name": entry.name, "expression": entry.expression} for entry in self.constraints],
            **_choice_to(self.choice), "settings": dict(self.settings), "seed": self.seed, "workers": self.workers,
            "network": {} if self.network is None else network_to(self.network),
        }  # fmt: skip
        kept = {name: value for name, value in data.items() if value not in ({}, [], "")}
        return dump_document(kept)


def _narrowed(whole: DesignSpace, restrictions: Mapping[str, str], constraints: tuple[Constraint, ...]) -> DesignSpace:
    space = whole.restrict(dict(restrictions))
    return replace(space, constraints=(*space.constraints, *constraints))


def _check_choice(name: str, value: str, allowed: Any) -> None:
    if value not in allowed:
        raise InvalidInputError(f"{name} is '{value}'; allowed: {', '.join(allowed)}")


def _load(source: str | Path, place: str) -> Mapping[str, Any]:
    data = load_yaml(_bounded(source, place) if isinstance(source, Path) else source, place, MAX_YAML_BYTES)
    if not isinstance(data, dict):
        raise InvalidInputError(f"{place}: a campaign must be a mapping of fields such as 'name: first'")
    return data


def _bounded(path: Path, place: str) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"{place}: cannot be read: {error.strerror or error}") from error


def _beside(name: str, folder: Path | None) -> str:
    """Return where a file is that a file in a folder names."""
    return str(folder / name) if name and folder is not None else name


def _constraints_of(fields: Fields) -> tuple[Constraint, ...]:
    constraints = []
    for part in fields.parts("constraints") if fields.has("constraints") else ():
        expression = part.text("expression", required=True)
        constraints.append(Constraint(part.text("name") or expression, expression))
        part.finish()
    return tuple(constraints)


def _choice_of(fields: Fields) -> SamplerPlan | OptimizerPlan | tuple[Mapping[str, Any], ...]:
    given = [name for name in ("sampler", "optimizer", "designs") if fields.has(name)]
    if len(given) != 1:
        has = " and ".join(given) or "none of them"
        raise InvalidInputError(f"give one of sampler, optimizer and designs; it has {has}")
    if given == ["designs"]:
        return tuple(part.rest() for part in fields.parts("designs"))
    part = fields.part(given[0])
    if given == ["sampler"]:
        sizes = {name: part.integer(name, 0) for name in ("designs", "architectures", "backends")}
        name = part.text("name") or "lhs"
        part.finish()
        return SamplerPlan(name, **sizes)
    goals = tuple(_goal_of(goal) for goal in part.parts("goals"))
    budget = part.integer("budget", 100)
    name, batch = current_name(part.text("name") or "motpe"), part.integer("batch", min(4, budget))
    options = {option: part.take(option) for option in _options_of(name) if part.has(option)}
    part.finish()
    return OptimizerPlan(goals, name, budget, batch, options)


def _options_of(optimizer: str) -> tuple[str, ...]:
    kind = OPTIMIZERS.get(optimizer)
    return tuple(kind.options) if kind else ()


def _goal_of(part: Fields) -> Goal:
    metric = part.text("metric", required=True)
    lower, upper = part.number("lower"), part.number("upper")
    if part.has("direction"):
        direction = part.text("direction")
        part.finish()
        return Objective(metric, direction, lower, upper)  # type: ignore[arg-type]
    name = part.text("name") or metric
    part.finish()
    return Bound(name, metric, lower, upper)


def _choice_to(choice: SamplerPlan | OptimizerPlan | tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    if isinstance(choice, tuple):
        return {"designs": [dict(design) for design in choice]}
    if isinstance(choice, SamplerPlan):
        sizes = {name: getattr(choice, name) for name in ("designs", "architectures", "backends")}
        return {"sampler": {"name": choice.name, **{name: size for name, size in sizes.items() if size}}}
    goals = []
    for goal in choice.goals:
        data = {name: getattr(goal, name, None) for name in ("name", "metric", "direction", "lower", "upper")}
        goals.append({name: value for name, value in data.items() if value is not None})
    numbers = {"name": choice.name, "budget": choice.budget, "batch": choice.batch}
    return {"optimizer": {**numbers, **choice.options, "goals": goals}}
