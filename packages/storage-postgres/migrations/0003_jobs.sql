-- Linli on PostgreSQL, step 3: jobs - inside a commit, leased in turn, settled, forgotten.

-- The part of a commit that is about jobs: settled, then cancelled, then scheduled.
CREATE FUNCTION linli.apply_jobs(p jsonb, ns text) RETURNS boolean LANGUAGE plpgsql AS $$
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

-- The first p_limit jobs that may be leased in one namespace, oldest due first, at most
-- one of a key: passes over keys in use, so that one busy issue holds up nobody else.
CREATE FUNCTION linli.free_jobs(
  p_namespace text, p_queue text, p_now bigint, p_limit integer
) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  job record;
  busy text[];
  ids text[] := '{}';
BEGIN
  busy := ARRAY(
    SELECT DISTINCT j.key FROM linli.jobs j
    WHERE j.leased_until > 0 AND j.queue = p_queue AND j.namespace = p_namespace
      AND j.leased_until > p_now);
  FOR job IN
    SELECT j.id, j.key FROM linli.jobs j
    WHERE j.state = 0 AND j.queue = p_queue AND j.namespace = p_namespace AND j.due_at <= p_now
    ORDER BY j.due_at, j.seq
  LOOP
    CONTINUE WHEN job.key = ANY (busy);
    busy := busy || job.key;
    ids := ids || job.id;
    EXIT WHEN cardinality(ids) >= p_limit;
  END LOOP;
  RETURN ids;
END
$$;

-- Leases due jobs, turn by turn between namespaces, beginning after p_served. Leases of
-- one queue follow one another (a key has one holder); jobs that a commit or settlement
-- holds at this moment are skipped, so a lease waits for neither.
CREATE FUNCTION linli.lease(
  p_namespace text, p_queue text, p_now bigint, p_until bigint, p_limit integer,
  p_owner text, p_served text, p_lock_wait text
) RETURNS TABLE (
  namespace text, id text, key text, due_at bigint, attempt integer, token text, value text
)
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET enable_bitmapscan = off
AS $$
DECLARE
  names text[] := '{}';
  name text := '';
  share integer;
  most integer;
  chosen_names text[];
  chosen_ids text[];
  free text[];
  found_names text[];
  found_ids text[];
  found_turns integer[];
BEGIN
  IF p_lock_wait IS NOT NULL THEN PERFORM set_config('lock_timeout', p_lock_wait, true); END IF;
  PERFORM pg_advisory_xact_lock(1281979374, hashtext(p_queue));
  IF p_namespace IS NOT NULL THEN
    names := ARRAY[p_namespace];
  ELSE
    LOOP
      SELECT j.namespace INTO name FROM linli.jobs j
      WHERE j.state = 0 AND j.queue = p_queue AND j.namespace > name
      ORDER BY j.namespace LIMIT 1;
      EXIT WHEN NOT FOUND;
      names := names || name;
    END LOOP;
    names := ARRAY(
      SELECT n FROM unnest(names) AS n
      ORDER BY n COLLATE "C" <= coalesce(p_served, ''), n COLLATE "C");
  END IF;
  IF cardinality(names) = 0 THEN RETURN; END IF;

  -- Asks each namespace for its even share first, and for more while there is room.
  share := (p_limit + cardinality(names) - 1) / cardinality(names);
  LOOP
    found_names := '{}'; found_ids := '{}'; found_turns := '{}'; most := 0;
    FOREACH name IN ARRAY names LOOP
      free := linli.free_jobs(name, p_queue, p_now, share);
      most := greatest(most, cardinality(free));
      found_ids := found_ids || free;
      found_names := found_names || array_fill(name, ARRAY[cardinality(free)]);
      found_turns := found_turns || ARRAY(SELECT generate_series(1, cardinality(free)));
    END LOOP;
    EXIT WHEN share >= p_limit OR cardinality(found_ids) >= p_limit OR most < share;
    share := least(p_limit, share * 4);
  END LOOP;
  IF cardinality(found_ids) = 0 THEN RETURN; END IF;
  SELECT array_agg(t.n ORDER BY t.place), array_agg(t.i ORDER BY t.place)
  INTO chosen_names, chosen_ids
  FROM (
    SELECT f.n, f.i, row_number() OVER (ORDER BY f.turn, f.place) AS place
    FROM unnest(found_names, found_ids, found_turns) WITH ORDINALITY AS f (n, i, turn, place)
    ORDER BY f.turn, f.place LIMIT p_limit
  ) AS t;

  RETURN QUERY
    WITH picked AS MATERIALIZED (
      SELECT free_job.ctid AS at, w.place
      FROM unnest(chosen_names, chosen_ids) WITH ORDINALITY AS w (n, i, place)
      CROSS JOIN LATERAL (
        SELECT q.ctid FROM linli.jobs q
        WHERE q.namespace = w.n AND q.id = w.i AND q.state = 0 AND q.queue = p_queue
          AND q.due_at <= p_now AND q.leased_until <= p_now
        FOR UPDATE SKIP LOCKED
      ) AS free_job
    ), leased AS (
      UPDATE linli.jobs j SET
        attempt = j.attempt + 1,
        token = nextval('linli.lease_seq')::text || '-' || to_hex((random() * 2147483647)::integer),
        leased_until = p_until, owner = p_owner, settled_token = NULL, settled_mark = NULL
      FROM picked
      WHERE j.ctid = picked.at
      RETURNING picked.place, j.namespace, j.id, j.key, j.due_at, j.attempt, j.token, j.value
    )
    SELECT l.namespace, l.id, l.key, l.due_at, l.attempt, l.token, l.value
    FROM leased l ORDER BY l.place;
