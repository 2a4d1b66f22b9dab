CREATE ROLE mentord_worker LOGIN;
