-- Linli on PostgreSQL, step 7: an entry may name the hash of the entry it follows.
--
-- In a commit (its form stands at the top of step 2) the first entry of a stream may hold
-- p, the hash of the stream's last entry, empty where there is none: it is refused behind
-- any other. A version alone does not tell two histories apart once a database was set
-- back, to a backup or to a standby that had not heard of the last commits.

-- Writes commits that were put together, as in step 6; the long texts stand apart, and v of
-- receipts, inserts and updates and d of entries say which.
CREATE FUNCTION linli.apply_quick(p jsonb, texts text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ns text := p->>'n';
  -- Several jobs, and settled ones, are locked in the order of their ids first; and what is
  -- cancelled or revived may be scheduled again, which one statement cannot do.
  in_turn boolean := p ? 'jobs' AND p->'jobs' ?| ARRAY['locks', 'cancel', 'revive'];
  schedule jsonb := CASE WHEN NOT in_turn THEN p->'jobs'->'schedule' END;
  refused boolean;
BEGIN
  WITH receipt AS (
    INSERT INTO linli.receipts (namespace, id, content_hash, keep_until, value)
    SELECT ns, x.i, x.h, x.u, texts[x.v]
    FROM jsonb_to_recordset(p->'receipts') AS x (i text, h text, u bigint, v integer)
  ), fresh AS MATERIALIZED (
    SELECT y.* FROM jsonb_to_recordset(p->'inserts') AS y (k text, i text, x jsonb, v integer)
  ), changed AS MATERIALIZED (
    SELECT r.ctid AS place, r.kind, r.id, r.index_keys AS before, y.x AS after, y.v AS value
    FROM jsonb_to_recordset(p->'updates') AS y (k text, i text, e bigint, x jsonb, v integer)
    CROSS JOIN LATERAL (
      SELECT q.ctid, q.kind, q.id, q.index_keys FROM linli.rows q
      WHERE q.namespace = ns AND q.kind = y.k AND q.id = y.i AND q.version = y.e
      OFFSET 0
    ) AS r
  ), gone AS (
    DELETE FROM linli.index_entries e
    USING changed x
    CROSS JOIN LATERAL jsonb_array_elements_text(x.before) AS pair
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.index_entries q
      WHERE q.namespace = ns AND q.kind = x.kind AND q.index_name = pair::jsonb->>0
        AND q.key = pair::jsonb->>1 AND q.id = x.id
      OFFSET 0
    ) AS old
    WHERE NOT x.after ? pair AND e.ctid = old.ctid
  ), come AS (
    INSERT INTO linli.index_entries (namespace, kind, index_name, key, id)
    SELECT ns, x.kind, pair::jsonb->>0, pair::jsonb->>1, x.id
    FROM changed x CROSS JOIN LATERAL jsonb_array_elements_text(x.after) AS pair
    WHERE NOT x.before ? pair
    UNION ALL
    SELECT ns, x.k, pair::jsonb->>0, pair::jsonb->>1, x.i
    FROM fresh x CROSS JOIN LATERAL jsonb_array_elements_text(x.x) AS pair
  ), inserted AS (
    INSERT INTO linli.rows (namespace, kind, id, version, index_keys, value)
    SELECT ns, x.k, x.i, 1, x.x, texts[x.v] FROM fresh x
  ), updated AS (
    UPDATE linli.rows r SET version = r.version + 1, index_keys = x.after, value = texts[x.value]
    FROM changed x
    WHERE r.ctid = x.place
    RETURNING 1
  ), entered AS (
    INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
    SELECT ns, 0, nextval('linli.entry_seq'), x.s, x.v, x.h, texts[x.d]
    FROM jsonb_to_recordset(p->'entries')
      AS x (s text, v bigint, f boolean, p text, h text, d integer)
    WHERE x.f IS NULL OR (x.v = 1 AND coalesce(x.p, '') = '') OR (
      SELECT e.hash = coalesce(x.p, e.hash) FROM linli.entries e
      WHERE e.namespace = ns AND e.stream = x.s AND e.version = x.v - 1)
    RETURNING 1
  ), scheduled AS (
    INSERT INTO linli.jobs AS j (namespace, id, queue, key, due_at, seq, value)
    SELECT ns, x.i, x.q, x.k, x.d, nextval('linli.job_seq'), x.v
    FROM jsonb_to_recordset(schedule) AS x (i text, q text, k text, d bigint, v text)
    ON CONFLICT (namespace, id) DO UPDATE SET
      queue = excluded.queue, key = excluded.key, due_at = excluded.due_at,
      seq = excluded.seq, value = excluded.value, attempt = 0, state = 0, token = NULL,
      leased_until = 0, owner = NULL, settled_token = NULL, settled_mark = NULL,
      settled_at = NULL, reason = NULL
  )
  SELECT (SELECT count(*) FROM updated) <> coalesce(jsonb_array_length(p->'updates'), 0)
    OR (SELECT count(*) FROM entered) <> coalesce(jsonb_array_length(p->'entries'), 0)
    OR EXISTS (
      SELECT FROM jsonb_to_recordset(p->'guards') AS x (k text, i text, e bigint)
      WHERE coalesce((SELECT r.version FROM linli.rows r
                      WHERE r.namespace = ns AND r.kind = x.k AND r.id = x.i), 0) <> x.e)
  INTO refused;
  IF refused OR (p->>'x')::boolean THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  IF p ? 'deletes' THEN refused := linli.delete_rows(p, ns); END IF;
  IF in_turn THEN refused := linli.apply_jobs(p->'jobs', ns); END IF;
  RETURN true;
