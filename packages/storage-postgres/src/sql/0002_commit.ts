/** The text of migrations/0002_commit.sql; made by migrations/embed.mjs. */
export const commit = {
  step: 2,
  name: "commit",
  sql: `-- Linli on PostgreSQL, step 2: reading rows and committing, each in one round trip.
--
-- A commit is a JSON object made by the driver:
--   n namespace; h true in the horizon order; x true when it cannot be accepted;
--   receipts [{i id, h hash, u keep until, v value}]
--   guards   [{k kind, i id, e version}], the same for rows that must not exist
--   inserts  [{k, i, x index keys, v}]; updates [{k, i, e, x, v}]; deletes [{k, i, e}]
--   entries  [{s stream, v version, f true for the stream's first here, h hash, d value}]
--   jobs     {locks [id]: those touched, when several, settled or cancelled;
--             settle [{i, t token, o outcome, m mark, d instant, r reason, a at}]
--             cancel [id]; schedule [{i, q queue, k key, d due, v}]}

-- A session keeps the plans of these functions, perhaps from a time when the tables were
-- empty. So each stored row is looked up by its whole key in a LATERAL query of its own
-- (OFFSET 0 keeps it one) and then reached by its ctid: there is no other plan to take.

-- Rows by [namespace, kind, id]; those that do not exist are left out.
CREATE FUNCTION linli.read(p_keys text)
RETURNS TABLE (place bigint, version bigint, value text)
LANGUAGE plpgsql STABLE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  RETURN QUERY
    SELECT k.place, r.version, r.value
    FROM jsonb_array_elements(p_keys::jsonb) WITH ORDINALITY AS k (key, place)
    CROSS JOIN LATERAL (
      SELECT q.version, q.value FROM linli.rows q
      WHERE q.namespace = k.key->>0 AND q.kind = k.key->>1 AND q.id = k.key->>2
      OFFSET 0
    ) AS r;
END
$$;

-- Makes commits follow one another where they must: all of a namespace in the serialised
-- order; in the horizon order those that touch the same names (in one of 1,024 parts).
-- Advisory locks are taken before the transaction has an id, so that of two that meet
-- the later has the higher one.
CREATE FUNCTION linli.lock_commits(p_list jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part integer;
BEGIN
  IF NOT coalesce((p_list->0->>'h')::boolean, false) THEN
    PERFORM pg_advisory_xact_lock(1281979372, hashtext(p_list->0->>'n'));
    RETURN;
  END IF;
  FOR part IN
    SELECT DISTINCT hashtext((p->>'n') || named.name) & 1023
    FROM jsonb_array_elements(p_list) AS p
    CROSS JOIN LATERAL (
      SELECT '/r/' || (x->>'k') || '/' || (x->>'i') FROM jsonb_array_elements(
        (p->'guards') || (p->'inserts') || (p->'updates') || (p->'deletes')) AS x
      UNION SELECT '/s/' || (x->>'s') FROM jsonb_array_elements(p->'entries') AS x
      UNION SELECT '/c/' || (x->>'i') FROM jsonb_array_elements(p->'receipts') AS x
    ) AS named (name)
    ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(1281979373, part);
  END LOOP;
END
$$;

-- Writes one commit, or raises LN001 at the first thing that does not hold.
CREATE FUNCTION linli.apply(p jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  done boolean;
  ns text := p->>'n';
  wanted integer;
  found_rows integer;
BEGIN
  IF (p->>'x')::boolean THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;

  wanted := jsonb_array_length(p->'receipts');
  IF wanted > 0 THEN
    INSERT INTO linli.receipts (namespace, id, content_hash, keep_until, value)
    SELECT ns, x.i, x.h, x.u, x.v
    FROM jsonb_to_recordset(p->'receipts') AS x (i text, h text, u bigint, v text)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows <> wanted THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001'; END IF;
  END IF;

  IF jsonb_array_length(p->'guards') > 0 THEN
    PERFORM 1
    FROM jsonb_to_recordset(p->'guards') AS x (k text, i text, e bigint)
    WHERE coalesce((SELECT r.version FROM linli.rows r
                    WHERE r.namespace = ns AND r.kind = x.k AND r.id = x.i), 0) <> x.e
    LIMIT 1;
    IF FOUND THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001'; END IF;
  END IF;

  wanted := jsonb_array_length(p->'inserts');
  IF wanted > 0 THEN
    WITH x AS MATERIALIZED (
      SELECT y.* FROM jsonb_to_recordset(p->'inserts') AS y (k text, i text, x jsonb, v text)
    ), come AS (
      INSERT INTO linli.index_entries (namespace, kind, index_name, key, id)
      SELECT ns, x.k, pair::jsonb->>0, pair::jsonb->>1, x.i
      FROM x CROSS JOIN LATERAL jsonb_array_elements_text(x.x) AS pair
      ON CONFLICT DO NOTHING
    ), written AS (
      INSERT INTO linli.rows (namespace, kind, id, version, index_keys, value)
      SELECT ns, x.k, x.i, 1, x.x, x.v FROM x
      ON CONFLICT DO NOTHING
      RETURNING 1
    )
    SELECT count(*) INTO found_rows FROM written;
    IF found_rows <> wanted THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001'; END IF;
  END IF;

  wanted := jsonb_array_length(p->'updates');
  IF wanted > 0 THEN
    WITH x AS MATERIALIZED (
      SELECT r.ctid AS place, r.kind, r.id, r.index_keys AS before, y.x AS after, y.v AS value
      FROM jsonb_to_recordset(p->'updates') AS y (k text, i text, e bigint, x jsonb, v text)
      CROSS JOIN LATERAL (
        SELECT q.ctid, q.kind, q.id, q.index_keys FROM linli.rows q
        WHERE q.namespace = ns AND q.kind = y.k AND q.id = y.i AND q.version = y.e
        OFFSET 0
      ) AS r
    ), gone AS (
      DELETE FROM linli.index_entries e
      USING x
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
      FROM x CROSS JOIN LATERAL jsonb_array_elements_text(x.after) AS pair
      WHERE NOT x.before ? pair
    ), written AS (
      UPDATE linli.rows r SET version = r.version + 1, index_keys = x.after, value = x.value
      FROM x
      WHERE r.ctid = x.place
      RETURNING 1
    )
    SELECT count(*) INTO found_rows FROM written;
    IF found_rows <> wanted THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001'; END IF;
  END IF;

  wanted := jsonb_array_length(p->'deletes');
  IF wanted > 0 THEN
    WITH x AS MATERIALIZED (
      SELECT r.ctid AS place, r.kind, r.id, r.index_keys AS before
      FROM jsonb_to_recordset(p->'deletes') AS y (k text, i text, e bigint)
      CROSS JOIN LATERAL (
        SELECT q.ctid, q.kind, q.id, q.index_keys FROM linli.rows q
        WHERE q.namespace = ns AND q.kind = y.k AND q.id = y.i AND q.version = y.e
        OFFSET 0
      ) AS r
    ), gone AS (
      DELETE FROM linli.index_entries e
      USING x
      CROSS JOIN LATERAL jsonb_array_elements_text(x.before) AS pair
      CROSS JOIN LATERAL (
        SELECT q.ctid FROM linli.index_entries q
        WHERE q.namespace = ns AND q.kind = x.kind AND q.index_name = pair::jsonb->>0
          AND q.key = pair::jsonb->>1 AND q.id = x.id
        OFFSET 0
      ) AS old
      WHERE e.ctid = old.ctid
    ), written AS (
      DELETE FROM linli.rows r USING x
      WHERE r.ctid = x.place
      RETURNING 1
    )
    SELECT count(*) INTO found_rows FROM written;
    IF found_rows <> wanted THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001'; END IF;
  END IF;

  -- Assigned, not performed: a call costs less so.
  IF jsonb_array_length(p->'entries') > 0 THEN done := linli.append_entries(p); END IF;
  IF p ? 'jobs' THEN done := linli.apply_jobs(p->'jobs', ns); END IF;
  RETURN true;
END
$$;

-- Carries streams on: each entry follows the one before it, and none is there already.
CREATE FUNCTION linli.append_entries(p jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
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
  FROM jsonb_to_recordset(p->'entries') AS x (s text, v bigint, f boolean, h text, d text)
  WHERE x.f IS NULL OR x.v = 1 OR (
    SELECT e.version FROM linli.entries e
    WHERE e.namespace = ns AND e.stream = x.s AND e.version = x.v - 1) IS NOT NULL
  ON CONFLICT (namespace, stream, version) DO NOTHING;
  GET DIAGNOSTICS found_rows = ROW_COUNT;
  IF found_rows <> jsonb_array_length(p->'entries') THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  RETURN true;
END
$$;

-- What is there instead, for a commit that was refused: the receipt of its id, if there is
-- one, rows [kind, id, version], streams [stream, last version], and which leases hold.
CREATE FUNCTION linli.explain(p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
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
      FROM jsonb_array_elements(p->'jobs'->'settle') WITH ORDINALITY AS x (one, place)));
END
$$;

-- Several commits in one transaction, all or none: the driver sends only such as do not
-- touch the same names, and sends them to commit_each when one of them is refused.
CREATE FUNCTION linli.commit_all(p_commit text, p_lock_wait text) RETURNS void
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  p jsonb := p_commit::jsonb;
BEGIN
  IF p_lock_wait IS NOT NULL THEN PERFORM set_config('lock_timeout', p_lock_wait, true); END IF;
  PERFORM linli.lock_commits(jsonb_build_array(p));
  PERFORM linli.apply(p);
END
$$;

-- Several commits one after another, each by itself. Gives for each "C" when committed,
-- what is there instead when refused, or the SQLSTATE of what went wrong.
CREATE FUNCTION linli.commit_each(p_list text, p_lock_wait text) RETURNS text
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  list jsonb := p_list::jsonb;
  one jsonb;
  done boolean;
  answers jsonb := '[]';
BEGIN
  IF p_lock_wait IS NOT NULL THEN PERFORM set_config('lock_timeout', p_lock_wait, true); END IF;
  PERFORM linli.lock_commits(list);
  FOR place IN 0 .. jsonb_array_length(list) - 1 LOOP
    one := list->place;
    BEGIN
      done := linli.apply(one);
      answers := answers || '"C"'::jsonb;
    EXCEPTION
      WHEN SQLSTATE 'LN001' THEN
        answers := answers || jsonb_build_array(linli.explain(one));
      WHEN serialization_failure OR deadlock_detected OR lock_not_available THEN
        RAISE;
      WHEN OTHERS THEN
        answers := answers || jsonb_build_object('sqlstate', SQLSTATE);
    END;
  END LOOP;
  RETURN answers::text;
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (2, 'commit');
`,
};
