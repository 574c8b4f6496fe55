using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>What the files of the embedded log still have of an erased text.</summary>
public sealed class RocksErasureTests : IDisposable
{
    private readonly TemporaryLog _log = new();

    // Not to be compressed, so that it can be found.
    private readonly string _secret = RandomNumberGenerator.GetHexString(200);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData("in the write-ahead log", false, false)]
    [InlineData("in a table", true, false)]
    [InlineData("in a table, with a restart between", true, true)]
    [InlineData("in the write-ahead log, with a restart between", false, true)]
    public async Task After_a_sweep_an_erased_text_is_in_no_file(string where, bool inTable, bool restarts)
    {
        await FillAsync("before");
        var message = (await _log.Log.AppendAsync(Draft(AliceAndBob, Alice, "secret", _secret), Ct)).Message;
        await FillAsync("after");
        if (inTable)
            _log.Close(); // opening moves the write-ahead log into tables
        Assert.True(await _log.Log.GetHeadAsync(AliceAndBob, Ct) > message.SeqNo && IsOnDisk(), where);

        await _log.Log.EraseContentAsync(AliceAndBob, message.SeqNo, Ct);
        if (restarts)
            _log.Close();

        Assert.Equal(1, _log.Log.Erasure.Sweep());
        await Wait.UntilAsync(() => !IsOnDisk(), $"the text to leave the files: {where}");
        Assert.Equal(0, _log.Log.Erasure.Sweep());
        Assert.Equal(MessageContent.Erased, (await _log.Log.FindAttemptAsync(Alice, "secret", Ct))!.Content);
        Assert.Equal(61, (await _log.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 100, Ct)).Count);
    }

    [Theory]
    [InlineData("first text", false)]
    [InlineData("first text", true)]
    [InlineData("earlier edit", true)]
    [InlineData("newest edit", false)]
    [InlineData("newest edit", true)]
    [InlineData("emoji", true)]
    public async Task After_a_sweep_what_a_deleted_message_said_is_in_no_file(string which, bool restarts)
    {
        await FillAsync("before");
        var message = (await _log.Log.AppendAsync(Draft(AliceAndBob, Alice, "secret", which == "first text" ? _secret : "hello"), Ct)).Message;
        await _log.Log.AppendChangeAsync(message.Edit(Alice, "edit", which == "earlier edit" ? _secret : "edit"), Ct);
        if (restarts)
            _log.Close();
        await _log.Log.AppendChangeAsync(message.Edit(Alice, "again", which == "newest edit" ? _secret : "again"), Ct);
        var reaction = (await _log.Log.AppendChangeAsync(message.React(Bob, "on", which == "emoji" ? _secret : "👍"), Ct)).Value.Message;
        await FillAsync("after");
        if (restarts)
            _log.Close();
        Assert.True(await _log.Log.GetHeadAsync(AliceAndBob, Ct) > message.SeqNo && IsOnDisk());

        Assert.True((await _log.Log.AppendChangeAsync(message.Delete(Alice, "delete"), Ct)).IsOk);
        if (restarts)
            _log.Close();

        _log.Log.Erasure.Sweep();
        await Wait.UntilAsync(() => !IsOnDisk(), $"the text to leave the files: {which}");
        Assert.Equal(0, _log.Log.Erasure.Sweep());
        var read = await _log.Log.ReadAtAsync(AliceAndBob, [message.SeqNo, reaction.SeqNo], Ct);
        Assert.NotNull(read[0]!.State!.Deletion);
        Assert.Equal(MessageKind.Erased, read[1]!.Content.Kind);
    }

    [Fact]
    public async Task The_reactions_on_one_deleted_message_are_erased_and_those_on_others_stay()
    {
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < 3; n++)
            messages.Add((await _log.Log.AppendAsync(Draft(AliceAndBob, Alice, $"{n}"), Ct)).Message);
        await Task.WhenAll(messages.SelectMany(message => Enumerable.Range(0, 1_100).Select(n =>
            _log.Log.AppendChangeAsync(message.React(UserId.Parse($"user{n}"), $"{message.SeqNo}", "👍"), Ct))));
        await _log.Log.AppendChangeAsync(messages[1].Delete(Alice, "delete"), Ct);

        _log.Log.Erasure.Sweep();

        var read = await _log.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 10_000, Ct);
        Assert.Equal((1_100, 2_200), (read.Count(IsErasedReaction), read.Count(entry => entry.Content.Kind == MessageKind.Reaction)));
        Assert.DoesNotContain(read, entry => entry.Content.Change?.Target.SeqNo == messages[1].SeqNo && entry.Content.Kind == MessageKind.Reaction);
        Assert.Equal([1_100, 1_100], read.Where(entry => entry.State is { Reactions.Count: > 0 }).Select(entry => entry.State!.Reactions[0].Count));

        static bool IsErasedReaction(LoggedMessage entry) => entry.Content is { Kind: MessageKind.Erased, PreviousMessage: not null };
    }

    [Fact]
    public async Task The_sweep_keeps_the_stated_time()
    {
        var clock = new FakeTimeProvider();
        var options = Options.Create(new MessagingOptions { EraseWithinMs = 60_000 });
        using var sweep = new ErasureSweep(_log.Log, options, clock, NullLogger<ErasureSweep>.Instance);
        await sweep.StartAsync(Ct);
        await EraseAsync();
        Assert.True(IsOnDisk());

        await Wait.UntilAsync(
            () =>
            {
                // The first sweep may not have asked for the clock yet.
                clock.Advance(TimeSpan.FromMinutes(1));
                return !IsOnDisk();
            }, "the text to leave the files");
        await sweep.StopAsync(Ct);
    }

    // As a restart before the sweep's time would otherwise put it off each time.
    [Fact]
    public async Task What_was_left_at_the_servers_end_is_swept_at_its_start()
    {
        await EraseAsync();
        _log.Close();

        using var sweep = new ErasureSweep(_log.Log, Options.Create(new MessagingOptions()), new FakeTimeProvider(), NullLogger<ErasureSweep>.Instance);
        await sweep.StartAsync(Ct);

        await Wait.UntilAsync(() => !IsOnDisk(), "the text to leave the files");
        await sweep.StopAsync(Ct);
    }

    [Fact]
    public async Task Many_erased_contents_leave_together_and_the_others_stay()
    {
        await Task.WhenAll(Enumerable.Range(0, 400).Select(n => _log.Log.AppendAsync(Draft(n % 2 == 0 ? AliceAndBob : Team, Alice, $"{n}", $"{_secret} {n}"), Ct)));
        _log.Close();
        for (var n = 1; n <= 200; n++)
            await _log.Log.EraseContentAsync(AliceAndBob, new SeqNo(n), Ct);

        Assert.Equal(200, _log.Log.Erasure.Sweep());

        Assert.All(await _log.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 1_000, Ct), message => Assert.Equal(MessageContent.Erased, message.Content));
        var others = await _log.Log.ReadAfterAsync(Team, SeqNo.None, 1_000, Ct);
        Assert.Equal(200, others.Count(message => $"{message.Content.Text}".StartsWith(_secret, StringComparison.Ordinal)));
    }

    private async Task EraseAsync()
    {
        var message = (await _log.Log.AppendAsync(Draft(AliceAndBob, Alice, "secret", _secret), Ct)).Message;
        await _log.Log.EraseContentAsync(AliceAndBob, message.SeqNo, Ct);
    }

    private async Task FillAsync(string name) => await Task.WhenAll(Enumerable.Range(0, 30).Select(n =>
        _log.Log.AppendAsync(Draft(AliceAndBob, Alice, $"{name} {n}", RandomNumberGenerator.GetHexString(1_000)), Ct)));

    private bool IsOnDisk()
    {
        // Parts of it, as what is compressed may be cut anywhere.
        var parts = Enumerable.Range(0, 10).Select(n => Encoding.ASCII.GetBytes(_secret.Substring(20 * n, 20))).ToList();
        return Directory.EnumerateFiles(_log.Folder).Any(file =>
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[stream.Length];
                stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                return parts.Any(part => bytes.AsSpan().IndexOf(part) >= 0);
            }
            catch (FileNotFoundException)
            {
                return false;
            }
        });
    }
}
