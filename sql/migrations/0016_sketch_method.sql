-- Sketches say by which method they were made: keys of two methods have nothing in common. Those of an older one are made anew from the annotation
-- by the next run of the stage, so that a statement of last week is still known.
ALTER TABLE claim_sketch ADD COLUMN method smallint NOT NULL DEFAULT 1;
ALTER TABLE claim_sketch ALTER COLUMN method DROP DEFAULT;
ALTER TABLE claim_sketch DROP CONSTRAINT claim_sketch_check;
ALTER TABLE claim_sketch ADD CHECK (octet_length(keys) = cardinality(sentences) * CASE method WHEN 1 THEN 64 ELSE 128 END);
COMMENT ON COLUMN claim_sketch.method IS 'How the keys were made (processing.claims.circulation.METHOD); only those of one method are compared.';
COMMENT ON COLUMN claim_sketch.keys IS 'Sixteen keys of eight bytes (big-endian) a sentence; eight of the first method.';
