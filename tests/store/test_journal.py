"""The journal shows edits, reordering and truncation."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ergon_ops.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store.open(tmp_path / "s")
    for number in range(6):
        store.journal.append(f"step {number}", change="c-1", actor="terminal:uid 0", data={"number": number})
    store.close()
    return tmp_path / "s"


def tampered(folder: Path, *statements: str) -> list[str]:
    db = sqlite3.connect(folder / "state.db")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return problems(folder)


def problems(folder: Path) -> list[str]:
    store = Store.open(folder)
    found = store.journal.verify()
    store.close()
    return found


def test_a_chain_that_nobody_touched_holds_from_process_to_process(folder: Path) -> None:
    store = Store.open(folder)
    row = store.journal.append("after")
    assert row.seq == 7
    assert store.journal.verify() == []
    assert [row.step for row in store.journal.rows(limit=2)] == ["step 5", "after"]
    assert [row.data for row in store.journal.rows(change="c-1")] == [{"number": number} for number in range(6)]
    store.close()


@pytest.mark.parametrize(
    "column", ["at = at + 1", "step = 'kept'", "change = 'c-2'", "proposal = 'p'", "container = 'x'", "actor = 'me'",
               "data = '{}'", "data = 'no json'", "hash = 'ü'", "at = 9e999"]
)  # fmt: skip
def test_an_edit_of_any_column_is_found(folder: Path, column: str) -> None:
    assert any(
        problem.startswith("row 3 ") for problem in tampered(folder, f"UPDATE journal SET {column} WHERE seq = 3")
    )


def test_a_row_taken_from_the_middle_is_found(folder: Path) -> None:
    found = tampered(folder, "DELETE FROM journal WHERE seq = 3")
    assert found[0] == "row 3 is missing or out of order (found row 4 in its place)"


def test_a_row_taken_from_the_middle_is_found_when_the_others_close_the_ranks(folder: Path) -> None:
    found = tampered(
        folder,
        "DELETE FROM journal WHERE seq = 3",
        "UPDATE journal SET seq = 3 WHERE seq = 4",
        "UPDATE journal SET seq = 4 WHERE seq = 5",
        "UPDATE journal SET seq = 5 WHERE seq = 6",
    )
    assert found[0].startswith("row 3 ")
    assert found[-1] == "truncated: the head file says 6 rows, there are 5"


def test_rows_that_changed_places_are_found(folder: Path) -> None:
    found = tampered(
        folder,
        "UPDATE journal SET seq = 99 WHERE seq = 2",
        "UPDATE journal SET seq = 2 WHERE seq = 4",
        "UPDATE journal SET seq = 4 WHERE seq = 99",
    )
    assert {problem.split()[1] for problem in found} >= {"2", "4"}


@pytest.mark.parametrize("count", [0, 3, 5])
def test_a_truncation_is_found_by_the_head_file(folder: Path, count: int) -> None:
    found = tampered(folder, f"DELETE FROM journal WHERE seq > {count}")
    assert found == [f"truncated: the head file says 6 rows, there are {count}"]


def test_going_on_after_a_truncation_does_not_hide_it(folder: Path) -> None:
    tampered(folder, "DELETE FROM journal WHERE seq > 3")
    store = Store.open(folder)
    store.journal.append("business as usual")
    assert store.journal.verify() == ["row 4: rows were missing here (3 found, 6 expected)"]
    store.journal.append("and on")
    assert len(store.journal.verify()) == 1
    store.close()


def test_a_state_file_that_was_thrown_away_is_noted_in_the_new_one(folder: Path) -> None:
    for path in folder.glob("state.db*"):
        path.unlink()
    assert problems(folder) == ["truncated: the head file says 6 rows, there are 0"]
    store = Store.open(folder)
    store.journal.append("fresh")
    assert store.journal.verify() == ["row 1: rows were missing here (0 found, 6 expected)"]
    store.close()


def test_a_head_that_lags_by_a_crash_is_no_alarm_and_a_missing_or_broken_one_is(folder: Path) -> None:
    head = folder / "journal.head"
    lagging = head.read_bytes()
    store = Store.open(folder)
    store.journal.append("after")
    store.close()
    head.write_bytes(lagging)
    assert problems(folder) == []
    head.write_bytes(b"{")
    assert "journal.head cannot be read" in problems(folder)
    head.unlink()
    assert problems(folder) == ["journal.head is missing: a truncation would not be seen"]


def test_without_its_key_nothing_can_be_verified(folder: Path) -> None:
    (folder / "journal.key").unlink()
    assert problems(folder) == ["journal.key is missing: 6 rows cannot be verified"]


def test_a_secret_does_not_reach_the_journal(folder: Path) -> None:
    store = Store.open(folder)
    store.journal.append("tried", data={"text": "DB_PASSWORD=hunter2", "env": {"API_TOKEN": "tok-12345678"}})
    store.close()
    raw = (folder / "state.db").read_bytes() + b"".join(path.read_bytes() for path in folder.glob("state.db-*"))
    assert b"hunter2" not in raw
    assert b"tok-12345678" not in raw
    assert problems(folder) == []
