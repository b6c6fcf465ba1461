-- Only documents whose decision was close are looked at again; which these are follows from decisions that are not repeated once settled.
ALTER TABLE cluster_state ADD COLUMN doubts text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN cluster_state.doubts IS 'Keys of documents that await the next look because a decision about them was close, as of settled_at.';
