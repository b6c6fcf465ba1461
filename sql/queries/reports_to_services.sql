-- Which communes reported most to public services, by week? From five reports on.
SELECT week, topic, place, reports
FROM feedback_shown
ORDER BY week DESC, reports DESC, place;
