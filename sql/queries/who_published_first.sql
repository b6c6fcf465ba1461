-- Who wrote about each hot-spot first, and how long before the others?
SELECT DISTINCT ON (i.id) i.title, s.name AS first_source, d.title AS first_title, d.published_at,
    lead(d.published_at) OVER (PARTITION BY i.id ORDER BY d.published_at, d.id) - d.published_at AS ahead_of_the_next
FROM issue i
JOIN issue_story x ON x.issue_id = i.id
JOIN assignment a ON a.story_id = x.story_id
JOIN document d ON d.id = a.document_id
JOIN source s ON s.id = d.source_id
WHERE EXISTS (SELECT FROM flag f WHERE f.issue_id = i.id AND f.kind = 'surge')
ORDER BY i.id, d.published_at, d.id;
