-- Search in documents: syllables without accents in an index, words as they were typed looked for among what it finds.

CREATE FUNCTION search_syllables(value text) RETURNS TABLE (syllable text, place bigint) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 400 AS $$
    SELECT left(found.one[1], 60), found.place FROM regexp_matches(fold(value), '\w+(?:[.,/]\d+)*', 'g') WITH ORDINALITY AS found(one, place)
$$;
COMMENT ON FUNCTION search_syllables(text) IS 'Syllables and numbers of a text without accents, in order; as processing.search.vector cuts them.';

CREATE FUNCTION search_vector(value text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg('''' || syllable || ''':' || place, ' '), '')::tsvector FROM search_syllables(left(value, 100000))
$$;
COMMENT ON FUNCTION search_vector(text) IS 'What is stored of a text for search: its syllables without accents, with their places.';

-- What is typed, in parts: "words in quotes" stand side by side, other words anywhere.
CREATE FUNCTION search_parts(asked text) RETURNS TABLE (part text) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS $$
    SELECT coalesce(found.one[1], found.one[2]) FROM regexp_matches(normalize(asked, NFC), '["“”]([^"“”]+)["“”]|([^\s"“”]+)', 'g') AS found(one)
$$;
COMMENT ON FUNCTION search_parts(text) IS 'Phrases in quotes, and single words, of what is asked.';

CREATE FUNCTION search_query(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(phrase, ' & '), '')::tsquery FROM (
        SELECT (SELECT '(' || string_agg('''' || syllable || '''', ' <-> ' ORDER BY place) || ')' FROM search_syllables(part)) AS phrase FROM search_parts(asked)
    ) AS phrases WHERE phrase IS NOT NULL
$$;
COMMENT ON FUNCTION search_query(text) IS 'All that is asked, without accents: the words of each phrase side by side.';

CREATE FUNCTION search_together(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg('''' || syllable || '''', ' <-> ' ORDER BY place), '')::tsquery FROM search_syllables(asked)
$$;
COMMENT ON FUNCTION search_together(text) IS 'All that is asked, without accents, as one phrase.';

-- "hoà" and "hòa" are one syllable: either is found by the other.
CREATE FUNCTION search_as_written(asked text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    later text[] := ARRAY['oà', 'oá', 'oả', 'oã', 'oạ', 'oè', 'oé', 'oẻ', 'oẽ', 'oẹ', 'uỳ', 'uý', 'uỷ', 'uỹ', 'uỵ'];
    early text[] := ARRAY['òa', 'óa', 'ỏa', 'õa', 'ọa', 'òe', 'óe', 'ỏe', 'õe', 'ọe', 'ùy', 'úy', 'ủy', 'ũy', 'ụy'];
    patterns text[] := '{}';
    pattern text;
    one text;
BEGIN
    FOR one IN SELECT part FROM search_parts(asked) LOOP
        SELECT string_agg(replace(found.one[1], '.', '\.'), '\W+' ORDER BY found.place) INTO pattern
        FROM regexp_matches(lower(one), '\w+(?:[.,/]\d+)*', 'g') WITH ORDINALITY AS found(one, place);
        CONTINUE WHEN pattern IS NULL;
        FOR i IN 1..15 LOOP
            pattern := replace(replace(pattern, early[i], later[i]), later[i], format('(?:%s|%s)', later[i], early[i]));
        END LOOP;
        patterns := patterns || ('\m' || pattern || '\M');
    END LOOP;
    RETURN patterns;
END $$;
COMMENT ON FUNCTION search_as_written(text) IS 'A regular expression for each phrase and word of what is asked, with its accents, in either placement of the tone mark; for text in lower case.';

ALTER TABLE annotation ADD COLUMN words tsvector NOT NULL DEFAULT '';
COMMENT ON COLUMN annotation.words IS 'Syllables of title and text without accents, with their places, for search; goes with the row.';
UPDATE annotation a SET words = search_vector(v.title || E'\n' || v.text)
FROM document_version v WHERE v.document_id = a.document_id AND v.version = a.version;
CREATE INDEX ON annotation USING gin (words);

-- Among the newest 2,000 documents that hold all the words.
CREATE FUNCTION search_documents(
    asked text, as_written boolean DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', most integer DEFAULT 100
) RETURNS TABLE (document uuid, published_at timestamptz, source text, title text, url text, issue uuid, together boolean, text text)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$  -- the planner does not count what it costs to unpack the words of every document
    WITH hit AS MATERIALIZED (
        SELECT d.id, d.version, d.public_id, d.published_at, d.source_id, d.title, d.canonical_url, a.first_seen_at, a.words @@ search_together(asked) AS together
        FROM annotation a JOIN document d ON d.id = a.document_id AND d.first_seen_at = a.first_seen_at
        WHERE a.words @@ search_query(asked) AND d.published_at >= since AND d.published_at < until
        ORDER BY d.published_at DESC, d.id DESC LIMIT 2000
    )
    SELECT h.public_id, h.published_at, s.name, h.title, h.canonical_url, i.public_id, h.together, v.text
    FROM hit h JOIN source s ON s.id = h.source_id
    JOIN document_version v ON v.document_id = h.id AND v.version = h.version
    LEFT JOIN assignment g ON g.document_id = h.id AND g.first_seen_at = h.first_seen_at
    LEFT JOIN story_alias m ON m.alias = g.story_id
    LEFT JOIN issue_story x ON x.story_id = coalesce(m.story_id, g.story_id)
    LEFT JOIN issue i ON i.id = x.issue_id
    WHERE NOT coalesce(as_written, lower(asked) <> fold(asked))
        OR NOT EXISTS (SELECT FROM unnest(search_as_written(asked)) AS p(pattern) WHERE lower(h.title || E'\n' || v.text) !~ p.pattern)
    ORDER BY h.together DESC, h.published_at DESC, h.id DESC LIMIT most
$$;
COMMENT ON FUNCTION search_documents(text, boolean, timestamptz, timestamptz, integer) IS
'Documents with all the words asked for, those that have them side by side first, then the newest: SELECT * FROM search_documents(''nuoc gieng''). Words with accents are found as written unless as_written is false.';
GRANT EXECUTE ON FUNCTION search_documents(text, boolean, timestamptz, timestamptz, integer) TO langnghe_app, analyst;
