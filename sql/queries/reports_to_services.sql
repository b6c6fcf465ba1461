-- Which communes reported most to public services, by week? At least so many reports, from five on, in steps of five.
SELECT week, topic, place, reports_at_least
FROM feedback_shown
ORDER BY week DESC, reports_at_least DESC, place;
