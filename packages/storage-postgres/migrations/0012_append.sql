-- Linli on PostgreSQL, step 12: one entry and nothing else.
--
-- Who read sealed records is an entry by itself, and so is every event of a host that keeps
-- only its journal here. Its values are taken as they are: to take a list apart costs more
-- than to insert what is in it.

-- Carries a stream on by one entry; LN001 where it does not follow the last one. Without
-- p_previous it follows whatever has the number before it.
CREATE FUNCTION linli.append_entry(
  p_namespace text, p_lock_wait text, p_stream text, p_version bigint, p_previous text,
  p_hash text, p_value text)
RETURNS boolean
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
  done boolean;
  found_rows integer;
BEGIN
  -- Above READ COMMITTED it would see what was before its turn (step 10 asks in other statements).
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'the transaction is above READ COMMITTED' USING ERRCODE = 'LN002';
  END IF;
  IF p_lock_wait IS NOT NULL THEN
    done := set_config('lock_timeout', p_lock_wait, true) IS NULL;
  END IF;
  done := pg_advisory_xact_lock(1281979372, hashtext(p_namespace)) IS NULL;
  INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
  SELECT p_namespace, 0, nextval('linli.entry_seq'), p_stream, p_version, p_hash, p_value
  WHERE (p_version = 1 AND coalesce(p_previous, '') = '') OR (
    SELECT e.hash = coalesce(p_previous, e.hash) FROM linli.entries e
    WHERE e.namespace = p_namespace AND e.stream = p_stream AND e.version = p_version - 1);
  GET DIAGNOSTICS found_rows = ROW_COUNT;
  IF found_rows = 0 THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  RETURN true;
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (12, 'append');
