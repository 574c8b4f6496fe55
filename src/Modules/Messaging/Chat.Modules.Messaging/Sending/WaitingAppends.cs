using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Queues;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// The appends that wait for the log: so many, so many bytes, and each of them for so long. Then the sender is told that the log is unavailable;
/// an append that has begun goes on all the same, and is told to the devices when the log has it. While the oldest is overdue this server is not ready.
/// </summary>
internal sealed class WaitingAppends : IStoreHealth
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly IMessageLog _log;
    private readonly FirstAnswers _answers;
    private readonly RaisedAppends _raised;
    private readonly WaitingWork _waiting;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private readonly ILogger<WaitingAppends> _logger;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _overdue;
    private int _stalled;

    public WaitingAppends(
        IMessageLog log, FirstAnswers answers, RaisedAppends raised, IOptions<MessagingOptions> options, IMeterFactory meters, TimeProvider clock, ILogger<WaitingAppends> logger)
    {
        (_log, _answers, _raised, _clock, _logger) = (log, answers, raised, clock, logger);
        _timeout = TimeSpan.FromMilliseconds(options.Value.AppendTimeoutMs);
        _waiting = new WaitingWork(options.Value.MaxWaitingAppends, options.Value.MaxWaitingAppendBytes, clock);
        var meter = meters.Create("Chat");
        meter.CreateObservableGauge("chat.log.waiting", () => _waiting.Count, description: "Appends that wait for the log.");
        meter.CreateObservableGauge("chat.log.waiting_bytes", () => _waiting.Bytes, "By", "What they take, about.");
        meter.CreateObservableGauge("chat.log.oldest_wait", () => _waiting.OldestWait.TotalSeconds, "s", "How long the oldest of them has waited.");
        _refused = meter.CreateCounter<long>("chat.log.refused", description: "Appends refused as too many waited.");
        _overdue = meter.CreateCounter<long>("chat.log.overdue", description: "Appends whose senders were told that the log did not answer in time.");
    }

    /// <summary>Appends, and tells the devices. Refusal: <c>unavailable</c>, after which the same ClientMsgId may be sent again.</summary>
    /// <exception cref="StoreUnavailableException">See <see cref="IMessageLog.AppendAsync"/>.</exception>
    public async Task<Result<AppendedMessage>> AppendAsync(MessageDraft draft)
    {
        if (_waiting.TryEnter(BytesOf(draft)) is not { } place)
        {
            _refused.Add(1);
            return new Error(ErrorCodes.Unavailable, "Too many messages wait to be stored; try again.", RetryPause);
        }
        var appending = AppendAndTellAsync(draft, place);
        try
        {
            return await appending.WaitAsync(_timeout, _clock);
        }
        catch (TimeoutException)
        {
            _overdue.Add(1);
            if (Interlocked.Exchange(ref _stalled, 1) == 0)
                _logger.LogStalled(_timeout);
            return new Error(
                ErrorCodes.Unavailable, "The message is not stored yet, and may be later; the same again, with its clientMsgId, is safe.", RetryPause);
        }
    }

    /// <summary>Of the log's writers: its readers have a probe of their own.</summary>
    public Task ProbeAsync(CancellationToken ct) => _waiting.OldestWait is var wait && wait > _timeout
        ? throw new StoreUnavailableException($"An append has waited for {wait.TotalSeconds:N0} s.")
        : Task.CompletedTask;

    private async Task<AppendedMessage> AppendAndTellAsync(MessageDraft draft, IDisposable place)
    {
        var begun = _raised.Begin();
        try
        {
            AppendedMessage appended;
            using (place)
                appended = await _log.AppendAsync(draft, CancellationToken.None);
            if (_stalled != 0 && _waiting.OldestWait < _timeout && Interlocked.Exchange(ref _stalled, 0) == 1)
                _logger.LogAnswersAgain();
            await _answers.TellAsync(appended);
            return appended;
        }
        finally
        {
            _raised.End(begun);
        }
    }

    // The content in memory and as it is written, and a kilobyte for all else.
    private static long BytesOf(MessageDraft draft) => 1_024 + 2L * ContentCodec.SizeOf(draft.Content);
}
