-- How a member came in: 0 added by somebody whom it has written to, and whoever was in before this was kept; 1 made the group; 2 added by a stranger.
ALTER TABLE groups_members ADD COLUMN joining INTEGER NOT NULL DEFAULT 0;

-- How many groups a user is in by each way is counted here, where groups_users says that they are many.
CREATE INDEX groups_members_by_joining ON groups_members (user_id, joining);
