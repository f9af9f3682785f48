-- Linli on PostgreSQL, step 4: views for reporting tools. They only read; grant SELECT
-- on them and USAGE on the schema to a role of their own.

-- A stored value as JSON, or null when it is none (it may be sealed).
CREATE FUNCTION linli.as_json(p_value text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN p_value::jsonb;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END
$$;

-- An instant of the tables as a timestamp.
CREATE FUNCTION linli.as_time(p_millis bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT to_timestamp(p_millis / 1000.0)
$$;

CREATE VIEW linli.issues AS
SELECT
  r.namespace,
  r.id,
  r.version,
  state->>'status' AS status,
  state->>'kind' AS kind,
  state->>'category' AS category,
  state->>'unit' AS unit,
  state->'handler'->>'post' AS handler_post,
  state->'handler'->>'unit' AS handler_unit,
  state->'handler'->>'level' AS handler_level,
  state->'charter'->>'id' AS charter,
  state->'charter'->>'version' AS charter_version,
  (state->>'escalations')::integer AS escalations,
  (state->>'reopened')::integer AS reopened,
  (state->>'rating')::numeric AS rating,
  linli.as_time((state->>'reportedAt')::bigint) AS reported_at,
  linli.as_time((state->>'acceptedAt')::bigint) AS accepted_at,
  linli.as_time((state->>'closedAt')::bigint) AS closed_at,
  linli.as_time((state->>'lastAt')::bigint) AS last_at
FROM linli.rows r
CROSS JOIN LATERAL (SELECT linli.as_json(r.value)->'state' AS state) AS decoded
WHERE r.kind = 'issue';
COMMENT ON VIEW linli.issues IS
  'Every issue as it stands: one row each, times as timestamps, no personal data.';

CREATE VIEW linli.journal AS
SELECT
  e.namespace,
  e.xid,
  e.seq,
  e.stream,
  e.version,
  entry->>'type' AS event,
  entry->'actor'->>'type' AS actor_type,
  entry->>'cause' AS cause,
  entry->'charter'->>'version' AS charter_version,
  linli.as_time((entry->>'at')::bigint) AS happened_at,
  linli.as_time((entry->>'recordedAt')::bigint) AS recorded_at,
  e.hash
FROM linli.entries e
CROSS JOIN LATERAL (SELECT linli.as_json(e.value) AS entry) AS decoded;
COMMENT ON VIEW linli.journal IS
  'What happened, in the order of (namespace, xid, seq); payloads are left out.';

CREATE VIEW linli.job_list AS
SELECT
  j.namespace,
  j.queue,
  j.id,
  j.key,
  CASE j.state WHEN 1 THEN 'done' WHEN 2 THEN 'dead'
    ELSE CASE WHEN j.leased_until > 0 THEN 'leased' ELSE 'waiting' END END AS state,
  j.attempt,
  linli.as_time(j.due_at) AS due_at,
  CASE WHEN j.leased_until > 0 THEN linli.as_time(j.leased_until) END AS leased_until,
  j.owner,
  linli.as_time(j.settled_at) AS settled_at,
  j.reason
FROM linli.jobs j;
COMMENT ON VIEW linli.job_list IS
  'Work to do and done; `leased` may have run out (compare leased_until with the clock).';

-- The hierarchy that is current: its document is kept in parts.
CREATE VIEW linli.units AS
SELECT
  c.namespace,
  current_row->>'version' AS hierarchy_version,
  unit->>'id' AS id,
  unit->>'level' AS level,
  coalesce(unit->'name'->>'zh', unit->>'name') AS name_zh,
  coalesce(unit->'name'->>'en', unit->>'name') AS name_en,
  unit->'parents' AS parents,
  unit->'moves' AS moves,
  linli.as_time((unit->>'from')::bigint) AS since,
  linli.as_time((unit->>'until')::bigint) AS until
FROM linli.rows c
CROSS JOIN LATERAL (SELECT linli.as_json(c.value) AS current_row) AS decoded
CROSS JOIN LATERAL (
  SELECT linli.as_json(string_agg(part.value, '' ORDER BY place)) AS document
  FROM generate_series(0, (current_row->>'parts')::integer - 1) AS place
  JOIN linli.rows part ON part.namespace = c.namespace AND part.kind = 'document'
    AND part.id = 'hierarchy/' || (current_row->>'version') || '/' || place
) AS whole
CROSS JOIN LATERAL jsonb_array_elements(document->'units') AS unit
WHERE c.kind = 'current' AND c.id = 'hierarchy';
COMMENT ON VIEW linli.units IS 'The units of the hierarchy that is current.';

INSERT INTO linli.migrations (step, name) VALUES (4, 'views');
