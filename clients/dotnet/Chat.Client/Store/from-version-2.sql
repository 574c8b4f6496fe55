-- An outbox entry may wait for its files, which version 2 would send without them.
PRAGMA user_version = 3;
