SET LOCAL ROLE mentord_owner;
