-- What was published, after extraction and scrubbing.

CREATE TABLE document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    source_id bigint NOT NULL REFERENCES source,
    canonical_url text NOT NULL UNIQUE,
    kind text NOT NULL DEFAULT 'article' CHECK (kind IN ('article', 'statement', 'fact_check')),
    title text NOT NULL,
    language text NOT NULL,
    published_at timestamptz NOT NULL,
    published_precision text NOT NULL CHECK (published_precision IN ('minute', 'day', 'seen')),
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE document IS 'One row per canonical URL. Never partitioned: the URL must stay unique.';
COMMENT ON COLUMN document.public_id IS 'The id used in links and mails.';
COMMENT ON COLUMN document.published_precision IS 'minute or day as the page says; seen: the page gives no usable date, the first sight stands in.';
COMMENT ON COLUMN document.first_seen_at IS 'Never changes; the partition key of what belongs to the document.';
CREATE INDEX ON document (published_at);
CREATE INDEX ON document (source_id, published_at);
CREATE INDEX ON document (first_seen_at);

CREATE TABLE document_address (
    url text NOT NULL,
    document_id bigint NOT NULL REFERENCES document ON DELETE CASCADE,
    PRIMARY KEY (url, document_id)
);
COMMENT ON TABLE document_address IS 'Addresses a document was listed or fetched under, other than its canonical one: a removal finds and forgets them all (SCOPE S14).';
CREATE INDEX ON document_address (document_id);

CREATE TABLE document_version (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    seen_at timestamptz NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    text_sha256 bytea NOT NULL,
    extractor text NOT NULL,
    published_raw text,
    attachments text[] NOT NULL DEFAULT '{}',
    redactions jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (document_id, version, seen_at)
) PARTITION BY RANGE (seen_at);
COMMENT ON TABLE document_version IS 'Scrubbed text of each version, for 180 days at most (SCOPE S14).';
COMMENT ON COLUMN document_version.text IS 'Lead, newline, body; no title, tails, caption credits or signature lines; personal data replaced (SCOPE S2, S3).';
COMMENT ON COLUMN document_version.redactions IS 'Kind of personal data → how many were replaced.';
COMMENT ON COLUMN document_version.published_raw IS 'The date as the page or feed wrote it.';

CREATE TABLE attachment (
    url text PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES document ON DELETE CASCADE,
    noted_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'landed', 'done', 'unreadable', 'refused')),
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    reason text,
    pages integer,
    text text,
    redactions jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE attachment IS 'PDF files that documents link to, with the scrubbed text of those that have a text layer, for 180 days at most (SCOPE S14).';
COMMENT ON COLUMN attachment.document_id IS 'The first document that linked to the file.';
COMMENT ON COLUMN attachment.state IS 'wanted: to be fetched; landed: fetched, not yet read; unreadable: a scan, locked, damaged or hostile; refused: may not be fetched, or is no PDF.';
COMMENT ON COLUMN attachment.not_before IS 'It is not asked for again before this.';
CREATE INDEX ON attachment (document_id);

CREATE TABLE annotation (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    first_seen_at timestamptz NOT NULL,
    language text NOT NULL,
    sentences text[] NOT NULL,
    tokens text[] NOT NULL,
    places jsonb NOT NULL,
    province_code text,
    province_confidence real,
    topic text NOT NULL,
    topic_score real NOT NULL,
    checkable jsonb NOT NULL,
    method text NOT NULL,
    annotated_at timestamptz NOT NULL,
    PRIMARY KEY (document_id, first_seen_at)
) PARTITION BY RANGE (first_seen_at);
COMMENT ON TABLE annotation IS 'What the text is about. One row per document, of its newest version.';
COMMENT ON COLUMN annotation.places IS 'Mentions with their unit at the document''s date and today''s units; see docs/methods.md.';
COMMENT ON COLUMN annotation.topic IS 'A public service or hazard of config/topics.toml, or other (SCOPE S4).';
COMMENT ON COLUMN annotation.checkable IS 'Sentences past the operating point: [{"sentence", "score"}].';
COMMENT ON COLUMN annotation.method IS 'Names and versions of the models and gazetteer used.';

CREATE TABLE document_place (
    document_id bigint NOT NULL,
    unit_code text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'commune')),
    confidence real NOT NULL,
    PRIMARY KEY (document_id, unit_code, first_seen_at)
) PARTITION BY RANGE (first_seen_at);
COMMENT ON TABLE document_place IS 'Today''s provinces and communes a document is about. Nothing smaller than the commune (SCOPE S8).';
CREATE INDEX ON document_place (unit_code, first_seen_at);

CREATE TABLE document_copy (
    document_id bigint NOT NULL,
    first_seen_at timestamptz NOT NULL,
    group_id bigint NOT NULL,
    origin_id bigint NOT NULL,
    relation text NOT NULL CHECK (relation IN ('origin', 'same_text', 'copied_from', 'shared_release')),
    containment real NOT NULL DEFAULT 0,
    PRIMARY KEY (document_id, first_seen_at)
) PARTITION BY RANGE (first_seen_at);
COMMENT ON TABLE document_copy IS 'Which document a text stems from: always one published before it, whichever came first.';
COMMENT ON COLUMN document_copy.group_id IS 'First published of near-identical texts.';
COMMENT ON COLUMN document_copy.origin_id IS 'Documents with the same origin count once: copies, one wire story, one press release.';
COMMENT ON COLUMN document_copy.containment IS 'Share of this text''s 5-syllable fingerprints found in the origin, 0 to 1.';
CREATE INDEX ON document_copy (origin_id);

CREATE TABLE fingerprint (
    hash bigint NOT NULL,
    document_id bigint NOT NULL,
    first_seen_at timestamptz NOT NULL
) PARTITION BY RANGE (first_seen_at);
COMMENT ON TABLE fingerprint IS 'Selected 5-syllable hashes of recent texts (winnowing), to find copies.';
CREATE INDEX ON fingerprint (hash, document_id);
CREATE INDEX ON fingerprint (document_id);
