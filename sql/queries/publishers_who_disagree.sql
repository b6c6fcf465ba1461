-- About which claims have several publishers published, and in which words did each rate them?
SELECT text, count(*) AS publishers, string_agg(publisher || ' (' || publisher_kind || '): ' || coalesce(nullif(rating, ''), checked_claim), ' | ' ORDER BY publisher) AS published
FROM flagged_claim
GROUP BY claim, text
HAVING count(DISTINCT publisher) > 1
ORDER BY text;
