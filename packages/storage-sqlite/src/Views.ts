/**
 * Readable views for reporting tools: what lies in the JSON of rows and entries as
 * columns. Read them through a reading connection of your own; they hold no free
 * text and no names, people only as the ids the host gave. Instants are epoch
 * milliseconds, and once more as UTC text where people look at them.
 */

const utc = (millis: string): string =>
  `strftime('%Y-%m-%dT%H:%M:%SZ', ${millis} / 1000, 'unixepoch')`;

/** The SQL of step 2. */
export const viewsSql = `
-- Issues as they stand. due_at: the soonest clock that is running; null when none is.
CREATE VIEW view_issues AS
SELECT
  r.namespace,
  r.id,
  r.value ->> '$.state.kind' AS kind,
  r.value ->> '$.state.status' AS status,
  r.value ->> '$.state.category' AS category,
  r.value ->> '$.state.unit' AS unit,
  r.value ->> '$.state.routed.course' AS course,
  r.value ->> '$.state.routed.rule' AS rule,
  r.value ->> '$.state.routed.size' AS size,
  r.value ->> '$.state.charter.id' AS charter,
  r.value ->> '$.state.charter.version' AS charter_version,
  r.value ->> '$.state.handler.post' AS handler_post,
  r.value ->> '$.state.handler.unit' AS handler_unit,
  r.value ->> '$.state.handler.level' AS handler_level,
  r.value ->> '$.state.sponsor.post' AS sponsor_post,
  r.value ->> '$.state.sponsor.unit' AS sponsor_unit,
  (SELECT min(c.value ->> '$.deadline.dueAt')
   FROM json_each(r.value, '$.state.clocks') AS c
   WHERE json_type(c.value, '$.paused') = 'null') AS due_at,
  r.value ->> '$.state.reportedAt' AS reported_at,
  r.value ->> '$.state.acceptedAt' AS accepted_at,
  r.value ->> '$.state.contactedAt' AS contacted_at,
  r.value ->> '$.state.settlement.at' AS settled_at,
  r.value ->> '$.state.settlement.level' AS settled_level,
  r.value ->> '$.state.verifiedAt' AS verified_at,
  r.value ->> '$.state.answeredAt' AS answered_at,
  r.value ->> '$.state.closedAt' AS closed_at,
  ${utc("(r.value ->> '$.state.reportedAt')")} AS reported_utc,
  ${utc("(r.value ->> '$.state.closedAt')")} AS closed_utc,
  r.value ->> '$.state.handUps' AS hand_ups,
  r.value ->> '$.state.escalations' AS escalations,
  r.value ->> '$.state.reopened' AS reopened,
  r.value ->> '$.state.supervised' AS supervised,
  r.value ->> '$.state.rating' AS rating,
  r.value ->> '$.state.version' AS version
FROM rows AS r
WHERE r.kind = 'issue';

-- The journal, a line for each entry, in the order of commits.
CREATE VIEW view_journal AS
SELECT
  e.seq,
  e.namespace,
  e.stream AS issue,
  e.version,
  e.value ->> '$.type' AS type,
  e.value ->> '$.at' AS at,
  ${utc("(e.value ->> '$.at')")} AS at_utc,
  e.value ->> '$.recordedAt' AS recorded_at,
  e.value ->> '$.actor.type' AS actor,
  e.value ->> '$.actor.person' AS person,
  e.value ->> '$.cause' AS cause,
  e.value ->> '$.charter.id' AS charter,
  e.value ->> '$.charter.version' AS charter_version,
  e.value -> '$.payload' AS payload,
  e.hash,
  e.value ->> '$.previous' AS previous
FROM entries AS e;

-- Work that is or was due. subject: the issue of a clock, the person of a message.
CREATE VIEW view_jobs AS
SELECT
  j.namespace,
  j.id,
  j.queue,
  j.key AS subject,
  CASE j.state WHEN 1 THEN 'done' WHEN 2 THEN 'dead'
    ELSE iif(j.leased_until > 0, 'leased', 'waiting') END AS state,
  j.due_at,
  ${utc("j.due_at")} AS due_utc,
  j.attempt,
  j.owner,
  nullif(j.leased_until, 0) AS leased_until,
  j.settled_at,
  j.reason
FROM jobs AS j;

-- Units of the published hierarchy. parents: JSON, chain -> unit.
CREATE VIEW view_units AS
SELECT
  c.namespace,
  u.value ->> '$.id' AS id,
  u.value ->> '$.level' AS level,
  u.value ->> '$.name.zh' AS name_zh,
  u.value ->> '$.name.en' AS name_en,
  u.value -> '$.parents' AS parents,
  u.value ->> '$.from' AS from_at,
  u.value ->> '$.until' AS until_at,
  c.value ->> '$.version' AS hierarchy_version
FROM rows AS c, json_each((
  SELECT group_concat(p.value, '' ORDER BY p.number) FROM (
    SELECT d.value, CAST(substr(d.id, length('hierarchy//' || (c.value ->> '$.version')) + 1) AS INTEGER)
      AS number
    FROM rows AS d
    WHERE d.namespace = c.namespace AND d.kind = 'document'
      AND d.id > 'hierarchy/' || (c.value ->> '$.version') || '/'
      AND d.id < 'hierarchy/' || (c.value ->> '$.version') || '0') AS p
  WHERE p.number < (c.value ->> '$.parts')), '$.units') AS u
WHERE c.kind = 'current' AND c.id = 'hierarchy';
`;
