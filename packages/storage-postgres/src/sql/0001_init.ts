/** The text of migrations/0001_init.sql; made by migrations/embed.mjs. */
export const init = {
  step: 1,
  name: "init",
  sql: `-- Linli on PostgreSQL, step 1: the tables.
--
-- Needs PostgreSQL 12 or newer (13 for the horizon order) and a database in UTF8.
-- Everything lies in the schema \`linli\`; for another name replace \`linli.\` and the name after SCHEMA throughout.
-- By hand: psql --single-transaction -v ON_ERROR_STOP=1 -f 0001_init.sql, one file
-- after another. The driver does the same, each step in one transaction under an
-- advisory lock, so several processes may start at once and any may be interrupted.
--
-- Text is ordered by its bytes (COLLATE "C"). Instants are epoch milliseconds. Every
-- key begins with the namespace: two towns share nothing.

CREATE SCHEMA IF NOT EXISTS linli;

CREATE TABLE linli.migrations (
  step       integer PRIMARY KEY,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- What holds for the whole database; \`feed_order\` is written when it is first opened.
CREATE TABLE linli.settings (
  name  text PRIMARY KEY,
  value text NOT NULL
);

-- State rows. index_keys lists the row's entries in index_entries, each as the text
-- of a JSON pair [index, key], so that a write touches only those that change.
CREATE TABLE linli.rows (
  namespace  text COLLATE "C" NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  id         text COLLATE "C" NOT NULL,
  version    bigint NOT NULL,
  index_keys jsonb NOT NULL,
  value      text NOT NULL,
  PRIMARY KEY (namespace, kind, id)
) WITH (fillfactor = 80);

CREATE TABLE linli.index_entries (
  namespace  text COLLATE "C" NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  index_name text COLLATE "C" NOT NULL,
  key        text COLLATE "C" NOT NULL,
  id         text COLLATE "C" NOT NULL,
  PRIMARY KEY (namespace, kind, index_name, key, id)
);

-- The journal. In the serialised feed order xid is 0 and seq is given under the lock
-- of the namespace, so its order is the order of commits. In the horizon order xid is
-- the transaction's id, and readers stop before the oldest one still running.
CREATE SEQUENCE linli.entry_seq;
CREATE TABLE linli.entries (
  namespace text COLLATE "C" NOT NULL,
  xid       bigint NOT NULL,
  seq       bigint NOT NULL,
  stream    text COLLATE "C" NOT NULL,
  version   bigint NOT NULL,
  hash      text NOT NULL,
  value     text NOT NULL,
  PRIMARY KEY (namespace, xid, seq),
  UNIQUE (namespace, stream, version)
);

CREATE FUNCTION linli.keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is never changed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER entries_keep BEFORE UPDATE OR DELETE ON linli.entries
  FOR EACH ROW EXECUTE FUNCTION linli.keep_entries();
CREATE TRIGGER entries_keep_all BEFORE TRUNCATE ON linli.entries
  FOR EACH STATEMENT EXECUTE FUNCTION linli.keep_entries();

-- state: 0 waiting or leased, 1 done, 2 dead. Done jobs stay for a day, so that a
-- repeated settlement is recognised; dead ones stay until scheduled again.
CREATE SEQUENCE linli.job_seq;
CREATE SEQUENCE linli.lease_seq;
CREATE TABLE linli.jobs (
  namespace     text COLLATE "C" NOT NULL,
  id            text COLLATE "C" NOT NULL,
  queue         text COLLATE "C" NOT NULL,
  key           text COLLATE "C" NOT NULL,
  due_at        bigint NOT NULL,
  seq           bigint NOT NULL,
  attempt       integer NOT NULL DEFAULT 0,
  state         smallint NOT NULL DEFAULT 0,
  token         text,
  leased_until  bigint NOT NULL DEFAULT 0,
  owner         text,
  settled_token text,
  settled_mark  text,
  settled_at    bigint,
  reason        text,
  value         text NOT NULL,
  PRIMARY KEY (namespace, id)
) WITH (fillfactor = 80);
CREATE INDEX jobs_due ON linli.jobs (queue, namespace, due_at, seq) WHERE state = 0;
CREATE INDEX jobs_held ON linli.jobs (queue, namespace, leased_until, key) WHERE leased_until > 0;

CREATE TABLE linli.receipts (
  namespace    text COLLATE "C" NOT NULL,
  id           text COLLATE "C" NOT NULL,
  content_hash text NOT NULL,
  keep_until   bigint,
  value        text NOT NULL,
  PRIMARY KEY (namespace, id)
);

INSERT INTO linli.migrations (step, name) VALUES (1, 'init');
`,
};
