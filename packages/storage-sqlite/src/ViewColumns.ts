/**
 * The views of issues and units once more, with the columns that reporting tools find under
 * the same names in every database; `docs/reference/reporting-views.md` lists them.
 */

const utc = (millis: string): string =>
  `strftime('%Y-%m-%dT%H:%M:%SZ', ${millis} / 1000, 'unixepoch')`;

/** A name in one language: names are plain text, or text in both languages. */
const nameIn = (language: "zh" | "en"): string =>
  `iif(json_type(u.value, '$.name') = 'text', u.value ->> '$.name', u.value ->> '$.name.${language}')`;

/** The SQL of step 4. */
export const viewColumnsSql = `
-- Issues as they stand. due_at: the soonest clock that is running; null when none is. A row
-- that is damaged shows as its id only.
DROP VIEW view_issues;
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
  r.value ->> '$.state.charter.id' AS charter_id,
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
  r.value ->> '$.state.lastAt' AS last_at,
  ${utc("(r.value ->> '$.state.reportedAt')")} AS reported_utc,
  ${utc("(r.value ->> '$.state.closedAt')")} AS closed_utc,
  r.value ->> '$.state.handUps' AS hand_ups,
  r.value ->> '$.state.escalations' AS escalations,
  r.value ->> '$.state.reopened' AS reopened,
  r.value ->> '$.state.supervised' AS supervised,
  r.value ->> '$.state.rating' AS rating,
  r.value ->> '$.state.version' AS version
FROM (
  SELECT namespace, id, iif(json_valid(value), value, NULL) AS value FROM rows WHERE kind = 'issue'
) AS r;

-- Units of the published hierarchy. parents: JSON, chain -> unit; moves: JSON, or null.
DROP VIEW view_units;
CREATE VIEW view_units AS
SELECT
  c.namespace,
  u.value ->> '$.id' AS id,
  u.value ->> '$.level' AS level,
  ${nameIn("zh")} AS name_zh,
  ${nameIn("en")} AS name_en,
  u.value -> '$.parents' AS parents,
  u.value -> '$.moves' AS moves,
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
