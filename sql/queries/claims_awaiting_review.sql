-- Which claims have a published check beside them that nobody has confirmed or rejected yet?
SELECT text, origins, documents, publisher, publisher_kind, checked_claim, rating, check_published_at, tier, score, url
FROM flagged_claim
WHERE match_state = 'suggested' AND tier <> 'related'
ORDER BY origins DESC, score DESC;
