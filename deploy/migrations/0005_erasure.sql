-- What is personal in the payload can go, and what proves the decision stays. README, Retention and erasure.

-- Every erasure and retention, recorded for good.
CREATE TABLE mentord.erasure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    citizen_ref bytea CHECK (octet_length(citizen_ref) = 16), -- null: by age
    decided_before timestamptz, -- by age: of decisions and refusals before it
    why text NOT NULL CHECK (why <> ''),
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- when it has its locks: what it erases was made before
    erased_by text NOT NULL DEFAULT session_user,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), -- the one in which payloads may go by it
    CONSTRAINT erasure_of_one CHECK ((citizen_ref IS NULL) <> (decided_before IS NULL))
);
CREATE INDEX erasure_by_citizen ON mentord.erasure (citizen_ref, id) WHERE citizen_ref IS NOT NULL;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();

-- The master keys there were, recorded for good; the newest wraps new data keys. No row: nothing is sealed.
CREATE TABLE mentord.master_key (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id > 0), -- a worker may only make the first one
    fingerprint bytea NOT NULL UNIQUE CHECK (octet_length(fingerprint) = 32),
    why text NOT NULL DEFAULT 'first use' CHECK (why <> ''),
    first_used_at timestamptz NOT NULL DEFAULT now(),
    first_used_by text NOT NULL DEFAULT session_user
);
-- Since when every data key is wrapped with it, so that the one before is needed no longer.
CREATE TABLE mentord.rekeyed (
    master smallint PRIMARY KEY REFERENCES mentord.master_key,
    finished_at timestamptz NOT NULL DEFAULT now(),
    finished_by text NOT NULL DEFAULT session_user
);

-- Citizens' data keys, wrapped, up to 32 in a row: a row and an index entry for each key would cost a worker a twentieth of its
-- speed. A key's id is 32 times its row's, and its place in the arrays less one; citizen.key_id names the one in use, so one at
-- most is there. A row is of one batch: rows only append, as decisions do.
CREATE TABLE mentord.citizen_key (
    id bigint PRIMARY KEY,
    citizen_ref bytea[] NOT NULL, -- null: one key a batch, of refused records of nobody knows whom
    wrapped bytea[] NOT NULL, -- src/pg/vault.h; null: destroyed
    erasure bigint[], -- of each that is destroyed. only_destroyed looks at it; a foreign key would be a trigger for each new row
    master smallint NOT NULL, -- that wraps them; likewise
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT citizen_key_places CHECK (cardinality(wrapped) BETWEEN 1 AND 32 AND cardinality(citizen_ref) = cardinality(wrapped)),
    CONSTRAINT citizen_key_gone CHECK (erasure IS NOT NULL OR array_position(wrapped, NULL) IS NULL)
) WITH (toast_tuple_target = 8160);
ALTER TABLE mentord.citizen_key
    ALTER COLUMN citizen_ref SET STORAGE EXTERNAL,
    ALTER COLUMN wrapped SET STORAGE EXTERNAL;

ALTER TABLE mentord.citizen ADD COLUMN key_id bigint; -- a row with a key says something: it stays
-- key_id: headers and input lie sealed in `headers`. erasure: both are gone by it; it alone is ever changed.
ALTER TABLE mentord.decision ADD COLUMN key_id bigint, ADD COLUMN erasure bigint;
ALTER TABLE mentord.quarantine
    ADD COLUMN key_id bigint, -- likewise, with the value
    ADD COLUMN erasure bigint REFERENCES mentord.erasure,
    ADD COLUMN value_sha256 bytea NOT NULL; -- of the value as it came, for redriven records
CREATE INDEX quarantine_by_key ON mentord.quarantine (key_id) WHERE key_id IS NOT NULL;

CREATE FUNCTION mentord.erasing(erasure_ bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM mentord.erasure e WHERE e.id = erasure_ AND e.transaction = pg_current_xact_id_if_assigned());
$$;

-- The one change that a decision can meet: headers and input are emptied, by an erasure that the same transaction records.
CREATE FUNCTION mentord.only_emptied() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    kept mentord.decision := OLD;
BEGIN
    kept.headers := ''::bytea;
    kept.input := ''::bytea;
    kept.erasure := NEW.erasure;
    IF OLD.erasure IS NOT NULL OR NEW IS DISTINCT FROM kept OR NOT mentord.erasing(NEW.erasure) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD003',
            MESSAGE = 'UPDATE on mentord.decision is refused: what is stored there is never changed, only emptied by an erasure';
    END IF;
    RETURN NEW;
