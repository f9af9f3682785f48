/** The text of migrations/0008_leases.sql; made by migrations/embed.mjs. */
export const leases = {
  step: 8,
  name: "leases",
  sql: `-- Linli on PostgreSQL, step 8: leases - due jobs chosen and taken in whole sets.
--
-- Step 3 looked at due jobs one by one, and found each of those it had chosen once more by
-- its id. Now a statement chooses as many as are wanted and says where they lie, and one
-- more takes them there. A job that has moved since then is left to the next lease.

-- The first p_limit jobs that may be leased in one namespace, oldest due first, at most one
-- of a key: where they lie, and the numbers they were scheduled under, which tell them from
-- anything else that may lie there. Passes over keys in use, so that one busy issue holds up
-- nobody else. Reads as many jobs as are wanted, and goes on after them while keys repeat.
CREATE FUNCTION linli.due_jobs(
  p_namespace text, p_queue text, p_now bigint, p_limit integer, OUT places tid[], OUT seqs bigint[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE
  busy text[];
  look integer := p_limit;
  last_due bigint := -9223372036854775808;
  last_seq bigint := 0;
  more_places tid[];
  more_seqs bigint[];
  more_keys text[];
BEGIN
  places := '{}'; seqs := '{}';
  busy := ARRAY(
    SELECT j.key FROM linli.jobs j
    WHERE j.leased_until > 0 AND j.queue = p_queue AND j.namespace = p_namespace
      AND j.leased_until > p_now);
  LOOP
    SELECT array_agg(d.at ORDER BY d.place), array_agg(d.seq ORDER BY d.place),
      array_agg(d.key ORDER BY d.place),
      max(d.due_at) FILTER (WHERE d.place = look), max(d.seq) FILTER (WHERE d.place = look)
    INTO more_places, more_seqs, more_keys, last_due, last_seq
    FROM (
      SELECT j.ctid AS at, j.key, j.due_at, j.seq,
        row_number() OVER (ORDER BY j.due_at, j.seq) AS place
      FROM linli.jobs j
      WHERE j.state = 0 AND j.queue = p_queue AND j.namespace = p_namespace AND j.due_at <= p_now
        AND (j.due_at, j.seq) > (last_due, last_seq)
        AND j.key NOT IN (SELECT b FROM unnest(busy) AS b)
      ORDER BY j.due_at, j.seq LIMIT look
    ) AS d;
    EXIT WHEN more_places IS NULL;
    IF (SELECT count(DISTINCT m.key COLLATE "C") FROM unnest(more_keys) AS m (key))
      < cardinality(more_keys)
    THEN
      SELECT array_agg(f.at ORDER BY f.place), array_agg(f.seq ORDER BY f.place)
      INTO more_places, more_seqs
      FROM (
        SELECT DISTINCT ON (m.key COLLATE "C") m.at, m.seq, m.place
        FROM unnest(more_places, more_seqs, more_keys) WITH ORDINALITY AS m (at, seq, key, place)
        ORDER BY m.key COLLATE "C", m.place
      ) AS f;
    END IF;
    places := places || more_places;
    seqs := seqs || more_seqs;
    EXIT WHEN last_due IS NULL OR cardinality(places) >= p_limit;
    busy := busy || more_keys;
    look := greatest(look, least(look * 2, 1000));
  END LOOP;
  places := places[1:p_limit];
  seqs := seqs[1:p_limit];
END
$$;

-- The first p_limit jobs of all namespaces, turn by turn, beginning after p_served.
CREATE FUNCTION linli.due_in_turn(
  p_queue text, p_now bigint, p_limit integer, p_served text, OUT places tid[], OUT seqs bigint[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE
  names text[] := '{}';
  name text := '';
  share integer;
  most integer;
  found_places tid[];
  found_seqs bigint[];
  found_turns integer[];
BEGIN
  LOOP
    SELECT j.namespace INTO name FROM linli.jobs j
    WHERE j.state = 0 AND j.queue = p_queue AND j.namespace > name
    ORDER BY j.namespace LIMIT 1;
    EXIT WHEN NOT FOUND;
    names := names || name;
  END LOOP;
  IF cardinality(names) = 0 THEN RETURN; END IF;
  IF cardinality(names) = 1 THEN
    SELECT d.places, d.seqs INTO places, seqs
    FROM linli.due_jobs(names[1], p_queue, p_now, p_limit) AS d;
    RETURN;
  END IF;
  names := ARRAY(
    SELECT n FROM unnest(names) AS n
    ORDER BY n COLLATE "C" <= coalesce(p_served, ''), n COLLATE "C");

  -- Asks each namespace for its even share first, and for more while there is room.
  share := (p_limit + cardinality(names) - 1) / cardinality(names);
  LOOP
    found_places := '{}'; found_seqs := '{}'; found_turns := '{}'; most := 0;
    FOREACH name IN ARRAY names LOOP
      SELECT d.places, d.seqs INTO places, seqs
      FROM linli.due_jobs(name, p_queue, p_now, share) AS d;
      most := greatest(most, cardinality(places));
      found_places := found_places || places;
      found_seqs := found_seqs || seqs;
      found_turns := found_turns || ARRAY(SELECT generate_series(1, cardinality(places)));
    END LOOP;
    EXIT WHEN share >= p_limit OR cardinality(found_places) >= p_limit OR most < share;
    share := least(p_limit, share * 4);
  END LOOP;
  SELECT array_agg(t.at ORDER BY t.turn, t.place), array_agg(t.seq ORDER BY t.turn, t.place)
  INTO places, seqs
  FROM (
    SELECT * FROM unnest(found_places, found_seqs, found_turns)
      WITH ORDINALITY AS f (at, seq, turn, place)
    ORDER BY f.turn, f.place LIMIT p_limit
  ) AS t;
END
$$;

-- Leases due jobs, of one namespace or turn by turn between all. Leases of one queue follow
-- one another (a key has one holder); jobs that a commit or settlement holds at this moment
-- are skipped, so a lease waits for neither.
CREATE OR REPLACE FUNCTION linli.lease(
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
  done boolean;
  due_places tid[];
  due_seqs bigint[];
  stem text;
BEGIN
  -- Assigned, not performed: a call costs less so.
  IF p_lock_wait IS NOT NULL THEN
    done := set_config('lock_timeout', p_lock_wait, true) IS NULL;
  END IF;
  done := pg_advisory_xact_lock(1281979374, hashtext(p_queue)) IS NULL;
  IF p_namespace IS NULL THEN
    SELECT d.places, d.seqs INTO due_places, due_seqs
    FROM linli.due_in_turn(p_queue, p_now, p_limit, p_served) AS d;
  ELSE
    SELECT d.places, d.seqs INTO due_places, due_seqs
    FROM linli.due_jobs(p_namespace, p_queue, p_now, p_limit) AS d;
  END IF;
  IF due_places IS NULL OR cardinality(due_places) = 0 THEN RETURN; END IF;
  stem := nextval('linli.lease_seq')::text || '-' || to_hex((random() * 2147483647)::integer) || '-';

  RETURN QUERY
    WITH leased AS (
      UPDATE linli.jobs j SET
        attempt = j.attempt + 1, token = stem || w.place,
        leased_until = p_until, owner = p_owner, settled_token = NULL, settled_mark = NULL
      FROM unnest(due_places, due_seqs) WITH ORDINALITY AS w (at, seq, place)
      CROSS JOIN LATERAL (
        SELECT q.ctid AS at FROM linli.jobs q
        WHERE q.ctid = w.at AND q.seq = w.seq AND q.state = 0
          AND q.due_at <= p_now AND q.leased_until <= p_now
        FOR UPDATE SKIP LOCKED
      ) AS free_job
      WHERE j.ctid = free_job.at
      RETURNING w.place, j.namespace, j.id, j.key, j.due_at, j.attempt, j.token, j.value
    )
    SELECT l.namespace, l.id, l.key, l.due_at, l.attempt, l.token, l.value
    FROM leased l ORDER BY l.place;
END
$$;

DROP FUNCTION linli.free_jobs(text, text, bigint, integer);

INSERT INTO linli.migrations (step, name) VALUES (8, 'leases');
`,
};
