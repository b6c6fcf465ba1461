-- Published checks, claims in circulation, and suggested matches between them. No verdict of our own (SCOPE S6).

CREATE TABLE fact_check (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    source_id bigint REFERENCES source,
    document_id bigint REFERENCES document ON DELETE SET NULL,
    publisher text NOT NULL,
    publisher_kind text NOT NULL CHECK (publisher_kind IN ('independent_fact_check', 'official_statement', 'press_correction')),
    claim text NOT NULL,
    title text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    rating text NOT NULL DEFAULT '',
    published_at timestamptz NOT NULL,
    url text NOT NULL,
    claim_key text NOT NULL,
    language text NOT NULL DEFAULT 'vi',
    capture_sha256 bytea NOT NULL,
    version integer NOT NULL DEFAULT 1,
    withdrawn_at timestamptz,
    first_seen_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (url, claim_key)
);
COMMENT ON TABLE fact_check IS 'What a named publisher has checked, stated or corrected, as published.';
COMMENT ON COLUMN fact_check.rating IS 'The publisher''s own words; empty for a statement without one.';
COMMENT ON COLUMN fact_check.publisher_kind IS 'A check by a government body is an official_statement, never an independent check.';
COMMENT ON COLUMN fact_check.claim_key IS 'Folded claim: one page may review several claims.';

CREATE TABLE fact_check_version (
    fact_check_id bigint NOT NULL REFERENCES fact_check ON DELETE CASCADE,
    version integer NOT NULL,
    seen_at timestamptz NOT NULL,
    claim text NOT NULL,
    title text NOT NULL,
    rating text NOT NULL,
    capture_sha256 bytea NOT NULL,
    PRIMARY KEY (fact_check_id, version)
);
COMMENT ON TABLE fact_check_version IS 'Earlier wordings and ratings of a check.';

CREATE TABLE fact_check_set_aside (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    claim text NOT NULL,
    claim_key text NOT NULL,
    publisher text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    UNIQUE (url, claim_key, publisher)
);
COMMENT ON TABLE fact_check_set_aside IS 'Published checks that could not be taken into the registry, with the reason; gone once the same check comes in whole.';
COMMENT ON COLUMN fact_check_set_aside.url IS 'The page or, for an analysts'' file without an address, the file''s name and line.';

CREATE TABLE claim (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    text text NOT NULL,
    text_key text NOT NULL UNIQUE,
    topic text NOT NULL,
    province_code text,
    checkable real NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    documents integer NOT NULL DEFAULT 0,
    origins integer NOT NULL DEFAULT 0,
    outlets integer NOT NULL DEFAULT 0,
    provinces integer NOT NULL DEFAULT 0,
    rising boolean NOT NULL DEFAULT false,
    circulating boolean NOT NULL DEFAULT false,
    counted_at timestamptz,
    state text NOT NULL DEFAULT 'awaiting_review' CHECK (state IN ('awaiting_review', 'answered', 'no_published_check'))
);
COMMENT ON TABLE claim IS 'A checkable sentence in circulation; one row however often it is repeated.';
COMMENT ON COLUMN claim.text_key IS 'Folded text; repetitions share it.';
COMMENT ON COLUMN claim.first_seen_at IS 'Publication of the first document that carries it.';
COMMENT ON COLUMN claim.origins IS 'Independent origins: copies, one owner''s papers and one wire credit count once.';
COMMENT ON COLUMN claim.outlets IS 'Owners of the sources that carry it.';
COMMENT ON COLUMN claim.provinces IS 'Today''s provinces that the documents are about.';
COMMENT ON COLUMN claim.rising IS 'At counted_at: more independent origins joined within a day than within the day before.';
COMMENT ON COLUMN claim.circulating IS 'Enough independent origins carry it to be shown although no published check answers it.';
CREATE INDEX ON claim (last_seen_at);

CREATE TABLE claim_sighting (
    claim_id bigint NOT NULL REFERENCES claim ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES document ON DELETE CASCADE,
    sentence text NOT NULL,
    PRIMARY KEY (claim_id, document_id)
);
COMMENT ON TABLE claim_sighting IS 'Where a claim appears, in the words used there.';
CREATE INDEX ON claim_sighting (document_id);

