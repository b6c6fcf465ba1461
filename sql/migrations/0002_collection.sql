-- What is read, from whom, on what basis, and what came of each request.

CREATE TABLE source (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE CHECK (key ~ '^[a-z0-9][a-z0-9-]*$'),
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('press', 'wire', 'institution', 'channel', 'feedback', 'fact_check')),
    publisher_kind text CHECK (publisher_kind IN ('independent_fact_check', 'official_statement', 'press_correction')),
    owner text NOT NULL CHECK (owner <> ''),
    basis text NOT NULL CHECK (basis <> ''),
    reviewed_on date NOT NULL,
    review_due date NOT NULL,
    home_url text NOT NULL,
    language text NOT NULL DEFAULT 'vi',
    cms text,
    places text[] NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL DEFAULT false,
    expected_per_week real,
    state text NOT NULL DEFAULT 'OK' CHECK (state IN ('OK', 'QUIET', 'EMPTY', 'STALE', 'BLOCKED', 'BROKEN', 'DISABLED')),
    state_reason text NOT NULL DEFAULT '',
    state_said jsonb NOT NULL DEFAULT '{}',
    broken text[] NOT NULL DEFAULT '{}',
    state_since timestamptz NOT NULL DEFAULT now(),
    failure_score real NOT NULL DEFAULT 0,
    first_fetched_at timestamptz,
    loaded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE source IS 'The allow-list: organisations that publish. A row mirrors one file under config/sources.';
COMMENT ON COLUMN source.key IS 'Name of the file under config/sources without .toml.';
COMMENT ON COLUMN source.basis IS 'Why this organisation may be read (SCOPE S1).';
COMMENT ON COLUMN source.publisher_kind IS 'What its corrections are, where it publishes any (SCOPE S6).';
COMMENT ON COLUMN source.state_reason IS 'In English, for the console; state_said is the same as message and parameters, for any language.';
COMMENT ON COLUMN source.broken IS 'Assertions of its file that its last week breaks: min_per_week, max_per_week, min_share_date, min_share_text, min_median_length.';
COMMENT ON COLUMN source.places IS 'Codes of today''s units it mostly writes about.';
COMMENT ON COLUMN source.failure_score IS 'Hard failure 1, soft 1/2, temporary 1/4; a success halves it; disabled at 30.';

CREATE TABLE source_state (
    source_id bigint NOT NULL REFERENCES source ON DELETE CASCADE,
    at timestamptz NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    said jsonb NOT NULL DEFAULT '{}',
    broken text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (source_id, at)
);
COMMENT ON TABLE source_state IS 'Every change of a source''s state, or of which of its assertions are broken.';

CREATE TABLE source_move (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint NOT NULL REFERENCES source ON DELETE CASCADE,
    from_host text NOT NULL,
    to_host text NOT NULL,
    to_url text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    decision text NOT NULL DEFAULT 'waiting' CHECK (decision IN ('waiting', 'followed', 'refused')),
    decided_by bigint,
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    UNIQUE (source_id, to_host),
    CHECK ((decision = 'waiting') = (decided_at IS NULL))
);
COMMENT ON TABLE source_move IS 'Permanent redirects of a source''s feeds to a host that its file does not name. Followed only after a person said so.';
COMMENT ON COLUMN source_move.decided_by IS 'The user who looked at the new host.';

CREATE TABLE robots_txt (
    origin text PRIMARY KEY,
    status smallint NOT NULL,
    body bytea NOT NULL,
    fetched_at timestamptz NOT NULL
);
COMMENT ON TABLE robots_txt IS 'robots.txt of each scheme, host and port, for 24 hours at most (RFC 9309, 2.4). Answers that say "not now" are not kept.';

