-- Which hot-spots rest on one origin only, and in which do independent origins give conflicting figures?
SELECT title, topic, state, origins, documents, copies, wires, releases, alone, conflicts
FROM flagged_issue_origins
WHERE one_origin_only OR conflicts > 0
ORDER BY one_origin_only DESC, conflicts DESC, documents DESC;
