"""Annotation: sentences, words, places at the document's date and today, public-service topic, checkable sentences."""