CREATE TABLE feed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint NOT NULL REFERENCES source ON DELETE CASCADE,
    url text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('rss', 'sitemap', 'listing', 'open311', 'petitions', 'claimreview', 'factcheck_api', 'facebook_page')),
    etag text,
    last_modified text,
    body_sha256 bytea,
    poll_interval interval NOT NULL DEFAULT '10 minutes',
    next_poll_at timestamptz NOT NULL DEFAULT now(),
    last_ok_at timestamptz,
    UNIQUE (source_id, url)
);
COMMENT ON TABLE feed IS 'One list of new pages of a source, with what conditional requests need.';
COMMENT ON COLUMN feed.kind IS 'rss covers RSS, Atom and JSON Feed.';
COMMENT ON COLUMN feed.poll_interval IS 'Ten minutes to a day, from the share of entries already seen.';

CREATE TABLE feed_entry (
    feed_id bigint NOT NULL REFERENCES feed ON DELETE CASCADE,
    entry_key bytea NOT NULL,
    content_sha256 bytea NOT NULL,
    url text,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    page_landed boolean NOT NULL DEFAULT false,
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (feed_id, entry_key)
);
CREATE INDEX ON feed_entry USING hash (url);
COMMENT ON TABLE feed_entry IS 'Entries already seen, so that none is fetched twice.';
COMMENT ON COLUMN feed_entry.entry_key IS 'SHA-256 of guid, else of the canonical URL, else of the title: in that order.';
COMMENT ON COLUMN feed_entry.attempts IS 'Times its page failed, or, once landed, was fetched again because the entry changed.';
COMMENT ON COLUMN feed_entry.not_before IS 'Its page is not asked for again before this.';
COMMENT ON COLUMN feed_entry.content_sha256 IS 'Hash of what the feed said, so that an edited entry is fetched again.';

CREATE TABLE fetch_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    source_id bigint NOT NULL,
    fetched_at timestamptz NOT NULL,
    url text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('robots', 'feed', 'page', 'attachment')),
    robots_decision text NOT NULL CHECK (robots_decision IN ('allowed', 'no_robots', 'disallowed', 'unreachable', 'is_robots', 'keyed_api')),
    outcome text NOT NULL CHECK (outcome IN ('done', 'unchanged', 'retry', 'quarantine', 'refused')),
    failure_class text,
    reason text,
    http_status smallint,
    bytes integer,
    elapsed_ms integer,
    PRIMARY KEY (id, fetched_at)
) PARTITION BY RANGE (fetched_at);
COMMENT ON TABLE fetch_log IS 'Every request and how it ended, with the robots.txt decision it was made under (SCOPE S13).';
COMMENT ON COLUMN fetch_log.url IS 'Canonical: without tracking, session or account parameters.';
COMMENT ON COLUMN fetch_log.robots_decision IS 'keyed_api: a platform''s documented interface, asked with the operator''s own key; robots.txt does not govern it.';
COMMENT ON COLUMN fetch_log.failure_class IS 'dns, tls, refused, timeout, http_4xx, http_5xx, robots, guard, not_a_feed, empty, parse, too_large, …';
CREATE INDEX ON fetch_log (source_id, fetched_at);

CREATE TABLE landing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint NOT NULL REFERENCES source ON DELETE CASCADE,
    feed_id bigint REFERENCES feed ON DELETE SET NULL,
    kind text NOT NULL CHECK (kind IN ('page', 'entry', 'open311', 'attachment')),
    url text NOT NULL,
    sealed bytea NOT NULL,
    body_sha256 bytea NOT NULL,
    landed_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'retry', 'quarantine')),
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    reason text,
    UNIQUE (source_id, url, body_sha256)
);
COMMENT ON TABLE landing IS 'Raw pages and feed entries, compressed and encrypted, for 7 days at most (SCOPE S3). Read by the extract stage alone.';
COMMENT ON COLUMN landing.kind IS 'page: a fetched page with its feed entry; entry: full text came in the feed; open311: a list of reports; attachment: a file that a page links to.';
COMMENT ON COLUMN landing.sealed IS 'See processing/db/landing.py. The key is not in the database.';
COMMENT ON COLUMN landing.body_sha256 IS 'Keyed hash of the body: the same page landed twice is one row.';
CREATE INDEX ON landing (id) WHERE state IN ('pending', 'retry');
CREATE INDEX ON landing (landed_at);
