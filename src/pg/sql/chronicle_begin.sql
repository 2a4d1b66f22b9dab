-- One moment for everything that is read: no statement of this transaction sees a later one, and none is ended for its length.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
