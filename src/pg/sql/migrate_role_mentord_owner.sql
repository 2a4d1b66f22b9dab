CREATE ROLE mentord_owner NOLOGIN;
