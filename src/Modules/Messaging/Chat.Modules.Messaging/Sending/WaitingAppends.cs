using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Limits the appends that wait for the log, in number, bytes and time. Beyond a limit the sender is told that the log is unavailable.
/// An append that has begun continues, and its message is sent to the devices when it is in the log. While the oldest is overdue, this server is not ready.
/// </summary>
internal sealed class WaitingAppends : IStoreHealth, IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly IMessageLog _log;
    private readonly AppendedPublisher _publisher;
    private readonly AppendsUnderWay _underWay;
    private readonly IConversationHomes _homes;
    private readonly Func<MessageDraft, Task<Result<SentMessage>>> _here;
    private readonly TimeSpan _timeout;
    private readonly MessagingMetrics _metrics;
    private readonly ILogger<WaitingAppends> _logger;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _overdue;

    // One timer for all: most appends are answered long before.
    private readonly ITimer _watch;
    private int _stalled;

    public WaitingAppends(
        IMessageLog log, AppendedPublisher publisher, AppendsUnderWay underWay, IConversationHomes homes, IOptions<MessagingOptions> options, MessagingMetrics metrics, IMeterFactory meters,
        TimeProvider clock, ILogger<WaitingAppends> logger)
    {
        (_log, _publisher, _underWay, _homes, _here, _metrics, _logger) = (log, publisher, underWay, homes, AppendHereAsync, metrics, logger);
        _timeout = TimeSpan.FromMilliseconds(options.Value.AppendTimeoutMs);
        _watch = clock.CreateTimer(static appends => ((WaitingAppends)appends!).AnswerOverdue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var meter = meters.Create("Chat");
        meter.CreateObservableGauge("chat.log.waiting", () => underWay.Count, description: "Appends that wait for the log.");
        meter.CreateObservableGauge("chat.log.waiting_bytes", () => underWay.Bytes, "By", "What they take, about.");
        meter.CreateObservableGauge("chat.log.oldest_wait", () => underWay.OldestWait.TotalSeconds, "s", "How long the oldest of them has waited.");
        _refused = meter.CreateCounter<long>("chat.log.refused", description: "Appends refused because too many waited.");
        _overdue = meter.CreateCounter<long>("chat.log.overdue", description: "Appends whose senders were told that the log did not answer in time.");
    }

    /// <summary>What a device sends is appended in its order, messages and changes alike.</summary>
    public SendTurns Turns { get; } = new();

    /// <summary>
    /// Appends, and raises the event. Refusals: <c>unavailable</c>, after which the same ClientMsgId may be sent again; of a change what its judge says
    /// (<see cref="IMessageChanges.AppendChangeAsync"/>).
    /// </summary>
    /// <param name="started">When the sender began to wait, by <see cref="MessagingMetrics.Start"/>.</param>
    /// <exception cref="StoreUnavailableException">See <see cref="IMessageLog.AppendAsync"/>.</exception>
    public Task<Result<SentMessage>> AppendAsync(MessageDraft draft, long started)
    {
        if (TryBegin(draft, started) is { } append)
            return append;
        _refused.Add(1);
        return Task.FromResult<Result<SentMessage>>(new Error(ErrorCodes.Unavailable, "Too many messages wait to be stored; try again.", RetryPause));
    }

    /// <summary>As <see cref="AppendAsync"/>, on this server, for another one, where the sender's command is counted.</summary>
    /// <returns>Null where too many wait: it has not begun.</returns>
    public Task<Result<SentMessage>>? TryAppendHanded(MessageDraft draft) => TryBegin(draft, started: null);

    private Task<Result<SentMessage>>? TryBegin(MessageDraft draft, long? started)
    {
        if (_underWay.TryBegin(draft, out var watch) is not { } append)
            return null;
        if (watch)
            _watch.Change(_timeout, Timeout.InfiniteTimeSpan);
        _ = RunAsync(append, started);
        return append.Task;
    }

    /// <summary>Probes the log's writing; its reading has another probe.</summary>
    public Task ProbeAsync(CancellationToken ct) => _underWay.OldestWait is var wait && wait > _timeout
        ? throw new StoreUnavailableException($"An append has waited for {wait.TotalSeconds:N0} s.")
        : Task.CompletedTask;

    public void Dispose() => _watch.Dispose();

    private async Task RunAsync(PendingAppend append, long? started)
    {
        Result<SentMessage> answer = default;
        Exception? failure = null;
        try
        {
            answer = await (started is null ? _here(append.Draft) : _homes.AppendAsync(append.Draft, _here));
        }
        catch (Exception e)
        {
            failure = e;
        }
        // Before the answer, so that there is room for the sender's next message.
        _underWay.End(append);
        if (failure is not null)
        {
            append.TrySetException(failure);
            return;
        }
        if (_stalled != 0 && _underWay.OldestWait < _timeout && Interlocked.Exchange(ref _stalled, 0) == 1)
            _logger.LogAnswersAgain();
        if (started is { } commanded && answer.IsOk)
            _metrics.Accepted(commanded, answer.Value.Duplicate);
        append.TrySetResult(answer);
    }

    private async Task<Result<SentMessage>> AppendHereAsync(MessageDraft draft)
    {
        AppendedMessage appended;
        if (!draft.Content.IsJudged)
        {
            appended = await _log.AppendAsync(draft, CancellationToken.None);
        }
        else
        {
            var judged = await _log.AppendChangeAsync(draft, CancellationToken.None);
            if (!judged.IsOk)
                return judged.Error;
            appended = judged.Value;
        }
        await _publisher.PublishOnceAsync(appended);
        return appended.ToSent();
    }

    private void AnswerOverdue()
    {
        var overdue = new List<PendingAppend>();
        if (_underWay.TakeOverdue(overdue) is { } next)
            _watch.Change(next, Timeout.InfiniteTimeSpan);
        if (overdue.Count > 0 && Interlocked.Exchange(ref _stalled, 1) == 0)
            _logger.LogStalled(_timeout);
        foreach (var append in overdue)
        {
            var isTold = append.TrySetResult(new Error(
                ErrorCodes.Unavailable, "The message is not stored yet, and may be later; the same again, with its clientMsgId, is safe.", RetryPause));
            _overdue.Add(isTold ? 1 : 0);
        }
    }
}
