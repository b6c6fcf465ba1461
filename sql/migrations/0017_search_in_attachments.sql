-- Search reads linked files, too: a schedule or a decision often stands in the PDF alone. The words of a file go with its row.
ALTER TABLE attachment ADD COLUMN words tsvector NOT NULL DEFAULT '';
COMMENT ON COLUMN attachment.words IS 'Syllables of the text without accents, with their places, for search; goes with the row.';
UPDATE attachment SET words = search_vector(text) WHERE text IS NOT NULL;
CREATE INDEX ON attachment USING gin (words);

-- Among the newest 2,000 documents that hold all the words, and the newest 2,000 that have a file which does.
DROP FUNCTION search_documents(text, boolean, timestamptz, timestamptz, integer);
CREATE FUNCTION search_documents(
    asked text, as_written boolean DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', most integer DEFAULT 100
) RETURNS TABLE (document uuid, published_at timestamptz, source text, title text, url text, issue uuid, together boolean, text text, attachment text)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$  -- the planner does not count what it costs to unpack the words of every document
    WITH asked_for AS MATERIALIZED (  -- from the index alone: by itself the planner walks through all documents from the newest on, long for a rare word
        SELECT a.document_id AS id, a.first_seen_at FROM annotation a WHERE a.words @@ search_query(asked)
    ), page AS MATERIALIZED (
        SELECT d.id, d.version, a.words @@ search_together(asked) AS together
        FROM (
            SELECT d.id, d.version, d.first_seen_at FROM asked_for f JOIN document d ON d.id = f.id AND d.first_seen_at = f.first_seen_at
            WHERE d.published_at >= since AND d.published_at < until ORDER BY d.published_at DESC, d.id DESC LIMIT 2000
        ) d JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
    ), in_files AS MATERIALIZED (
        SELECT f.document_id AS id, f.url FROM attachment f WHERE f.words @@ search_query(asked)
    ), file AS MATERIALIZED (
        SELECT d.id, f.words @@ search_together(asked) AS together, f.url, f.text
        FROM (
            SELECT d.id, i.url FROM in_files i JOIN document d ON d.id = i.id
            WHERE d.published_at >= since AND d.published_at < until ORDER BY d.published_at DESC, d.id DESC LIMIT 2000
        ) d JOIN attachment f ON f.document_id = d.id AND f.url = d.url
    ), hit AS (
        SELECT p.id, p.together, NULL::text AS file, v.text, d.title || E'\n' || v.text AS read
        FROM page p JOIN document d ON d.id = p.id JOIN document_version v ON v.document_id = p.id AND v.version = p.version
        UNION ALL
        SELECT id, together, url, text, text FROM file
    ), best AS MATERIALIZED (  -- one row a document: where the words stand side by side, else the page before its files
        SELECT DISTINCT ON (id) id, together, file, text FROM hit
        WHERE NOT coalesce(as_written, lower(asked) <> fold(asked))
            OR NOT EXISTS (SELECT FROM unnest(search_as_written(asked)) AS p(pattern) WHERE lower(read) !~ p.pattern)
        ORDER BY id, together DESC, file NULLS FIRST
    )
    SELECT d.public_id, d.published_at, s.name, d.title, d.canonical_url, i.public_id, b.together, b.text, b.file
    FROM best b JOIN document d ON d.id = b.id JOIN source s ON s.id = d.source_id
    LEFT JOIN assignment g ON g.document_id = d.id AND g.first_seen_at = d.first_seen_at
    LEFT JOIN story_alias m ON m.alias = g.story_id
    LEFT JOIN issue_story x ON x.story_id = coalesce(m.story_id, g.story_id)
    LEFT JOIN issue i ON i.id = x.issue_id
    ORDER BY b.together DESC, d.published_at DESC, d.id DESC LIMIT most
$$;
COMMENT ON FUNCTION search_documents(text, boolean, timestamptz, timestamptz, integer) IS
'Documents with all the words asked for, in the page or in one linked file (attachment), those that have them side by side first, then the newest: SELECT * FROM search_documents(''nuoc gieng''). Words with accents are found as written unless as_written is false.';
GRANT EXECUTE ON FUNCTION search_documents(text, boolean, timestamptz, timestamptz, integer) TO langnghe_app, analyst;
