-- $1 a master key. How many data keys are not wrapped with it.
SELECT count(*) FROM mentord.citizen_key k, unnest(k.wrapped) AS w (one) WHERE k.master <> $1::bigint AND w.one IS NOT NULL;
