-- Stories (online clusters) and issues (what analysts work on).

CREATE TABLE story (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    language text NOT NULL,
    opened_at timestamptz NOT NULL,
    last_published_at timestamptz NOT NULL,
    documents integer NOT NULL DEFAULT 0,
    merged_into bigint REFERENCES story
);
COMMENT ON TABLE story IS 'An online cluster of documents about one event or concern.';
COMMENT ON COLUMN story.merged_into IS 'Where its documents went when it was merged.';
CREATE INDEX ON story (last_published_at) WHERE merged_into IS NULL;

CREATE TABLE story_alias (
    alias bigint PRIMARY KEY,
    story_id bigint NOT NULL REFERENCES story
);
COMMENT ON TABLE story_alias IS 'Old story ids; an old id always resolves.';

CREATE TABLE assignment (
    document_id bigint NOT NULL,
    first_seen_at timestamptz NOT NULL,
    story_id bigint NOT NULL,
    published_at timestamptz NOT NULL,
    score real NOT NULL,
    method text NOT NULL,
    assigned_at timestamptz NOT NULL,
    ordered_at timestamptz,
    settled text,
    PRIMARY KEY (document_id, first_seen_at)
) PARTITION BY RANGE (first_seen_at);
COMMENT ON TABLE assignment IS 'The story a document belongs to.';
COMMENT ON COLUMN assignment.score IS 'Similarity to the story when it joined; 1 for the first document.';
COMMENT ON COLUMN assignment.ordered_at IS 'Place in the order stories are decided in: publication, or the end of the order for one that came too late; null for copies.';
COMMENT ON COLUMN assignment.settled IS 'The clusterer''s name of the story at cluster_state.settled_at, for later documents null; "=" and a story id where an analyst decided.';
CREATE INDEX ON assignment (story_id);
CREATE INDEX ON assignment (coalesce(ordered_at, published_at)) WHERE method <> 'copy';

CREATE TABLE story_constraint (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('together', 'apart')),
    document_a bigint NOT NULL,
    document_b bigint NOT NULL,
    decided_by bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE story_constraint IS 'Analysts'' merges and splits, obeyed by the clusterer for good unless revoked.';

CREATE TABLE issue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    title text NOT NULL,
    topic text NOT NULL,
    province_code text,
    commune_codes text[] NOT NULL DEFAULT '{}',
    language text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_published_at timestamptz NOT NULL,
    documents integer NOT NULL DEFAULT 0,
    origins integer NOT NULL DEFAULT 0,
    summary jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'confirmed', 'dismissed', 'assigned', 'answered', 'closed')),
    state_reason text,
    service_id bigint,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE issue IS 'A story, or several merged by an analyst, with a topic, places and a history.';
COMMENT ON COLUMN issue.summary IS 'Key sentences from different origins and key phrases; see docs/methods.md.';
COMMENT ON COLUMN issue.origins IS 'Independent origins: copies, one wire story and one press release count once.';
CREATE INDEX ON issue (last_published_at);

CREATE TABLE issue_story (
    story_id bigint PRIMARY KEY REFERENCES story,
    issue_id bigint NOT NULL REFERENCES issue
);
COMMENT ON TABLE issue_story IS 'Stories of an issue.';
CREATE INDEX ON issue_story (issue_id);

CREATE TABLE issue_alias (
    alias uuid PRIMARY KEY,
    issue_id bigint NOT NULL REFERENCES issue
);
COMMENT ON TABLE issue_alias IS 'Old public ids of issues; an old link always resolves.';

CREATE TABLE story_event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opened', 'merged', 'split', 'moved')),
    story_id bigint NOT NULL,
    other_story_id bigint,
    document_id bigint,
    decided_by text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE story_event IS 'History of stories: opened, merged, split, a document moved.';
COMMENT ON COLUMN story_event.decided_by IS 'clusterer, or user:<id>.';
CREATE INDEX ON story_event (story_id);

CREATE TABLE cluster_state (
    language text PRIMARY KEY,
    seen bigint NOT NULL,
    time_weights double precision[] NOT NULL,
    settled_at timestamptz,
    settled_key text NOT NULL DEFAULT '',
    revision bigint NOT NULL
);
COMMENT ON TABLE cluster_state IS 'What the clusterer of a language cannot derive from its documents.';
COMMENT ON COLUMN cluster_state.seen IS 'Documents settled so far; recent documents are looked at again at powers of two.';
COMMENT ON COLUMN cluster_state.time_weights IS 'Learned weights of the windows of publication time, as of settled_at; see processing/cluster/timing.py.';
COMMENT ON COLUMN cluster_state.settled_at IS 'Documents ordered after this are decided again when one comes before them; null while none is settled.';
COMMENT ON COLUMN cluster_state.settled_key IS 'Key of the last settled document, md5 of its address.';
COMMENT ON COLUMN cluster_state.revision IS 'Raised with every batch: tells a process whether its cached index is still the newest.';