END
$$;
-- Of keys their end, or that those of a row are wrapped with the newest master key.
CREATE FUNCTION mentord.only_destroyed() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    kept mentord.citizen_key := OLD;
BEGIN
    kept.wrapped := NEW.wrapped;
    kept.master := NEW.master;
    IF NEW IS NOT DISTINCT FROM kept AND NEW.master > OLD.master AND NEW.master = (SELECT max(m.id) FROM mentord.master_key m)
        AND NOT EXISTS (
            SELECT FROM unnest(OLD.wrapped, NEW.wrapped) AS k (before, after)
            WHERE octet_length(k.before) IS DISTINCT FROM octet_length(k.after)
        ) THEN
        RETURN NEW;
    END IF;
    kept := OLD;
    kept.wrapped := NEW.wrapped;
    kept.erasure := NEW.erasure;
    IF NEW IS DISTINCT FROM kept OR cardinality(NEW.erasure) <> cardinality(OLD.wrapped) OR EXISTS (
        SELECT FROM unnest(OLD.wrapped, NEW.wrapped, OLD.erasure, NEW.erasure) AS k (before, after, erasure_before, erasure_after)
        WHERE (k.after IS DISTINCT FROM k.before OR k.erasure_after IS DISTINCT FROM k.erasure_before)
            AND NOT (k.before IS NOT NULL AND k.after IS NULL AND mentord.erasing(k.erasure_after))
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD003',
            MESSAGE = 'UPDATE on mentord.citizen_key is refused: a key is only destroyed by an erasure or wrapped anew';
    END IF;
    RETURN NEW;
END
$$;

-- For each statement as before, unless this transaction records an erasure; then each row is looked at.
CREATE FUNCTION mentord.refuse_unless_erasing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mentord.erasure e WHERE e.transaction = pg_current_xact_id_if_assigned()) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD003',
            MESSAGE = format('%s on mentord.%s is refused: what is stored there is never changed', TG_OP, TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER never_changed ON mentord.decision;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON mentord.decision
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON mentord.decision
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_unless_erasing();
CREATE TRIGGER only_emptied BEFORE UPDATE ON mentord.decision
    FOR EACH ROW EXECUTE FUNCTION mentord.only_emptied();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON mentord.citizen_key
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER only_destroyed BEFORE UPDATE ON mentord.citizen_key
    FOR EACH ROW EXECUTE FUNCTION mentord.only_destroyed();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.master_key
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.rekeyed
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();

-- Of a refused record what came in: emptied, by an erasure that the same transaction records. How it is closed is another matter:
-- those columns are left out of the trigger, so that a closing costs nothing.
CREATE FUNCTION mentord.only_emptied_refusal() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    kept mentord.quarantine := OLD;
BEGIN
    kept.headers := ''::bytea;
    kept.value := CASE WHEN OLD.value IS NOT NULL THEN ''::bytea END;
    kept.key := CASE WHEN NEW.key IS NOT NULL THEN OLD.key END;
    kept.erasure := NEW.erasure;
    IF OLD.erasure IS NOT NULL OR NEW IS DISTINCT FROM kept OR NOT mentord.erasing(NEW.erasure) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD003',
            MESSAGE = 'UPDATE on mentord.quarantine is refused: what came in is never changed, only emptied by an erasure';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_emptied BEFORE UPDATE OF progress_id, source_offset, batch, at_ms, redrives, status, arms, reason, citizen_ref, key,
    value, headers, key_id, erasure, value_sha256 ON mentord.quarantine
    FOR EACH ROW EXECUTE FUNCTION mentord.only_emptied_refusal();

-- Empties refused records. MD004 when one of them is still to be sent: the DLQ record is promised with its bytes.
CREATE FUNCTION mentord.empty_refusals(erasure_ bigint, progress_ids bigint[], offsets bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(progress_ids, offsets) AS r (progress_id, source_offset)
               JOIN mentord.progress p ON p.id = r.progress_id
               WHERE r.source_offset >= p.emitted_offset) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD004', MESSAGE = 'a refused record is still on its way to the DLQ';
    END IF;
    UPDATE mentord.quarantine q
    SET headers = '', value = CASE WHEN q.value IS NOT NULL THEN ''::bytea END, erasure = erasure_,
        key = CASE WHEN q.state = 'open' THEN q.key END -- an open row still arms Q01 by it
    FROM unnest(progress_ids, offsets) AS r (progress_id, source_offset)
    WHERE q.progress_id = r.progress_id AND q.source_offset = r.source_offset;
END
$$;

/*
 * Destroys what can read a citizen's payloads: the data key; and empties those that were stored before there was a master
 * key. Locks in the worker's order (quarantine, citizen). erasure null: nothing was left to erase.
 */
CREATE FUNCTION mentord.erase_citizen(ref bytea, why_ text)
RETURNS TABLE (erasure bigint, known boolean, sealed bigint, plain bigint, refused bigint, open_refused bigint)
LANGUAGE plpgsql AS $$
DECLARE
    key_ bigint;
    progress_ids bigint[];
    offsets bigint[];
BEGIN
    PERFORM FROM mentord.quarantine q
        WHERE (q.citizen_ref = ref OR q.key_id = (SELECT c.key_id FROM mentord.citizen c WHERE c.ref = erase_citizen.ref))
        ORDER BY q.progress_id, q.source_offset FOR UPDATE;
    SELECT c.key_id INTO key_ FROM mentord.citizen c WHERE c.ref = erase_citizen.ref FOR UPDATE;
    known := FOUND;
    SELECT count(*) FILTER (WHERE d.key_id = key_), count(*) FILTER (WHERE d.key_id IS NULL AND d.erasure IS NULL)
        INTO sealed, plain FROM mentord.decision d WHERE d.citizen_ref = ref AND d.erasure IS NULL;
    SELECT array_agg(q.progress_id), array_agg(q.source_offset), count(*), count(*) FILTER (WHERE q.state = 'open')
        INTO progress_ids, offsets, refused, open_refused FROM mentord.quarantine q
        WHERE q.erasure IS NULL AND (q.key_id = key_ OR q.key_id IS NULL AND q.citizen_ref = ref);
    IF key_ IS NOT NULL OR plain > 0 OR refused > 0 THEN
        INSERT INTO mentord.erasure (citizen_ref, why) VALUES (ref, why_) RETURNING id INTO erasure;
        UPDATE mentord.citizen c SET key_id = NULL WHERE c.ref = erase_citizen.ref AND c.key_id IS NOT NULL;
        DELETE FROM mentord.citizen c -- a row that says nothing goes, else it is never inserted again (0001_tables.sql)
            WHERE c.ref = erase_citizen.ref AND c.seq = 0 AND c.armed = 0 AND c.key_id IS NULL;
        UPDATE mentord.citizen_key k
            SET wrapped[(key_ & 31)::integer + 1] = NULL,
                erasure = (SELECT array_agg(CASE WHEN p.n = (key_ & 31) + 1 THEN erase_citizen.erasure ELSE k.erasure[p.n] END ORDER BY p.n)
                           FROM generate_series(1, cardinality(k.wrapped)) AS p (n))
            WHERE k.id = key_ >> 5;
        PERFORM mentord.empty_refusals(erasure, progress_ids, offsets);
        IF plain > 0 THEN
            UPDATE mentord.decision d SET headers = '', input = '', erasure = erase_citizen.erasure
            WHERE d.citizen_ref = ref AND d.key_id IS NULL AND d.erasure IS NULL;
        END IF;
    END IF;
    RETURN NEXT;
END
$$;

/*
 * Empties payloads of decisions made before a moment, and of refused records that were closed. A decision whose granted
 * period had not ended by then stays: the case lives. erasure null: there were none.
 */
CREATE FUNCTION mentord.retire_payloads(before_ timestamptz, why_ text)
RETURNS TABLE (erasure bigint, decisions bigint, refused bigint)
LANGUAGE plpgsql AS $$
DECLARE
    before_ms bigint := floor(extract(epoch FROM before_) * 1000);
    progress_ids bigint[];
    offsets bigint[];
BEGIN
    SELECT array_agg(q.progress_id), array_agg(q.source_offset), count(*) INTO progress_ids, offsets, refused
        FROM mentord.quarantine q JOIN mentord.progress p ON p.id = q.progress_id
        WHERE q.state <> 'open' AND q.erasure IS NULL AND q.at_ms < before_ms AND q.source_offset < p.emitted_offset;
    INSERT INTO mentord.erasure (decided_before, why) VALUES (before_, why_) RETURNING id INTO erasure;
    UPDATE mentord.decision d SET headers = '', input = '', erasure = retire_payloads.erasure
        WHERE d.evaluated_at_ms < before_ms AND d.erasure IS NULL
            AND (d.end_date IS NULL OR d.end_date < (before_ AT TIME ZONE 'Europe/Copenhagen')::date);
    GET DIAGNOSTICS decisions = ROW_COUNT;
    PERFORM mentord.empty_refusals(erasure, progress_ids, offsets);
    RETURN NEXT;
END
$$;

REVOKE EXECUTE ON FUNCTION mentord.erase_citizen(bytea, text), mentord.retire_payloads(timestamptz, text),
    mentord.empty_refusals(bigint, bigint[], bigint[]) FROM PUBLIC;
GRANT SELECT ON mentord.erasure, mentord.citizen_key, mentord.master_key, mentord.rekeyed TO mentord_worker, mentord_reader;
GRANT INSERT (id, citizen_ref, wrapped, master) ON mentord.citizen_key TO mentord_worker;
GRANT INSERT (fingerprint) ON mentord.master_key TO mentord_worker;
