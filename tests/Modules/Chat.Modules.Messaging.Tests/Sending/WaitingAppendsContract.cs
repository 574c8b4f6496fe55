using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

/// <summary>A store that holds all writes until it is let go.</summary>
public abstract class WaitingAppendsContract : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TestMeters _meters = new();
    private readonly FakeMediator _mediator = new();
    private IMessageLog _log = null!;
    private WaitingAppends _appends = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _log = await OpenAsync();
        var options = new MessagingOptions { AppendTimeoutMs = 10_000, MaxWaitingAppends = 4, MaxWaitingAppendBytes = 65_536 };
        _appends = Appends.To(_log, new AppendedPublisher(_mediator), _meters, _clock, options);
    }

    public virtual ValueTask DisposeAsync()
    {
        _meters.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_append_that_waits_too_long_is_unavailable_and_the_server_not_ready_until_the_store_answers()
    {
        Hold();
        var append = AppendAsync("1");
        await _appends.ProbeAsync(Ct);

        _clock.Advance(TimeSpan.FromSeconds(11));

        var error = (await append).Error!;
        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _appends.ProbeAsync(Ct));
        // One watch looks for all of them.
        var later = AppendAsync("2");
        _clock.Advance(TimeSpan.FromSeconds(5));
        var latest = AppendAsync("3");
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(ErrorCodes.Unavailable, (await later).Error!.Code);
        Assert.False(latest.IsCompleted);

        LetGo();
        Assert.True((await latest).IsOk);
        await Wait.UntilAsync(async () => await IsReadyAsync(), "readiness");
    }

    [Fact]
    public async Task What_was_unavailable_and_is_stored_later_is_told_and_is_the_answer_to_its_retry()
    {
        Hold();
        var append = AppendAsync("1");
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.False((await append).IsOk);
        var meanwhile = AppendAsync("1");

        LetGo();
        await Wait.UntilAsync(() => _mediator.Published.Count == 1, "the event");

        var again = (await AppendAsync("1")).Value;
        Assert.True(again.Duplicate);
        Assert.Equal(again.Id, (await meanwhile).Value.Id);
        Assert.Equal(again.Id, Assert.Single(_mediator.Published.Cast<MessageAppended>()).Message.Id);
        Assert.Equal(again.Id, Assert.Single(await _log.ReadAfterAsync(Team, SeqNo.None, 10, Ct)).Id);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_at_once_and_stored_when_there_is_room()
    {
        Hold();
        var waiting = Enumerable.Range(1, 4).Select(n => AppendAsync($"{n}")).ToList();

        var error = (await AppendAsync("5")).Error!;

        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
        LetGo();
        Assert.All(await Task.WhenAll(waiting), appended => Assert.False(appended.Value.Duplicate));
        Assert.Equal(5, (await AppendAsync("5")).Value.SeqNo.Value);
    }

    [Fact]
    public async Task Larger_ones_than_may_wait_together_are_refused_at_once()
    {
        Hold();
        var waiting = AppendAsync("1", new string('x', 16_384));

        Assert.Equal(ErrorCodes.Unavailable, (await AppendAsync("2", new string('x', 16_384))).Error!.Code);

        var small = AppendAsync("3");
        LetGo();
        Assert.True((await waiting).IsOk);
        Assert.True((await small).IsOk);
        Assert.True((await AppendAsync("2", new string('x', 16_384))).IsOk);
    }

    private protected abstract Task<IMessageLog> OpenAsync();

    private protected abstract void Hold();

    private protected abstract void LetGo();

    private Task<Result<SentMessage>> AppendAsync(string clientMsgId, string text = "hello") =>
        _appends.AppendAsync(Draft(Team, Alice, clientMsgId, text));

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            await _appends.ProbeAsync(Ct);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}

/// <summary>The embedded log, whose disk holds the syncs.</summary>
public sealed class WaitingAppendsEmbeddedTests : WaitingAppendsContract
{
    private readonly ManualResetEventSlim _disk = new(true);
    private readonly TemporaryLog _log;

    public WaitingAppendsEmbeddedTests() => _log = new TemporaryLog(write: write =>
    {
        _disk.Wait();
        write();
    });

    public override async ValueTask DisposeAsync()
    {
        LetGo();
        _log.Dispose();
        _disk.Dispose();
        await base.DisposeAsync();
    }

    private protected override Task<IMessageLog> OpenAsync() => Task.FromResult<IMessageLog>(_log.Log);

    private protected override void Hold() => _disk.Reset();

    private protected override void LetGo() => _disk.Set();
}

/// <summary>The clustered log, whose database holds the requests.</summary>
public sealed class WaitingAppendsCqlTests(CassandraServer server) : WaitingAppendsContract, IClassFixture<CassandraServer>
{
    private volatile TaskCompletionSource _database = Answering();
    private CqlMessageLog? _log;

    public override async ValueTask DisposeAsync()
    {
        LetGo();
        if (_log is not null)
            await _log.DisposeAsync();
        await base.DisposeAsync();
    }

    private protected override async Task<IMessageLog> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        ICqlSession session = new FaultyCqlSession(await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct), async _ =>
        {
            await _database.Task;
            return CqlFault.None;
        });
        _log = ClusterLogs.Of(session);
        await _log.OpenAsync(Ct);
        return _log;
    }

    private protected override void Hold() => _database = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected override void LetGo() => _database.TrySetResult();

    private static TaskCompletionSource Answering()
    {
        var answering = new TaskCompletionSource();
        answering.SetResult();
        return answering;
    }
}
