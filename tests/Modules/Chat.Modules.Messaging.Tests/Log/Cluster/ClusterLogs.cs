using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>Logs of one server each.</summary>
internal static class ClusterLogs
{
    public static CqlMessageLog Of(ICqlSession session, TimeProvider? tablesClock = null, TimeProvider? clock = null) =>
        Of(session, Touches(session, clock), tablesClock, clock);

    public static CqlMessageLog Of(ICqlSession session, TouchWriter touches, TimeProvider? tablesClock = null, TimeProvider? clock = null, Expiry? expiry = null) => new(
        new CqlLogTables(session, tablesClock ?? TimeProvider.System), touches, ClusterTimes.Default, new SharedConversations(TimeProvider.System), clock ?? TimeProvider.System,
        new ActivityClock(NullLogger<ActivityClock>.Instance), expiry: expiry);

    public static TouchWriter Touches(ICqlSession session, TimeProvider? clock = null) => new(
        new CqlFeedTables(session, TimeProvider.System), new CqlInboxTables(session, ClusterTimes.Default, TimeProvider.System), ClusterTimes.Default,
        clock ?? TimeProvider.System, Random.Shared);

    public static CqlMessageLog Of(VirtualTables tables, TouchWriter touches, TimeProvider clock, Random random) => new(
        tables, touches, ClusterTimes.Default, new SharedConversations(clock), clock, new ActivityClock(NullLogger<ActivityClock>.Instance), random);

    public static CqlMessageLog Of(
        VirtualTables tables, TimeProvider clock, Random random, ClusterTimes? times = null, SharedConversations? shared = null, ChangeLimits? limits = null) => new(
        tables, new TouchWriter(tables, tables, times ?? ClusterTimes.Default, clock, random), times ?? ClusterTimes.Default,
        shared ?? new SharedConversations(clock), clock, new ActivityClock(NullLogger<ActivityClock>.Instance), random, limits);
}
