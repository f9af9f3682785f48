/** The text of migrations/0005_dead_jobs.sql; made by migrations/embed.mjs. */
export const dead_jobs = {
  step: 5,
  name: "dead_jobs",
  sql: `-- Linli on PostgreSQL, step 5: jobs given up on - found without a sweep, and revived.
--
-- The jobs of a commit (step 2) may also have: revive [{i, d due}].

CREATE INDEX jobs_dead ON linli.jobs (namespace, settled_at, id) WHERE state = 2;

-- The part of a commit that is about jobs: settled, cancelled, revived, then scheduled.
CREATE OR REPLACE FUNCTION linli.apply_jobs(p jsonb, ns text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  found_rows integer;
  job_id text;
BEGIN
  -- Everybody takes several jobs in the order of their ids, so that nobody waits in a circle.
  IF p ? 'locks' THEN
    FOR job_id IN SELECT i COLLATE "C" FROM jsonb_array_elements_text(p->'locks') AS i ORDER BY 1 LOOP
      PERFORM 1 FROM linli.jobs j WHERE j.namespace = ns AND j.id = job_id FOR UPDATE;
    END LOOP;
  END IF;
  IF p ? 'settle' THEN
    UPDATE linli.jobs j SET
      state = CASE x.o WHEN 'Done' THEN 1 WHEN 'Dead' THEN 2 ELSE 0 END,
      due_at = CASE x.o WHEN 'Retry' THEN x.d ELSE j.due_at END,
      token = CASE x.o WHEN 'Renew' THEN j.token END,
      leased_until = CASE x.o WHEN 'Renew' THEN x.d ELSE 0 END,
      owner = CASE x.o WHEN 'Renew' THEN j.owner END,
      settled_token = CASE x.o WHEN 'Renew' THEN j.settled_token ELSE j.token END,
      settled_mark = CASE x.o WHEN 'Renew' THEN j.settled_mark ELSE x.m END,
      settled_at = CASE x.o WHEN 'Renew' THEN j.settled_at ELSE x.a END,
      reason = x.r
    FROM jsonb_to_recordset(p->'settle')
      AS x (i text, t text, o text, m text, d bigint, r text, a bigint)
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.jobs q
      WHERE q.namespace = ns AND q.id = x.i AND q.token = x.t AND q.leased_until > x.a
      OFFSET 0
    ) AS held
    WHERE j.ctid = held.ctid;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows <> jsonb_array_length(p->'settle') THEN
      RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
    END IF;
  END IF;
  IF p ? 'cancel' THEN
    DELETE FROM linli.jobs j
    USING (SELECT DISTINCT jsonb_array_elements_text(p->'cancel') AS i) AS x
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.jobs q
      WHERE q.namespace = ns AND q.id = x.i AND q.state = 0
      OFFSET 0
    ) AS waiting
    WHERE j.ctid = waiting.ctid;
  END IF;
  IF p ? 'revive' THEN
    UPDATE linli.jobs j SET
      due_at = x.d, seq = nextval('linli.job_seq'), attempt = 0, state = 0,
      settled_token = NULL, settled_mark = NULL, settled_at = NULL, reason = NULL
    FROM jsonb_to_recordset(p->'revive') AS x (i text, d bigint)
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.jobs q
      WHERE q.namespace = ns AND q.id = x.i AND q.state = 2
      OFFSET 0
    ) AS dead
    WHERE j.ctid = dead.ctid;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows <> jsonb_array_length(p->'revive') THEN
      RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
    END IF;
  END IF;
  IF p ? 'schedule' THEN
    INSERT INTO linli.jobs AS j (namespace, id, queue, key, due_at, seq, value)
    SELECT ns, x.i, x.q, x.k, x.d, nextval('linli.job_seq'), x.v
    FROM jsonb_to_recordset(p->'schedule') AS x (i text, q text, k text, d bigint, v text)
    ON CONFLICT (namespace, id) DO UPDATE SET
      queue = excluded.queue, key = excluded.key, due_at = excluded.due_at,
      seq = excluded.seq, value = excluded.value, attempt = 0, state = 0, token = NULL,
      leased_until = 0, owner = NULL, settled_token = NULL, settled_mark = NULL,
      settled_at = NULL, reason = NULL;
  END IF;
  RETURN true;
END
$$;

-- What is there instead, for a commit that was refused: the receipt of its id, if there is
-- one, rows [kind, id, version], streams [stream, last version], which leases hold, and
-- which jobs to revive are dead.
CREATE OR REPLACE FUNCTION linli.explain(p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  ns text := p->>'n';
BEGIN
  RETURN jsonb_build_object(
    'receipt', (
      SELECT jsonb_build_array(c.content_hash, c.value) FROM linli.receipts c
      WHERE c.namespace = ns AND c.id = p->'receipts'->0->>'i'),
    'rows', (
      SELECT jsonb_agg(jsonb_build_array(x->>'k', x->>'i', coalesce((
        SELECT r.version FROM linli.rows r
        WHERE r.namespace = ns AND r.kind = x->>'k' AND r.id = x->>'i'), 0)))
      FROM jsonb_array_elements(
        (p->'guards') || (p->'inserts') || (p->'updates') || (p->'deletes')) AS x),
    'streams', (
      SELECT jsonb_agg(jsonb_build_array(x.stream, coalesce((
        SELECT e.version FROM linli.entries e
        WHERE e.namespace = ns AND e.stream = x.stream
        ORDER BY e.version DESC LIMIT 1), 0)))
      FROM (SELECT DISTINCT y->>'s' AS stream FROM jsonb_array_elements(p->'entries') AS y) AS x),
    'leases', (
      SELECT jsonb_agg((SELECT true FROM linli.jobs j
        WHERE j.namespace = ns AND j.id = x.one->>'i' AND j.token = x.one->>'t'
          AND j.leased_until > (x.one->>'a')::bigint) IS NOT NULL ORDER BY x.place)
      FROM jsonb_array_elements(p->'jobs'->'settle') WITH ORDINALITY AS x (one, place)),
    'dead', (
      SELECT jsonb_agg((SELECT true FROM linli.jobs j
        WHERE j.namespace = ns AND j.id = x.one->>'i' AND j.state = 2) IS NOT NULL ORDER BY x.place)
      FROM jsonb_array_elements(p->'jobs'->'revive') WITH ORDINALITY AS x (one, place)));
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (5, 'dead_jobs');
`,
};
