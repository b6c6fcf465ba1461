-- Sketches of sentences as one row a document: written once, read into memory in the order of writing. A row a key cost more than all the rest of the stage.

CREATE TABLE claim_sketch (
    document_id bigint PRIMARY KEY REFERENCES document ON DELETE CASCADE,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    published_at timestamptz NOT NULL,
    sentences smallint[] NOT NULL,
    keys bytea NOT NULL,
    CHECK (octet_length(keys) = 64 * cardinality(sentences))
);
COMMENT ON TABLE claim_sketch IS 'Sketches of the checkable sentences of two weeks, by which repetitions of one statement find each other. Hashes only.';
COMMENT ON COLUMN claim_sketch.seq IS 'Grows with every writing; a process reads what came after what it has.';
COMMENT ON COLUMN claim_sketch.sentences IS 'Places of the sketched sentences among the checkable sentences of the document''s annotation.';
COMMENT ON COLUMN claim_sketch.keys IS 'Eight keys of eight bytes (big-endian) a sentence.';

INSERT INTO claim_sketch (document_id, published_at, sentences, keys)
SELECT document_id, min(published_at), array_agg(sentence ORDER BY sentence), string_agg(keys, ''::bytea ORDER BY sentence)
FROM (
    SELECT document_id, published_at, sentence, string_agg(int8send(key), ''::bytea ORDER BY key) AS keys
    FROM claim_candidate GROUP BY 1, 2, 3 HAVING count(*) = 8
) s GROUP BY document_id;

CREATE INDEX ON claim_sketch (seq);
CREATE INDEX ON claim_sketch (published_at);
DROP TABLE claim_candidate;

GRANT SELECT, INSERT, UPDATE, DELETE ON claim_sketch TO langnghe_app;
GRANT USAGE ON SEQUENCE claim_sketch_seq_seq TO langnghe_app;
