-- Times are Unix milliseconds.

CREATE TABLE identity_accounts (
  user_id       TEXT PRIMARY KEY,
  password_hash TEXT NOT NULL,          -- ASP.NET Core Identity's version 3: names its own function and iterations
  created_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The devices a user is shown; a revoked one is gone from here.
CREATE TABLE identity_devices (
  user_id    TEXT NOT NULL,
  device_id  TEXT NOT NULL,
  name       TEXT,
  created_ms INTEGER NOT NULL,
  issued_ms  INTEGER NOT NULL,          -- of its newest access token; never falls
  PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- Access tokens of the device issued up to revoked_ms are void; swept when the last of them has expired anyway.
CREATE TABLE identity_revocations (
  user_id    TEXT NOT NULL,
  device_id  TEXT NOT NULL,
  revoked_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- One row a login: the family's current refresh token. The family's name is part of the token, so that any older token is known
-- for what it is without being kept.
CREATE TABLE identity_refresh_families (
  family_id  BLOB PRIMARY KEY,
  user_id    TEXT NOT NULL,
  device_id  TEXT NOT NULL,
  token_hash BLOB NOT NULL,             -- SHA-256
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_refresh_families_device ON identity_refresh_families (user_id, device_id, expires_ms);
CREATE INDEX identity_refresh_families_expiry ON identity_refresh_families (expires_ms);
