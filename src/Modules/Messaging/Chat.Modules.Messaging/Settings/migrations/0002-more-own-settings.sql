ALTER TABLE messaging_own_settings ADD COLUMN archived_below INTEGER;   -- a seqNo: archived while the newest message is below it; 0: not archived
ALTER TABLE messaging_own_settings ADD COLUMN pinned         INTEGER;   -- 1, or 0
ALTER TABLE messaging_own_settings ADD COLUMN unread_below   INTEGER;   -- a seqNo: marked as unread until the user has read up to it; 0: not marked
ALTER TABLE messaging_own_settings ADD COLUMN cleared_up_to  INTEGER;   -- a seqNo: the user is not shown what stands up to it; never moves back
ALTER TABLE messaging_own_settings ADD COLUMN draft          TEXT;      -- empty: none

-- What a user has archived or cleared, without reading drafts.
CREATE INDEX messaging_hidden ON messaging_own_settings (user_id, conversation_id, archived_below, cleared_up_to)
    WHERE archived_below > 0 OR cleared_up_to > 0;
