"""The same decisions from the command line."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from processing.cli import app
from processing.db import Connection
from tests.review.lively import enliven
from tests.review.town import furnish


def call(*words: str) -> str:
    answer = CliRunner().invoke(app, ["issue", *words])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_merge_split_and_undo_by_a_named_person(db: Connection) -> None:
    ids = furnish(db)
    enliven(db)
    db.commit()
    other = db.execute("SELECT public_id::text AS id FROM issue WHERE topic = 'waste'").fetchone()
    assert other is not None
    assert ids["issue"] in call("merge", ids["issue"], other["id"], "--user", "lan-analyst", "--reason", "một việc")
    shown = json.loads(call("show", other["id"]))
    assert shown["issue"] == ids["issue"]
    assert [(c["kind"], c["reason"]) for c in shown["changes"]] == [("merge", "một việc")]
    call("undo", str(shown["changes"][0]["id"]), "--user", "lan-analyst")
    first = json.loads(call("show", other["id"]))
    assert first["issue"] == other["id"]
    made = call("split", other["id"], first["members"][0]["public_id"], "--user", "lan-analyst")
    assert len(json.loads(call("show", made.split()[-1]))["members"]) == 1
    refused = CliRunner().invoke(app, ["issue", "undo", "1", "--user", "nobody"])
    assert refused.exit_code != 0
    assert "nobody" in str(refused.exception)
    assert "Rác thải: 1 trên 1" in call("precision")
    assert "Waste: 1 of 1" in call("precision", "--language", "en")
