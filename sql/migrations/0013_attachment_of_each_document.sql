-- A file that several documents link to belongs to each of them: it is shown with each, and leaves with the last.
ALTER TABLE attachment DROP CONSTRAINT attachment_pkey, ADD PRIMARY KEY (url, document_id);
COMMENT ON COLUMN attachment.document_id IS 'A document that links to the file; each has a row of its own.';
COMMENT ON COLUMN attachment.noted_at IS 'When the file was first noted for a document of this source, if its text was taken over from there; the text is kept 180 days from then.';
