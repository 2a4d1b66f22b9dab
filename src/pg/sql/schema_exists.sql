SELECT to_regclass('mentord.schema_version') IS NOT NULL;
