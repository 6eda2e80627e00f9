"""The schema of the ledger file, as the steps that lead to it. Steps are never changed once released, only added.

`totals` holds the sums of `results` by day, model and task type, kept by triggers: so a million rows add up at once.
"""

from __future__ import annotations

from typing import Final

_FIRST: Final = (
    """
    CREATE TABLE tasks (
        uuid BLOB PRIMARY KEY, run BLOB NOT NULL, created TEXT NOT NULL, base_url TEXT NOT NULL, folder TEXT NOT NULL,
        task_type TEXT NOT NULL, model TEXT, request TEXT NOT NULL, fingerprint BLOB NOT NULL, estimate INTEGER,
        owner TEXT NOT NULL, budget TEXT, state TEXT NOT NULL DEFAULT 'intended', problem TEXT
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE results (
        uuid BLOB NOT NULL, number INTEGER NOT NULL, arrived TEXT NOT NULL, cost INTEGER, sandbox INTEGER NOT NULL,
        latency REAL, item TEXT NOT NULL, files TEXT NOT NULL, fingerprint BLOB NOT NULL,
        PRIMARY KEY (uuid, number)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE totals (
        day TEXT NOT NULL, model TEXT NOT NULL, task_type TEXT NOT NULL, sandbox INTEGER NOT NULL,
        results INTEGER NOT NULL, unknown INTEGER NOT NULL, cost INTEGER NOT NULL,
        PRIMARY KEY (day, model, task_type, sandbox)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE savings (
        day TEXT NOT NULL, model TEXT NOT NULL, sandbox INTEGER NOT NULL, hits INTEGER NOT NULL, saved INTEGER NOT NULL,
        PRIMARY KEY (day, model, sandbox)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX open_tasks ON tasks (base_url, created) WHERE state IN ('intended', 'accepted', 'unknown')",
    "CREATE INDEX budgets ON tasks (budget) WHERE budget IS NOT NULL",
    "CREATE INDEX flying ON tasks (state, estimate)",
    "CREATE INDEX samples ON results (fingerprint)",
    """
    CREATE TRIGGER result_added AFTER INSERT ON results BEGIN
        INSERT INTO totals SELECT substr(NEW.arrived, 1, 10), coalesce(model, ''), task_type, NEW.sandbox,
            1, NEW.cost IS NULL, coalesce(NEW.cost, 0) FROM tasks WHERE uuid = NEW.uuid
        ON CONFLICT DO UPDATE SET results = results + 1, unknown = unknown + excluded.unknown,
            cost = cost + excluded.cost;
    END
    """,
    """
    CREATE TRIGGER result_priced AFTER UPDATE OF cost ON results WHEN OLD.cost IS NULL AND NEW.cost IS NOT NULL BEGIN
        UPDATE totals SET unknown = unknown - 1, cost = cost + NEW.cost
        WHERE day = substr(NEW.arrived, 1, 10) AND sandbox = NEW.sandbox
            AND (model, task_type) = (SELECT coalesce(model, ''), task_type FROM tasks WHERE uuid = NEW.uuid);
    END
    """,
)

# What results of a model cost is looked up before each run.
_PRICED: Final = ("CREATE INDEX of_model ON tasks (model, task_type, created)",)

_PLACED: Final = (
    "ALTER TABLE tasks ADD COLUMN name TEXT",
    "ALTER TABLE tasks ADD COLUMN axes TEXT",
    "ALTER TABLE tasks ADD COLUMN notebook TEXT",
    "ALTER TABLE tasks ADD COLUMN cell TEXT",
    "CREATE INDEX by_time ON tasks (created)",
    """
    CREATE TABLE saved (
        day TEXT NOT NULL, model TEXT NOT NULL, task_type TEXT NOT NULL, notebook TEXT NOT NULL,
        sandbox INTEGER NOT NULL, hits INTEGER NOT NULL, saved INTEGER NOT NULL,
        PRIMARY KEY (day, model, task_type, notebook, sandbox)
    ) WITHOUT ROWID
    """,
    "INSERT INTO saved SELECT day, model, '', '', sandbox, hits, saved FROM savings",
    "DROP TABLE savings",
    "ALTER TABLE saved RENAME TO savings",
)
"""Where a task was asked, the name of its run and its place on the axes; savings by more than model."""

_COUNTED: Final = (
    "DROP INDEX by_time",
    "CREATE INDEX by_time ON tasks (created, model, task_type)",
    "CREATE TABLE folders (folder TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO folders SELECT DISTINCT folder FROM tasks",
)
"""Costs of a month without a look at each task, whose request may be large; and the folders without a look at all."""

_MADE: Final = (
    """
    CREATE TABLE made (
        created TEXT NOT NULL, uuid BLOB NOT NULL, number INTEGER NOT NULL, model TEXT, task_type TEXT NOT NULL,
        day TEXT NOT NULL, sandbox INTEGER NOT NULL, cost INTEGER, latency REAL,
        PRIMARY KEY (created, uuid, number)
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO made SELECT created, uuid, number, model, task_type, substr(arrived, 1, 10), sandbox, cost, latency
    FROM tasks JOIN results USING (uuid) ORDER BY created, uuid, number
    """,
    """
    CREATE TRIGGER result_made AFTER INSERT ON results BEGIN
        INSERT INTO made SELECT created, NEW.uuid, NEW.number, model, task_type, substr(NEW.arrived, 1, 10),
            NEW.sandbox, NEW.cost, NEW.latency FROM tasks WHERE uuid = NEW.uuid;
    END
    """,
    """
    CREATE TRIGGER made_priced AFTER UPDATE OF cost ON results WHEN OLD.cost IS NULL AND NEW.cost IS NOT NULL BEGIN
        UPDATE made SET cost = NEW.cost WHERE uuid = NEW.uuid AND number = NEW.number
            AND created = (SELECT created FROM tasks WHERE uuid = NEW.uuid);
    END
    """,
    """
    CREATE TRIGGER made_gone AFTER DELETE ON results BEGIN
        DELETE FROM made WHERE uuid = OLD.uuid AND number = OLD.number
            AND created = (SELECT created FROM tasks WHERE uuid = OLD.uuid);
    END
    """,
)
"""What costs are made of, by time: 80,000 results of a month are read in one piece, and not looked up by UUID. Triggers
keep it, so a kernel of an earlier version does, too."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST, _PRICED, _PLACED, _COUNTED, _MADE)
"""Each takes the schema one version further; `PRAGMA user_version` counts them."""
