-- Linli on PostgreSQL, step 9: settlements - what steps 3 and 5 locked and settled one by one.
--
-- The order of locks is as it was: whoever may wait for one takes several in the order of
-- their ids, bytewise, so that nobody waits in a circle. Rows are reached one after another
-- in the order in which their names come, each by a LATERAL query of its own: OFFSET 0 keeps
-- it one, and keeps the conditions on what it found outside of it.

-- The part of a commit that is about jobs: settled, cancelled, revived, then scheduled.
CREATE OR REPLACE FUNCTION linli.apply_jobs(p jsonb, ns text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  only_schedules boolean := NOT p ?| ARRAY['settle', 'cancel', 'revive'];
  -- Of a job that is settled and scheduled again by one commit nothing is left but the
  -- check of its lease, unless something between the two looks at it.
  skips_scheduled boolean := p ? 'schedule' AND NOT p ?| ARRAY['cancel', 'revive'];
  found_rows integer;
BEGIN
  -- What only schedules locks its jobs in turn as it writes them.
  IF p ?| ARRAY['locks', 'settle'] AND NOT only_schedules THEN
    WITH named AS (
      SELECT x.i, x.t, x.a FROM jsonb_to_recordset(p->'settle') AS x (i text, t text, a bigint)
      UNION ALL
      SELECT i, NULL, NULL FROM jsonb_array_elements_text(p->'locks') AS i
    ), touched AS MATERIALIZED (
      SELECT n.i COLLATE "C" AS i, max(n.t) AS t, max(n.a) AS a FROM named n GROUP BY 1 ORDER BY 1
    )
    SELECT count(*) INTO found_rows
    FROM touched x
    CROSS JOIN LATERAL (
      SELECT q.token, q.leased_until FROM linli.jobs q
      WHERE q.namespace = ns AND q.id = x.i
      OFFSET 0 FOR UPDATE
    ) AS job
    WHERE job.token = x.t AND job.leased_until > x.a;
    IF p ? 'settle' AND found_rows <> jsonb_array_length(p->'settle') THEN
      RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
    END IF;
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
    WHERE j.ctid = held.ctid AND NOT (
      skips_scheduled AND x.i IN (
        SELECT s.i FROM jsonb_to_recordset(p->'schedule') AS s (i text)));
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
    -- Numbered in the order of the commit, written in the order of their ids.
    INSERT INTO linli.jobs AS j (namespace, id, queue, key, due_at, seq, value)
    SELECT ns, x.i, x.q, x.k, x.d, x.n, x.v
    FROM (
      SELECT y.*, nextval('linli.job_seq') AS n
      FROM jsonb_to_recordset(p->'schedule') AS y (i text, q text, k text, d bigint, v text)
      OFFSET 0
    ) AS x
    ORDER BY x.i COLLATE "C"
    ON CONFLICT (namespace, id) DO UPDATE SET
      queue = excluded.queue, key = excluded.key, due_at = excluded.due_at,
      seq = excluded.seq, value = excluded.value, attempt = 0, state = 0, token = NULL,
      leased_until = 0, owner = NULL, settled_token = NULL, settled_mark = NULL,
      settled_at = NULL, reason = NULL;
  END IF;
  RETURN true;
END
$$;

-- Settles waves of outcomes [[{n namespace, i, t, o, m, d, r, a}]], no job twice in a
-- wave; gives for each wave which took effect or had taken effect before.
CREATE OR REPLACE FUNCTION linli.settle(p_waves text, p_lock_wait text) RETURNS text
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  done boolean;
  wave jsonb;
  answers jsonb := '[]';
BEGIN
  IF p_lock_wait IS NOT NULL THEN
    done := set_config('lock_timeout', p_lock_wait, true) IS NULL;
  END IF;
  FOR wave IN SELECT x FROM jsonb_array_elements(p_waves::jsonb) AS x LOOP
    answers := answers || jsonb_build_array(linli.settle_wave(wave));
  END LOOP;
  RETURN answers::text;
END
$$;

-- Settles one wave: locks its jobs first, and then sees them as they are.
CREATE FUNCTION linli.settle_wave(wave jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  locked bigint;
  answer jsonb;
BEGIN
  SELECT count(*) INTO locked
  FROM (
    SELECT y.n, y.i FROM jsonb_to_recordset(wave) AS y (n text, i text)
    ORDER BY y.n COLLATE "C", y.i COLLATE "C"
    OFFSET 0
  ) AS x
  CROSS JOIN LATERAL (
    SELECT FROM linli.jobs q
    WHERE q.namespace = x.n AND q.id = x.i
    OFFSET 0 FOR UPDATE
  ) AS job;
  WITH outcomes AS MATERIALIZED (
    SELECT x.*, row_number() OVER () AS place
    FROM jsonb_to_recordset(wave)
      AS x (n text, i text, t text, o text, m text, d bigint, r text, a bigint)
  ), settled AS (
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
    FROM outcomes x
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.jobs q
      WHERE q.namespace = x.n AND q.id = x.i AND q.token = x.t AND q.leased_until > x.a
      OFFSET 0
    ) AS held
    WHERE j.ctid = held.ctid
    RETURNING x.place
  )
  SELECT jsonb_agg(
    x.place = ANY (ARRAY(SELECT s.place FROM settled s)) OR (
      SELECT j.settled_token = x.t AND j.settled_mark = x.m FROM linli.jobs j
      WHERE j.namespace = x.n AND j.id = x.i) IS TRUE
    ORDER BY x.place)
  INTO answer
  FROM outcomes x;
  RETURN answer;
END
$$;

-- Settles jobs of one namespace that are all done, as most are, told in fewer words: lists
-- of their ids and tokens, no id twice. Gives null when each took effect, else as above. A
-- job that was changed while its lock was waited for is asked for its lease once more.
CREATE FUNCTION linli.settle_done(
  p_namespace text, p_ids text, p_tokens text, p_at bigint, p_lock_wait text
) RETURNS text
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  done boolean;
  ids jsonb := p_ids::jsonb;
  tokens jsonb := p_tokens::jsonb;
  found_rows integer;
BEGIN
  IF p_lock_wait IS NOT NULL THEN
    done := set_config('lock_timeout', p_lock_wait, true) IS NULL;
  END IF;
  UPDATE linli.jobs j SET
    state = 1, token = NULL, leased_until = 0, owner = NULL, settled_token = j.token,
    settled_mark = 'Done', settled_at = p_at, reason = NULL
  FROM (
    SELECT y.i, y.t
    FROM ROWS FROM (jsonb_array_elements_text(ids), jsonb_array_elements_text(tokens)) AS y (i, t)
    ORDER BY y.i COLLATE "C"
    OFFSET 0
  ) AS x
  CROSS JOIN LATERAL (
    SELECT q.ctid AS at FROM linli.jobs q
    WHERE q.namespace = p_namespace AND q.id = x.i
    OFFSET 0
  ) AS job
  WHERE j.ctid = job.at AND j.token = x.t AND j.leased_until > p_at;
  GET DIAGNOSTICS found_rows = ROW_COUNT;
  IF found_rows = jsonb_array_length(ids) THEN RETURN NULL; END IF;
  RETURN linli.settle_wave((
    SELECT jsonb_agg(jsonb_build_object(
      'n', p_namespace, 'i', y.i, 't', y.t, 'o', 'Done', 'm', 'Done', 'a', p_at))
    FROM ROWS FROM (jsonb_array_elements_text(ids), jsonb_array_elements_text(tokens)) AS y (i, t)
  ))::text;
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (9, 'settlements');
