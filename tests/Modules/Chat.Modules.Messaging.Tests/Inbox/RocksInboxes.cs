using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Messaging.Tests.Inbox;

internal static class RocksInboxes
{
    private static readonly TestMeters Meters = new();

    /// <summary>An inbox that stores what it has only when it is told to.</summary>
    public static RocksInbox Open(RocksMessageLog log) => new(
        log, Options.Create(new MessagingOptions()), Meters, new FakeTimeProvider(), NullLogger<RocksInbox>.Instance);
}
