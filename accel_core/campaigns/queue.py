"""The designs of one run and who works on them: a small SQLite file that many processes share.

SQLite because it is in Python itself, lets several processes write in turn, and stays whole when any of them is killed
in the middle. The results that count are in the parts; here they are noted so that progress and a search need no
database.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

MAX_ATTEMPTS = 3

_SCHEMA = """
create table if not exists tasks (
    position    integer primary key,
    design_id   text not null unique,
    design      text not null,              -- parameter values, JSON
    batch       integer not null,
    state       text not null,              -- waiting, running, done
    attempts    integer not null default 0, -- times it was begun
    owner       text not null default '',   -- identity of the process that works on it
    status      text not null default '',   -- of the result, when done
    result      text not null default '',   -- metrics and reason, JSON, when done
    part        text not null default '',   -- file that carried the result; empty when it was stored before
    finished_at real
);
create index if not exists tasks_state on tasks (state, attempts, position);
create index if not exists tasks_finished on tasks (finished_at);
create table if not exists facts (name text primary key, value text not null);
"""


@dataclass(frozen=True)
class Tally:
    """Progress of a run.

    Attributes:
        total: Designs queued so far.
        states: Number of designs by state.
        statuses: Number of finished designs by status of their result.
        reused: Finished designs whose result was stored before.
        rate_per_s: Evaluations finished per second, over the last minute or the last 20; NaN before the second one.
    """

    total: int
    states: Mapping[str, int]
    statuses: Mapping[str, int]
    reused: int
    rate_per_s: float


class TaskQueue:
    """One process's view of the queue; not shared between threads."""

    def __init__(self, path: Path) -> None:
        """Open the queue, or create it."""
        self._connection = sqlite3.connect(path, timeout=60.0, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)

    def __enter__(self) -> TaskQueue:
        """Return the queue itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def put(self, designs: pd.DataFrame, ids: Sequence[str], batch: int = 0) -> list[str]:
        """Append designs that are not queued yet, in order; return the identifiers of those that were."""
        rows = [
            (design_id, json.dumps(design), batch)
            for design_id, design in zip(ids, designs.to_dict("records"), strict=True)
        ]
        with self._transaction() as connection:
            before = {row[0] for row in connection.execute("select design_id from tasks")}
            connection.executemany(
                "insert or ignore into tasks (design_id, design, batch, state) values (?, ?, ?, 'waiting')", rows
            )
        return [design_id for design_id in ids if design_id not in before]

    def claim(self, owner: str, n: int) -> pd.DataFrame:
        """Take up to ``n`` waiting designs: index ``position``, columns ``design_id`` and the parameters.

        A design that was begun before comes alone, so that one that kills its worker harms no other.
        """
        with self._transaction() as connection:
            rows = connection.execute(
                "select position, design_id, design, attempts from tasks where state = 'waiting' "
                "and attempts < ? order by attempts, position limit ?",
                [MAX_ATTEMPTS, n],
            ).fetchall()
            if rows and rows[0][3] > 0:
                rows = rows[:1]
            rows = [row for row in rows if row[3] == rows[0][3]]
            connection.executemany(
                "update tasks set state = 'running', owner = ?, attempts = attempts + 1 where position = ?",
                [(owner, row[0]) for row in rows],
            )
        return _frame(rows)

    def finish(self, results: pd.DataFrame, part: str) -> None:
        """Note results (with ``design_id`` and ``status``) as done; ``part`` is empty if they were stored before."""
        now = time.time()
        values = [
            (str(row["status"]), _to_json(row), part, now, str(row["design_id"])) for row in results.to_dict("records")
        ]
        with self._transaction() as connection:
            connection.executemany(
                "update tasks set state = 'done', status = ?, result = ?, part = ?, finished_at = ?, owner = '' "
                "where design_id = ?",
                values,
            )

    def release(self, owner: str) -> None:
        """Give back what an owner took and will not finish, without counting it as an attempt."""
        with self._transaction() as connection:
            connection.execute(
                "update tasks set state = 'waiting', owner = '', attempts = attempts - 1 "
                "where state = 'running' and owner = ?",
                [owner],
            )

    def owners(self) -> set[str]:
        """Return who works on something."""
        rows = self._connection.execute("select distinct owner from tasks where state = 'running'").fetchall()
        return {row[0] for row in rows}

    def recover(self, is_alive: Callable[[str], bool]) -> set[str]:
        """Give back what dead owners took; return those owners."""
        dead = {owner for owner in self.owners() if not is_alive(owner)}
        with self._transaction() as connection:
            for owner in dead:
                connection.execute(
                    "update tasks set state = 'waiting', owner = '' where state = 'running' and owner = ?", [owner]
                )
        return dead

    def take_poisoned(self, owner: str) -> pd.DataFrame:
        """Take the designs that were begun ``MAX_ATTEMPTS`` times and never finished, as ``claim`` does."""
        with self._transaction() as connection:
            rows = connection.execute(
                "select position, design_id, design from tasks where state = 'waiting' and attempts >= ?",
                [MAX_ATTEMPTS],
            ).fetchall()
            connection.executemany(
                "update tasks set state = 'running', owner = ? where position = ?",
                [(owner, row[0]) for row in rows],
            )
        return _frame(rows)

    def reopen(self, design_ids: Sequence[str]) -> None:
        """Let finished designs be evaluated again, because their result was lost."""
        with self._transaction() as connection:
            connection.executemany(
                "update tasks set state = 'waiting', attempts = 0, status = '', result = '', part = '', "
                "finished_at = null where design_id = ? and state = 'done'",
                [(design_id,) for design_id in design_ids],
            )

    def of_part(self, part: str) -> list[str]:
        """Return the designs whose result a part carried."""
        return [row[0] for row in self._connection.execute("select design_id from tasks where part = ?", [part])]

    def n_open(self) -> int:
        """Return how many designs wait or are worked on."""
        return int(self._connection.execute("select count(*) from tasks where state != 'done'").fetchone()[0])

    def is_idle(self) -> bool:
        """Tell whether nothing waits and nobody works."""
        return self._connection.execute("select 1 from tasks where state != 'done' limit 1").fetchone() is None

    def waiting(self) -> list[str]:
        """Return the designs that wait."""
        return [row[0] for row in self._connection.execute("select design_id from tasks where state = 'waiting'")]

    def count(self) -> int:
        """Return how many designs were queued."""
        return int(self._connection.execute("select count(*) from tasks").fetchone()[0])

    def done(self) -> list[str]:
        """Return the finished designs."""
        return [row[0] for row in self._connection.execute("select design_id from tasks where state = 'done'")]

    def batches(self, first: int = 0) -> Iterator[pd.DataFrame]:
        """Yield the results of each complete batch from a number on, oldest first, in the order of queueing."""
        rows = self._connection.execute(
            "select batch, state, design, result from tasks where batch >= ? order by batch, position", [first]
        ).fetchall()
        for _, group in groupby(rows, key=lambda row: row[0]):
            mine = list(group)
            if any(row[1] != "done" for row in mine):
                return
            yield pd.DataFrame([{**json.loads(row[3]), **json.loads(row[2])} for row in mine])

    def tally(self) -> Tally:
        """Count."""
        rows = self._connection.execute(
            "select state, status, part = '', count(*) from tasks group by 1, 2, 3"
        ).fetchall()
        states: dict[str, int] = {}
        statuses: dict[str, int] = {}
        reused = 0
        for state, status, is_stored, n in rows:
            states[state] = states.get(state, 0) + n
            if state == "done":
                statuses[status] = statuses.get(status, 0) + n
                reused += n if is_stored else 0
        return Tally(sum(states.values()), states, statuses, reused, self._rate())

    def set_fact(self, name: str, value: str) -> None:
        """Remember something about the run."""
        self._connection.execute("insert or replace into facts values (?, ?)", [name, value])

    def fact(self, name: str) -> str:
        """Return what was remembered; empty if nothing."""
        row = self._connection.execute("select value from facts where name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def _rate(self) -> float:
        since = time.time() - 60.0
        recent, oldest = self._connection.execute(
            "select count(*), min(finished_at) from tasks where part != '' and finished_at > ?", [since]
        ).fetchone()
        if recent < 20:
            times = [
                row[0]
                for row in self._connection.execute(
                    "select finished_at from tasks where part != '' order by finished_at desc limit 20"
                )
            ]
            recent, oldest = len(times), min(times, default=math.nan)
        span = time.time() - oldest
        return (recent - 1) / span if recent > 1 and span > 0 else math.nan

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("begin immediate")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")


def _frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    designs = pd.DataFrame([json.loads(row[2]) for row in rows], index=[row[0] for row in rows])
    designs.insert(0, "design_id", [row[1] for row in rows])
    return designs


def _to_json(row: Mapping[Any, Any]) -> str:
    """Return a result row as strict JSON: what is not a finite number, text or truth value becomes null."""
    plain = {}
    for name, value in row.items():
        number = value.item() if hasattr(value, "item") else value
        is_plain = isinstance(number, str | bool | int) or (isinstance(number, float) and math.isfinite(number))
        plain[str(name)] = number if is_plain else None
    return json.dumps(plain)
