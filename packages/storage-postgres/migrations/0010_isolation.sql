-- Linli on PostgreSQL, step 10: no write above READ COMMITTED.
--
-- A commit waits for those before it and then looks at what they left: whether its guards
-- hold, which number comes next, who holds a lease. Above READ COMMITTED a transaction goes
-- on seeing what it saw at its beginning, perhaps before that wait, and neither REPEATABLE
-- READ nor SERIALIZABLE tells when a row that was only looked at is no longer so. So the
-- driver asks this in every statement that writes, whoever began the transaction and
-- whatever the default of the server, the database, the role or the session.

-- True, or LN002 above READ COMMITTED.
CREATE FUNCTION linli.at_read_committed() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
    RETURN true;
  END IF;
  RAISE EXCEPTION 'the transaction is above READ COMMITTED' USING ERRCODE = 'LN002';
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (10, 'isolation');
