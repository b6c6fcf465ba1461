-- Which documents of the last 30 days speak of tap water? Words without accents find every spelling; "words in quotes" stand side by side.
SELECT published_at, source, title, url, together AS side_by_side
FROM search_documents('"nuoc may"', since => now() - interval '30 days');
