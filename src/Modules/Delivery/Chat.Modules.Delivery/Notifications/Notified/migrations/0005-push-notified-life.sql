-- When each place was saved: it is deleted 90 days after that, by those that are saved. What was there before counts as saved now.
ALTER TABLE delivery_push_notified ADD COLUMN saved_ms INTEGER NOT NULL DEFAULT 0; -- Unix ms
UPDATE delivery_push_notified SET saved_ms = unixepoch() * 1000;
CREATE INDEX delivery_push_notified_saved ON delivery_push_notified (saved_ms);