END
$$;

-- Settles waves of outcomes [[{n namespace, i, t, o, m, d, r, a}]], no job twice in a
-- wave; gives for each wave which took effect or had taken effect before.
CREATE FUNCTION linli.settle(p_waves text, p_lock_wait text) RETURNS text
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  wave jsonb;
  job record;
  answers jsonb := '[]';
  answer jsonb;
BEGIN
  IF p_lock_wait IS NOT NULL THEN PERFORM set_config('lock_timeout', p_lock_wait, true); END IF;
  FOR wave IN SELECT x FROM jsonb_array_elements(p_waves::jsonb) AS x LOOP
    FOR job IN
      SELECT x.n, x.i FROM jsonb_to_recordset(wave) AS x (n text, i text)
      ORDER BY x.n COLLATE "C", x.i COLLATE "C"
    LOOP
      PERFORM 1 FROM linli.jobs j WHERE j.namespace = job.n AND j.id = job.i FOR UPDATE;
    END LOOP;
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
    answers := answers || jsonb_build_array(answer);
  END LOOP;
  RETURN answers::text;
END
$$;

-- Forgets receipts past their time and jobs done before p_done_before, looking at up to
-- p_look rows of each table after the given places; gives the places to go on from.
CREATE FUNCTION linli.tidy(
  p_receipts text, p_jobs text, p_at bigint, p_done_before bigint, p_look integer
) RETURNS text
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
AS $$
DECLARE
  receipts_from jsonb := p_receipts::jsonb;
  jobs_from jsonb := p_jobs::jsonb;
  receipts_to jsonb;
  jobs_to jsonb;
BEGIN
  SELECT jsonb_build_array(c.namespace, c.id) INTO receipts_to FROM linli.receipts c
  WHERE (c.namespace, c.id) > (receipts_from->>0, receipts_from->>1)
  ORDER BY c.namespace, c.id LIMIT 1 OFFSET p_look - 1;
  DELETE FROM linli.receipts c
  WHERE (c.namespace, c.id) IN (
    SELECT d.namespace, d.id FROM linli.receipts d
    WHERE (d.namespace, d.id) > (receipts_from->>0, receipts_from->>1)
      AND (receipts_to IS NULL OR (d.namespace, d.id) <= (receipts_to->>0, receipts_to->>1))
      AND d.keep_until < p_at
    FOR UPDATE SKIP LOCKED);
  SELECT jsonb_build_array(j.namespace, j.id) INTO jobs_to FROM linli.jobs j
  WHERE (j.namespace, j.id) > (jobs_from->>0, jobs_from->>1)
  ORDER BY j.namespace, j.id LIMIT 1 OFFSET p_look - 1;
  DELETE FROM linli.jobs j
  WHERE (j.namespace, j.id) IN (
    SELECT d.namespace, d.id FROM linli.jobs d
    WHERE (d.namespace, d.id) > (jobs_from->>0, jobs_from->>1)
      AND (jobs_to IS NULL OR (d.namespace, d.id) <= (jobs_to->>0, jobs_to->>1))
      AND d.state = 1 AND d.settled_at < p_done_before
    FOR UPDATE SKIP LOCKED);
  RETURN jsonb_build_array(
    coalesce(receipts_to, '["",""]'::jsonb), coalesce(jobs_to, '["",""]'::jsonb))::text;
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (3, 'jobs');
