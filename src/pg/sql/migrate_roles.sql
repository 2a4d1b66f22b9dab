-- Per role: whether it exists, and whether this user may act as it. And of this user: whether it may make roles, and whether
-- the schema exists or may be made.
SELECT r.name, EXISTS (SELECT FROM pg_roles p WHERE p.rolname = r.name),
    coalesce((SELECT pg_has_role(current_user, p.oid, 'MEMBER') FROM pg_roles p WHERE p.rolname = r.name), false),
    (SELECT u.rolsuper OR u.rolcreaterole FROM pg_roles u WHERE u.rolname = current_user),
    to_regnamespace('mentord') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE')
FROM (VALUES (1, 'mentord_owner'), (2, 'mentord_worker'), (3, 'mentord_reader')) AS r (place, name)
ORDER BY r.place;
