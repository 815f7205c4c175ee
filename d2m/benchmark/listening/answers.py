"""The answers of a listening study, in one SQLite file that survives any crash.

Tables
------
``raters``
    ``number`` (from 0 in order of joining; it decides the order of the trials), ``token_sha256``
    (of the secret in the rater's link; the secret itself is not stored), ``code`` (shown at the
    end), ``joined_at``. Nothing about the person is stored.
``sent``
    ``rater``, ``trial`` (position in the rater's session, from 0), ``sent_at`` (when it was last
    shown).
``answers``
    One row for each rater, trial and question: the fields of `Answer`, with ``systems`` as a JSON
    list. The primary key makes a repeated answer harmless.

Times are seconds since 1970 (UTC).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from d2m.core.errors import DataError

ANSWERS_FILE = "answers.sqlite"
"""Name of the file of answers in the folder of a study."""
_WAIT_S = 30.0  # for another process that writes
_TABLES = """
CREATE TABLE IF NOT EXISTS raters (
    number INTEGER PRIMARY KEY, token_sha256 TEXT NOT NULL UNIQUE, code TEXT NOT NULL,
    joined_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS sent (
    rater INTEGER NOT NULL REFERENCES raters, trial INTEGER NOT NULL, sent_at REAL NOT NULL,
    PRIMARY KEY (rater, trial));
CREATE TABLE IF NOT EXISTS answers (
    rater INTEGER NOT NULL REFERENCES raters, trial INTEGER NOT NULL, question TEXT NOT NULL,
    block TEXT NOT NULL, item TEXT NOT NULL, systems TEXT NOT NULL, value INTEGER NOT NULL,
    kind TEXT NOT NULL, played_s REAL NOT NULL, answered_at REAL NOT NULL,
    PRIMARY KEY (rater, trial, question));
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a rater to one question.

    Parameters
    ----------
    rater
        Number of the rater, from 0 in order of joining.
    block
        ``"coherence"``, ``"quality"`` or ``"preference"``; empty for checks.
    item
        Name of the clip or song; for checks, the name of the check.
    systems
        The system that was rated, or the two that were compared, in the order shown. Empty for
        checks.
    value
        A rating, 1 to 5; for preference, the index (0 or 1) into ``systems`` of the preferred one;
        for checks, 1 if passed, else 0.
    kind
        ``"rating"`` (preferences too), ``"attention"``, ``"headphones"`` or ``"practice"``.
    order
        Position of the trial in the rater's session, from 0.
    played_s
        How long its stimuli were played, by the rater's browser (s).
    answered_at
        When it was stored (s since 1970).
    question
        Key of the question, for blocks with several, such as ``"realism"``; ``"rating"`` else.
    """

    rater: int
    block: str
    item: str
    systems: tuple[str, ...]
    value: int
    kind: str
    order: int
    played_s: float
    answered_at: float
    question: str = "rating"


@dataclass(frozen=True, kw_only=True)
class Rater:
    """A rater who has joined.

    Parameters
    ----------
    number
        From 0 in order of joining.
    code
        What is shown at the end, as proof of completion.
    """

    number: int
    code: str


class AnswerStore:
    """Reads and writes the answers of a study; each write is on the disk when it returns.

    Parameters
    ----------
    path
        The SQLite file; it is created if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction, which is undone if the block raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def join(self, token: str, most_raters: int) -> bool:
        """Add a rater, unless the token has joined before.

        Parameters
        ----------
        token
            Secret of the rater's link, which the browser drew at random.
        most_raters
            How many can join.

        Returns
        -------
        bool
            Whether the rater takes part; not if there are ``most_raters`` already.
        """
        if self.rater(token) is not None:
            return True
        with self._transaction() as connection:
            (count,) = connection.execute("SELECT COUNT(*) FROM raters").fetchone()
            if count >= most_raters:
                return False
            row = (count, _hashed(token), secrets.token_hex(4).upper(), time.time())
            connection.execute("INSERT OR IGNORE INTO raters VALUES (?, ?, ?, ?)", row)
        return True

    def rater(self, token: str) -> Rater | None:
        """Return the rater with a secret, if there is one."""
        with self._lock:
            row = self._connection.execute(
                "SELECT number, code FROM raters WHERE token_sha256 = ?", (_hashed(token),)
            ).fetchone()
        return None if row is None else Rater(number=row[0], code=row[1])

    def answered(self, rater: int) -> int:
        """Return how many trials a rater has answered: the position of the next one."""
        with self._lock:
            (count,) = self._connection.execute(
                "SELECT COUNT(DISTINCT trial) FROM answers WHERE rater = ?", (rater,)
            ).fetchone()
        return int(count)

    def mark_sent(self, rater: int, trial: int, sent_at: float) -> None:
        """Store when a trial is shown to a rater (s since 1970)."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", (rater, trial, sent_at)
            )

    def sent_at(self, rater: int, trial: int) -> float | None:
        """Return when a trial was last shown to a rater (s since 1970)."""
        with self._lock:
            row = self._connection.execute(
                "SELECT sent_at FROM sent WHERE rater = ? AND trial = ?", (rater, trial)
            ).fetchone()
        return None if row is None else float(row[0])

    def add(self, answers: Sequence[Answer]) -> None:
        """Store all answers to one trial, or none; those stored before stay as they are."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(answer.rater, answer.order, answer.question, answer.block, answer.item),
                        *(json.dumps(answer.systems), answer.value, answer.kind),
                        *(answer.played_s, answer.answered_at),
                    )
                    for answer in answers
                ],
            )


def read_answers(path: Path, *, practice: bool = False) -> list[Answer]:
    """Read the answers of a study, those of raters who stopped early too.

    Parameters
    ----------
    path
        The folder of the study, or its file of answers. A server may be running meanwhile.
    practice
        Whether to read the answers to practice trials as well.

    Returns
    -------
    list of Answer
        By rater, in the order of the session.

    Raises
    ------
    DataError
        If there is no such file, or it is no file of answers.
    """
    path = path / ANSWERS_FILE if path.is_dir() else path
    if not path.is_file():
        raise DataError(f"There is no file of answers {path.name}: give the folder of a study.")
    query = (
        "SELECT rater, trial, question, block, item, systems, value, kind, played_s, answered_at"
        " FROM answers WHERE ? OR kind != 'practice' ORDER BY rater, trial, question"
    )
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_WAIT_S)) as connection:
            rows = connection.execute(query, (practice,)).fetchall()
    except sqlite3.DatabaseError as error:
        raise DataError(f"{path.name} can't be read as answers of a study ({error}).") from error
    return [
        Answer(
            rater=rater,
            order=order,
            question=question,
            block=block,
            item=item,
            systems=tuple(json.loads(systems)),
            value=value,
            kind=kind,
            played_s=played_s,
            answered_at=answered_at,
        )
        for rater, order, question, block, item, systems, value, kind, played_s, answered_at in rows
    ]


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
