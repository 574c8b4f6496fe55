using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>What is over, by time: reading it costs what has come to be over since the last time, however much is in the log.</summary>
internal interface IExpiries
{
    /// <summary>
    /// The places of messages that are over, at most <paramref name="limit"/> at a time, and perhaps of some that are not there, or not over: who is given them looks at the messages. They are
    /// forgotten when the next are asked for, so that what a run has not finished comes again. Several may read at once.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<MessageLocation>> ReadOverAsync(int limit, CancellationToken ct);
}