END
$$;

-- The same as commit_quick of step 6. Texts are sent as they are, beside the commit, since
-- to quote and to unquote them costs both sides more than all else about them; where they
-- are many they come inside it after all, as a list. Empty lists are left out, and what
-- holds nothing but entries is a single insert.
CREATE FUNCTION linli.commit_quick(p_commit text, p_lock_wait text, p_texts text[])
RETURNS boolean
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  p jsonb := p_commit::jsonb;
  ns text := p->>'n';
  done boolean;
  found_rows integer;
BEGIN
  -- Above READ COMMITTED it would see what was before its turn (step 10 asks in other statements).
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'the transaction is above READ COMMITTED' USING ERRCODE = 'LN002';
  END IF;
  -- Assigned, not performed: a call costs less so.
  IF p_lock_wait IS NOT NULL THEN
    done := set_config('lock_timeout', p_lock_wait, true) IS NULL;
  END IF;
  done := pg_advisory_xact_lock(1281979372, hashtext(ns)) IS NULL;
  IF p ? 'texts' THEN p_texts := ARRAY(SELECT jsonb_array_elements_text(p->'texts')); END IF;
  IF p ?| ARRAY['receipts', 'guards', 'inserts', 'updates', 'deletes', 'jobs', 'x'] THEN
    RETURN linli.apply_quick(p, p_texts);
  END IF;
  INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
  SELECT ns, 0, nextval('linli.entry_seq'), x.s, x.v, x.h, p_texts[x.d]
  FROM jsonb_to_recordset(p->'entries')
    AS x (s text, v bigint, f boolean, p text, h text, d integer)
  WHERE x.f IS NULL OR (x.v = 1 AND coalesce(x.p, '') = '') OR (
    SELECT e.hash = coalesce(x.p, e.hash) FROM linli.entries e
    WHERE e.namespace = ns AND e.stream = x.s AND e.version = x.v - 1);
  GET DIAGNOSTICS found_rows = ROW_COUNT;
  IF found_rows <> jsonb_array_length(p->'entries') THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  RETURN true;
END
$$;

-- Carries streams on: each entry follows the one before it, and none is there already.
CREATE OR REPLACE FUNCTION linli.append_entries(p jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ns text := p->>'n';
  own_xid bigint := 0;
  found_rows integer;
BEGIN
  IF (p->>'h')::boolean THEN own_xid := pg_current_xact_id()::text::bigint; END IF;
  -- A transaction older than the entry it follows would stand before it in the feed.
  IF own_xid > 0 THEN
    PERFORM 1
    FROM jsonb_to_recordset(p->'entries') AS x (s text, v bigint)
    WHERE (
      SELECT e.xid FROM linli.entries e
      WHERE e.namespace = ns AND e.stream = x.s AND e.version = x.v - 1) > own_xid
    LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'the transaction began before the entry it follows'
        USING ERRCODE = 'serialization_failure';
    END IF;
  END IF;
  INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
  SELECT ns, own_xid, nextval('linli.entry_seq'), x.s, x.v, x.h, x.d
  FROM jsonb_to_recordset(p->'entries')
    AS x (s text, v bigint, f boolean, p text, h text, d text)
  WHERE x.f IS NULL OR (x.v = 1 AND coalesce(x.p, '') = '') OR (
    SELECT e.hash = coalesce(x.p, e.hash) FROM linli.entries e
    WHERE e.namespace = ns AND e.stream = x.s AND e.version = x.v - 1)
  ON CONFLICT (namespace, stream, version) DO NOTHING;
  GET DIAGNOSTICS found_rows = ROW_COUNT;
  IF found_rows <> jsonb_array_length(p->'entries') THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  RETURN true;
END
$$;

-- What is there instead, for a commit that was refused; of streams [stream, last version,
-- hash of the last entry], those without an entry left out.
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
      SELECT jsonb_agg(jsonb_build_array(x.stream, e.version, e.hash))
      FROM (SELECT DISTINCT y->>'s' AS stream FROM jsonb_array_elements(p->'entries') AS y) AS x
      CROSS JOIN LATERAL (
        SELECT q.version, q.hash FROM linli.entries q
        WHERE q.namespace = ns AND q.stream = x.stream
        ORDER BY q.version DESC LIMIT 1) AS e),
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

INSERT INTO linli.migrations (step, name) VALUES (7, 'heads');
