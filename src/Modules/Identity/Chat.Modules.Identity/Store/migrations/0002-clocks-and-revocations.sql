-- Devices whose tokens are void, and which not every module has forgotten yet. Empty but while a revocation is under way, or after one that
-- could not be finished.
CREATE TABLE identity_half_revoked (
  user_id   TEXT NOT NULL,
  device_id TEXT NOT NULL,
  PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- When the device last got a token, by the server's clock. issued_ms is no longer that: it orders tokens and revocations, and where the clock was
-- ahead once it stays ahead.
ALTER TABLE identity_devices ADD COLUMN used_ms INTEGER;

-- Ids that look alike, see LookAlike: not unique, as accounts of before may.
CREATE INDEX identity_accounts_folded ON identity_accounts (lower(rtrim(user_id, '.')));
