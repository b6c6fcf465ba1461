-- Counts per series and day, and what was unusual about them.

CREATE TABLE series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('topic_commune', 'topic_province', 'issue')),
    topic text NOT NULL,
    unit_code text,
    issue_id bigint REFERENCES issue
);
COMMENT ON TABLE series IS 'What is counted: a topic in a commune, a topic in a province, or an issue.';
COMMENT ON COLUMN series.key IS 'For example topic_commune:waste:00097.';

CREATE TABLE observation (
    series_id bigint NOT NULL,
    day date NOT NULL,
    origins integer NOT NULL,
    documents integer NOT NULL,
    coverage real NOT NULL CHECK (coverage BETWEEN 0 AND 1),
    expected real,
    upper real,
    p_value double precision,
    score double precision,
    burst real,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (series_id, day)
) PARTITION BY RANGE (day);
COMMENT ON TABLE observation IS 'Count of one series on one local day, and the baseline it was judged against.';
COMMENT ON COLUMN observation.day IS 'Calendar day in Asia/Ho_Chi_Minh of publication.';
COMMENT ON COLUMN observation.origins IS 'Independent origins; the number that is judged.';
COMMENT ON COLUMN observation.coverage IS 'Share of the series'' sources that were alive that day.';
COMMENT ON COLUMN observation.burst IS 'Probability of the burst state of the forward filter.';
CREATE INDEX ON observation (day);

CREATE TABLE flag (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    series_id bigint NOT NULL REFERENCES series,
    issue_id bigint REFERENCES issue,
    kind text NOT NULL CHECK (kind IN ('surge', 'source_artefact', 'insufficient_coverage')),
    first_day date NOT NULL,
    last_day date NOT NULL,
    score double precision NOT NULL,
    rank double precision NOT NULL DEFAULT 0,
    card jsonb NOT NULL,
    method text NOT NULL,
    run_id bigint,
    raised_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (series_id, first_day)
);
COMMENT ON TABLE flag IS 'An episode: raised once, kept up to date while it lasts.';
COMMENT ON COLUMN flag.kind IS 'surge; source_artefact (a new source, an outage, a back-fill); insufficient_coverage.';
COMMENT ON COLUMN flag.card IS 'The score card, recomputable from stored rows; see docs/methods.md.';
COMMENT ON COLUMN flag.rank IS 'Documented ranking formula; higher comes first.';
CREATE INDEX ON flag (issue_id);
CREATE INDEX ON flag (raised_at);

CREATE TABLE flag_document (
    flag_id bigint NOT NULL REFERENCES flag ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES document ON DELETE CASCADE,
    PRIMARY KEY (flag_id, document_id)
);
COMMENT ON TABLE flag_document IS 'Documents counted by an episode.';
CREATE INDEX ON flag_document (document_id);

CREATE TABLE feedback_count (
    source_id bigint NOT NULL REFERENCES source,
    topic text NOT NULL,
    unit_code text NOT NULL,
    week date NOT NULL,
    reports integer NOT NULL,
    PRIMARY KEY (source_id, topic, unit_code, week)
);
COMMENT ON TABLE feedback_count IS 'Reports filed with a public service: counts by topic, commune and week, and nothing else (SCOPE S1). Shown from 5 on (S8).';
COMMENT ON COLUMN feedback_count.week IS 'Monday of the week, local calendar.';

CREATE TABLE feedback_seen (
    source_id bigint NOT NULL REFERENCES source,
    report_hash bytea NOT NULL,
    week date NOT NULL,
    PRIMARY KEY (source_id, report_hash)
);
COMMENT ON TABLE feedback_seen IS 'Keyed hashes of reports already counted, kept while the board still lists them.';
