-- How did each open hot-spot grow from day to day?
SELECT t.title, t.day, t.origins, t.documents, t.sources
FROM issue_timeline t
WHERE t.issue IN (SELECT issue FROM flagged_issue WHERE state NOT IN ('dismissed', 'closed'))
ORDER BY t.title, t.day;
