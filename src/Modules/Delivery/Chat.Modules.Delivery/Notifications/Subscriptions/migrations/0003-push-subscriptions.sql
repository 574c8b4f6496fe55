-- Where devices get their push notifications. Read by users (when a message is to be told), and by device. One row a device that subscribed,
-- Push:MaxSubscriptions a user at most; overwritten in place.
CREATE TABLE delivery_push_subscriptions (
    user_id         TEXT    NOT NULL,
    device_id       TEXT    NOT NULL,
    subscription_id TEXT    NOT NULL,
    kind            INTEGER NOT NULL, -- PushKind
    address         TEXT    NOT NULL, -- the endpoint or the token
    p256dh          TEXT,
    auth            TEXT,
    topic           TEXT,
    sandbox         INTEGER NOT NULL, -- 0 or 1
    content         INTEGER NOT NULL, -- PushContent
    created_ms      INTEGER NOT NULL, -- Unix ms
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- An address belongs to one device.
CREATE UNIQUE INDEX delivery_push_addresses ON delivery_push_subscriptions (kind, address);
