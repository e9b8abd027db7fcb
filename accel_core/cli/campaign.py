"""``campaign``: run or resume a campaign from its YAML file."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path

from accel_core.campaigns import Campaign, CampaignStatus, run_campaign
from accel_core.cli.arguments import Commands
from accel_core.cli.layers import say_network
from accel_core.platforms import add_file, get_platform


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("campaign", help="run or resume a campaign; the dashboard follows it too")
    parser.add_argument("file", type=Path, help="a YAML file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run to the end, with one line of progress that renews itself on a terminal."""
    campaign = Campaign.from_yaml(arguments.file)
    named = {add_file(path).name: path for path in arguments.platform_file}
    if campaign.platform in named and not campaign.platform_file:  # a dashboard that runs it knows no other way
        campaign = replace(campaign, platform_file=str(named[campaign.platform]))
    if campaign.network is not None:
        say_network(get_platform(campaign.platform), campaign.network)
    status = run_campaign(campaign, _Progress())
    counts = ", ".join(
        f"{count} {name}" for name in ("ok", "infeasible", "failed", "timeout") if (count := getattr(status, name))
    )
    print(f"{status.name} {status.state}: {status.done} of {status.total} designs; {counts or 'none'}")


class _Progress:
    """Prints a status when its count changed; on a terminal over the line before."""

    def __init__(self) -> None:
        self._last = -1

    def __call__(self, status: CampaignStatus) -> None:
        if status.done == self._last:
            return
        self._last = status.done
        left = "" if math.isnan(status.seconds_left) else f", about {status.seconds_left:.0f} s left"
        text = f"{status.state}: {status.done} of {status.total}{left}"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
