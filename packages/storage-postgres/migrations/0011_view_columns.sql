-- Linli on PostgreSQL, step 11: the views have the columns that every database's views have.
--
-- They are replaced, not dropped: what was granted on them stays, and the columns that were
-- there stay where they were. `version` of an issue is that of the issue now, the number of
-- entries in its stream.

CREATE OR REPLACE VIEW linli.issues AS
SELECT
  r.namespace,
  r.id,
  (state->>'version')::bigint AS version,
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
  linli.as_time((state->>'lastAt')::bigint) AS last_at,
  state->'routed'->>'course' AS course,
  state->'routed'->>'rule' AS rule,
  state->'routed'->>'size' AS size,
  state->'charter'->>'id' AS charter_id,
  state->'sponsor'->>'post' AS sponsor_post,
  state->'sponsor'->>'unit' AS sponsor_unit,
  linli.as_time((
    SELECT min((clock->'deadline'->>'dueAt')::bigint)
    FROM jsonb_array_elements(
      CASE WHEN jsonb_typeof(state->'clocks') = 'array' THEN state->'clocks' END) AS clock
    WHERE clock->'paused' = 'null')) AS due_at,
  linli.as_time((state->>'contactedAt')::bigint) AS contacted_at,
  linli.as_time((state->'settlement'->>'at')::bigint) AS settled_at,
  state->'settlement'->>'level' AS settled_level,
  linli.as_time((state->>'verifiedAt')::bigint) AS verified_at,
  linli.as_time((state->>'answeredAt')::bigint) AS answered_at,
  (state->>'handUps')::integer AS hand_ups,
  (state->>'supervised')::boolean::integer AS supervised
FROM linli.rows r
CROSS JOIN LATERAL (SELECT linli.as_json(r.value)->'state' AS state) AS decoded
WHERE r.kind = 'issue';

CREATE OR REPLACE VIEW linli.journal AS
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
  e.hash,
  e.stream AS issue,
  entry->>'type' AS type,
  linli.as_time((entry->>'at')::bigint) AS at,
  entry->'actor'->>'type' AS actor,
  entry->'charter'->>'id' AS charter,
  entry->>'previous' AS previous
FROM linli.entries e
CROSS JOIN LATERAL (SELECT linli.as_json(e.value) AS entry) AS decoded;
COMMENT ON VIEW linli.journal IS
  'What happened, in the order of (namespace, xid, seq); persons and payloads are left out.';

CREATE OR REPLACE VIEW linli.job_list AS
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
  j.reason,
  j.key AS subject
FROM linli.jobs j;

CREATE OR REPLACE VIEW linli.units AS
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
  linli.as_time((unit->>'until')::bigint) AS until,
  linli.as_time((unit->>'from')::bigint) AS from_at,
  linli.as_time((unit->>'until')::bigint) AS until_at
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

INSERT INTO linli.migrations (step, name) VALUES (11, 'view_columns');
