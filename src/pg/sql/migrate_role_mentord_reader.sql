CREATE ROLE mentord_reader LOGIN;