CREATE TABLE claim_candidate (
    key bigint NOT NULL,
    document_id bigint NOT NULL REFERENCES document ON DELETE CASCADE,
    sentence smallint NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (key, document_id, sentence)
);
COMMENT ON TABLE claim_candidate IS 'Sketches of the checkable sentences of two weeks, by which repetitions of one statement find each other. Hashes only.';
COMMENT ON COLUMN claim_candidate.sentence IS 'Its place among the checkable sentences of the document''s annotation.';
CREATE INDEX ON claim_candidate (document_id);
CREATE INDEX ON claim_candidate (published_at);

CREATE TABLE match_model (
    version text PRIMARY KEY,
    trained_at timestamptz NOT NULL,
    features text[] NOT NULL,
    weights double precision[] NOT NULL,
    bias double precision NOT NULL,
    confirm double precision NOT NULL,
    suggest double precision NOT NULL,
    decisions integer NOT NULL,
    quality jsonb NOT NULL,
    active boolean NOT NULL DEFAULT false,
    reason text NOT NULL,
    CHECK (array_length(features, 1) = array_length(weights, 1))
);
COMMENT ON TABLE match_model IS 'Models of the match tier, learned at night from the reviewers'' decisions beside the written pairs. The shipped one is a file of the project.';
COMMENT ON COLUMN match_model.decisions IS 'How many decisions it learned from.';
COMMENT ON COLUMN match_model.quality IS 'On the frozen test pairs: its own figures and those of the model in use when it was trained.';
COMMENT ON COLUMN match_model.active IS 'In use. At most one; without any the shipped model is.';
COMMENT ON COLUMN match_model.reason IS 'Why it was taken into use, or why not.';
CREATE UNIQUE INDEX ON match_model (active) WHERE active;

CREATE TABLE match (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    claim_id bigint NOT NULL REFERENCES claim ON DELETE CASCADE,
    fact_check_id bigint NOT NULL REFERENCES fact_check ON DELETE CASCADE,
    fact_check_version integer NOT NULL,
    score real NOT NULL,
    tier text NOT NULL CHECK (tier IN ('confirmable', 'suggested', 'related')),
    features jsonb NOT NULL,
    model text NOT NULL,
    state text NOT NULL DEFAULT 'suggested' CHECK (state IN ('suggested', 'confirmed', 'related', 'rejected')),
    decided_by bigint,
    decided_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (claim_id, fact_check_id),
    CHECK ((state = 'suggested') = (decided_by IS NULL))
);
COMMENT ON TABLE match IS 'A suggestion that a published check answers a claim. Nothing leaves before a named person confirms it (SCOPE S11).';
COMMENT ON COLUMN match.features IS 'What the score was computed from; the score is reproducible from it and the model version.';

CREATE TABLE issue_corroboration (
    issue_id bigint PRIMARY KEY REFERENCES issue ON DELETE CASCADE,
    origins integer NOT NULL,
    documents integer NOT NULL,
    copies integer NOT NULL,
    releases integer NOT NULL,
    wires integer NOT NULL,
    alone integer NOT NULL,
    conflicts integer NOT NULL,
    detail jsonb NOT NULL,
    method text NOT NULL,
    computed_at timestamptz NOT NULL
);
COMMENT ON TABLE issue_corroboration IS 'Who stands behind the issue of a hot-spot; can be computed again from stored rows.';
COMMENT ON COLUMN issue_corroboration.origins IS 'Independent origins: copies, one wire credit, one press release and one owner count once.';
COMMENT ON COLUMN issue_corroboration.copies IS 'Documents that copy another one.';
COMMENT ON COLUMN issue_corroboration.releases IS 'Documents made from a press release that others used, too.';
COMMENT ON COLUMN issue_corroboration.wires IS 'Documents that carry a wire agency''s credit which another one carries, too.';
COMMENT ON COLUMN issue_corroboration.alone IS 'Figures that rest on one origin only.';
COMMENT ON COLUMN issue_corroboration.conflicts IS 'Quantities for which origins give conflicting figures.';
COMMENT ON COLUMN issue_corroboration.detail IS 'Origins with their documents and what joins them, figures of one origin, conflicting figures.';
