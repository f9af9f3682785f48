-- Linli on SQLite, step 3: dead_jobs. Opening the data file runs what is missing of itself;
-- this is for reading, and for running by hand while no program has the file open.
BEGIN IMMEDIATE;

-- Jobs given up on, for those who look after them: few, and found without a sweep.
CREATE INDEX jobs_dead ON jobs (namespace, settled_at, id) WHERE state = 2;

PRAGMA application_id = 1281977964;
INSERT OR REPLACE INTO meta VALUES ('schema', 3);
COMMIT;
