-- What the hot-spot pass asks for again and again, counted once: a pass read every document of 400 days to learn how much each source usually publishes.

CREATE TABLE source_day (
    source_id bigint NOT NULL REFERENCES source ON DELETE CASCADE,
    day date NOT NULL,
    documents integer NOT NULL,
    read boolean,
    PRIMARY KEY (source_id, day)
);
COMMENT ON TABLE source_day IS 'How much a source published on a local day, and whether its feeds could be read. Counted anew with every day of `observation`.';
COMMENT ON COLUMN source_day.day IS 'Calendar day in Asia/Ho_Chi_Minh of publication, or of the attempts to read.';
COMMENT ON COLUMN source_day.read IS 'Whether any attempt to read a feed went well; null where none was made. Outlives the log of attempts.';

CREATE TABLE source_day_province (
    source_id bigint NOT NULL REFERENCES source ON DELETE CASCADE,
    day date NOT NULL,
    province_code text NOT NULL,
    documents integer NOT NULL,
    PRIMARY KEY (day, source_id, province_code)
);
COMMENT ON TABLE source_day_province IS 'The chief provinces of what a source published on a local day: its share in what is usually written about each.';
COMMENT ON COLUMN source_day_province.province_code IS 'Empty for documents without a chief province.';

CREATE TABLE hotspot_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    looked_at timestamptz NOT NULL
);
COMMENT ON TABLE hotspot_state IS 'When the hot-spot stage last looked for changed documents. Empty: every day is counted at the next pass.';

CREATE INDEX ON annotation (annotated_at);
CREATE INDEX ON assignment (assigned_at);
CREATE INDEX ON fetch_log USING brin (fetched_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON source_day, source_day_province, hotspot_state TO langnghe_app;
