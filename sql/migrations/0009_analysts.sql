-- What analysts change by hand, kept so that it can be obeyed again and taken back; how useful signals were; failed sign-ins.

CREATE TABLE issue_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    user_id bigint NOT NULL REFERENCES app_user,
    kind text NOT NULL CHECK (kind IN ('merge', 'split')),
    issue_id bigint NOT NULL REFERENCES issue,
    other_issue_id bigint NOT NULL REFERENCES issue,
    aliases uuid[] NOT NULL DEFAULT '{}',
    reason text NOT NULL DEFAULT '',
    undone_at timestamptz,
    undone_by bigint REFERENCES app_user,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
COMMENT ON TABLE issue_change IS 'Analysts'' merges and splits of issues: obeyed after every clustering until taken back.';
COMMENT ON COLUMN issue_change.issue_id IS 'The issue that stays.';
COMMENT ON COLUMN issue_change.other_issue_id IS 'The issue that was joined to it, or split off from it.';
COMMENT ON COLUMN issue_change.aliases IS 'Of a merge: older public ids that led to the joined issue.';
CREATE INDEX ON issue_change (issue_id);
CREATE INDEX ON issue_change (other_issue_id);

CREATE TABLE issue_change_document (
    change_id bigint NOT NULL REFERENCES issue_change ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES document ON DELETE CASCADE,
    other boolean NOT NULL,
    PRIMARY KEY (change_id, document_id)
);
COMMENT ON TABLE issue_change_document IS 'Documents on either side of a merge or split when it was decided.';
COMMENT ON COLUMN issue_change_document.other IS 'On the side of the issue that was joined or split off.';
CREATE INDEX ON issue_change_document (document_id);

ALTER TABLE story_constraint ADD COLUMN change_id bigint REFERENCES issue_change ON DELETE CASCADE;
COMMENT ON COLUMN story_constraint.change_id IS 'The split it was written for; revoked with it.';

CREATE VIEW signal_precision AS
WITH decided AS (
    SELECT DISTINCT ON (f.id) s.topic, r.decision, r.at, f.raised_at
    FROM flag f
    JOIN series s ON s.id = f.series_id
    JOIN issue own ON own.id = f.issue_id
    LEFT JOIN issue_alias x ON x.alias = own.public_id
    JOIN review_decision r ON (r.subject_kind = 'issue' AND r.subject_id IN (own.id, x.issue_id)) OR (r.subject_kind = 'flag' AND r.subject_id = f.id)
    WHERE f.kind = 'surge' AND r.decision IN ('confirm', 'dismiss', 'assign', 'answered', 'reopen')
    ORDER BY f.id, r.at DESC, r.id DESC
), counted AS (
    SELECT topic, count(*) AS decided, count(*) FILTER (WHERE decision <> 'dismiss') AS useful, max(at) AS latest
    FROM decided WHERE decision <> 'reopen' GROUP BY topic
)
SELECT topic, decided, useful, decided - useful AS dismissed, useful::double precision / decided AS precision,
    (useful + 1.9208 - 1.96 * sqrt(useful::double precision * (decided - useful) / decided + 0.9604)) / (decided + 3.8416) AS low,
    (useful + 1.9208 + 1.96 * sqrt(useful::double precision * (decided - useful) / decided + 0.9604)) / (decided + 3.8416) AS high,
    latest
FROM counted;
COMMENT ON VIEW signal_precision IS 'Of the hot-spots an analyst decided on, the share worth attention, by topic, with its 95 % interval (Wilson, JASA 1927).';

CREATE TABLE sign_in_failure (
    pair text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_failure IS 'Failed sign-ins and requests to the public desk of the last quarter of an hour, which the next ones wait for.';
COMMENT ON COLUMN sign_in_failure.pair IS 'Keyed hash of account and address; of a request, of the address alone.';
CREATE INDEX ON sign_in_failure (pair, at);

GRANT SELECT, INSERT, UPDATE, DELETE ON issue_change, issue_change_document, sign_in_failure TO langnghe_app;
GRANT SELECT ON signal_precision TO langnghe_app;
GRANT SELECT ON issue_change, issue_change_document, signal_precision TO analyst;
