-- $1 application id. Its state says where its decisions are.
SELECT a.state FROM mentord.application a WHERE a.id = $1::uuid;
