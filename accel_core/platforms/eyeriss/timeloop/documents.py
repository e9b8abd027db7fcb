"""YAML as Timeloop's front end writes and reads it: nodes with a tag, short collections on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


class Node(dict[str, Any]):
    """A mapping with a tag, such as ``!Component``."""

    def __init__(self, tag: str, **entries: Any) -> None:
        """Remember the tag, without its exclamation mark."""
        super().__init__(entries)
        self.tag = f"!{tag}"


class _Dumper(yaml.SafeDumper):
    """Writes nodes with their tags, and every value out in full: no anchors, which Timeloop's parser would follow."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _node(dumper: _Dumper, node: Node) -> yaml.MappingNode:
    return dumper.represent_mapping(node.tag, node)


_Dumper.add_representer(Node, _node)


def document(content: Mapping[str, Any], comment: str) -> str:
    """Return YAML text, with a comment line before it."""
    text: str = yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110)
    printable = "".join(sign if sign.isprintable() else " " for sign in comment)
    return f"# {printable}\n{text}"
