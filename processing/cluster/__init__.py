"""Stories (online clusters of documents about one event) and the issues analysts work on."""
