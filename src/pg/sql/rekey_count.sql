-- $1 a master key. How many data keys are not wrapped with it.
SELECT count(*) FROM mentord.citizen_key k WHERE k.master <> $1::bigint AND k.wrapped IS NOT NULL;
