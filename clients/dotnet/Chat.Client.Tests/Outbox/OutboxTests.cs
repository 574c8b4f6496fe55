using System.Text.Json;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Outbox;

public sealed class OutboxTests
{
    [Fact]
    public async Task A_sent_message_moves_from_the_outbox_into_the_log_in_one_transaction()
    {
        await using var rig = await Rig.OnlineAsync();

        var outgoing = await rig.Client.SendAsync("@bob", "hello");
        Assert.Equal(Rig.Direct, outgoing.ConversationId);
        await NothingWaitsAsync(rig);

        var moved = Assert.Single(rig.Store.Written, changes => changes.OfType<StoreChange.RemoveOutgoing>().Any());
        Assert.Equal(outgoing.ClientMsgId, Assert.Single(moved.OfType<StoreChange.PutMessage>()).Message.ClientMsgId);
        Assert.Equal([new SeqNoRange(1, 1)], Assert.Single(moved.OfType<StoreChange.PutConversation>()).Conversation.Complete);
    }

    [Fact]
    public async Task A_message_of_files_alone_says_their_ids_and_shows_them()
    {
        await using var rig = await Rig.OnlineAsync();
        var voice = new MessageMedia { MediaId = "m1", ContentType = "audio/ogg", Size = 7, Voice = true, Waveform = [0, 255] };
        var picture = new MessageMedia { MediaId = "m2", ContentType = "image/png", Size = 9, Name = "a.png", Width = 3, Height = 2 };

        var outgoing = await rig.Client.SendAsync(Rig.Direct, new MessageContent { Media = [voice, picture] });
        await NothingWaitsAsync(rig);

        Assert.Equal(
            $$"""{"to":"dm:alice:bob","clientMsgId":"{{outgoing.ClientMsgId}}","mediaIds":[{"mediaId":"m1","voice":true,"waveform":[0,255]},{"mediaId":"m2","name":"a.png"}],"text":""}""",
            JsonSerializer.Serialize(Assert.Single(rig.Sends), ChatJson.Wire.SendFrame));
        var moved = Assert.Single(rig.Store.Written, changes => changes.OfType<StoreChange.RemoveOutgoing>().Any());
        Assert.Equal([voice, picture], Assert.Single(moved.OfType<StoreChange.PutMessage>()).Message.Media);
    }

    [Fact]
    public async Task A_message_without_a_text_has_one_to_ten_files()
    {
        await using var rig = await Rig.OnlineAsync();

        foreach (var (files, code) in new[] { (0, ErrorCodes.BadRequest), (11, ErrorCodes.TooLarge) })
        {
            var content = new MessageContent { Media = [.. Enumerable.Range(0, files).Select(n => new MessageMedia { MediaId = $"m{n}" })] };
            var refused = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(Rig.Direct, content));
            Assert.Equal(code, refused.Code);
        }
    }

    [Fact]
    public async Task A_lost_ack_costs_a_resend_after_fifteen_seconds_and_no_second_message()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.LosesAcks = true;
        await rig.Client.SendAsync(Rig.Direct, "hello");
        await Until.TrueAsync(() => rig.Sends.Count == 1, "it is said");

        rig.Clock.Advance(TimeSpan.FromSeconds(14));
        await rig.SettleAsync();
        Assert.Single(rig.Sends);
        rig.Server.LosesAcks = false;
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await NothingWaitsAsync(rig);

        Assert.Equal(2, rig.Sends.Count);
        Assert.Equal(rig.Sends[0], rig.Sends[1]);
        Assert.Single(rig.Server.Log(Rig.Direct));
        Assert.Equal(["hello"], await rig.TextsAsync());
    }

    [Fact]
    public async Task On_every_new_connection_it_is_said_again()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = _ => null;
        await rig.Client.SendAsync(Rig.Direct, "hello");
        await Until.TrueAsync(() => rig.Sends.Count == 1, "it is said");

        rig.Server.Answer = null;
        await rig.ReconnectAsync();
        await NothingWaitsAsync(rig);

        Assert.Equal(["hello"], rig.Server.Log(Rig.Direct).Select(message => message.Text));
    }

    [Fact]
    public async Task An_own_message_that_a_drain_or_a_page_brings_is_the_ack_that_was_lost()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.LosesAcks = true;
        await rig.Client.SendAsync(Rig.Direct, "hello");
        await Until.TrueAsync(() => rig.Server.Log(Rig.Direct).Count == 1, "it is stored");

        rig.Server.Current.Push(new MessageArrived(rig.Server.Log(Rig.Direct)[0]));

        await NothingWaitsAsync(rig);
        Assert.Equal(["hello"], await rig.TextsAsync());
    }

    [Fact]
    public async Task One_message_of_a_conversation_is_under_way_and_conversations_do_not_wait_for_each_other()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = send => send.To == Rig.Direct ? null : FakeServer.AckOf(rig.Server.Append(send.To, Rig.Me, send.Text, send.ClientMsgId));

        await rig.Client.SendAsync(Rig.Direct, "one");
        await rig.Client.SendAsync(Rig.Direct, "two");
        await rig.Client.SendAsync("@carol", "hello");
        await Until.TrueAsync(() => rig.Server.Log("dm:alice:carol").Count == 1, "carol's is sent");
        Assert.Equal(["one", "hello"], rig.Sends.Select(send => send.Text));

        rig.Server.Answer = null;
        var first = rig.Sends[0];
        rig.Server.Current.Push(FakeServer.AckOf(rig.Server.Append(Rig.Direct, Rig.Me, first.Text, first.ClientMsgId)));
        await NothingWaitsAsync(rig);

        Assert.Equal(["one", "two"], rig.Server.Log(Rig.Direct).Select(message => message.Text));
    }

    [Fact]
    public async Task A_refused_message_fails_and_the_next_goes_and_a_retry_keeps_its_name()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = send => send.Text == "bad"
            ? new Refusal(ErrorCodes.Forbidden, "no", send.ClientMsgId, null)
            : FakeServer.AckOf(rig.Server.Append(send.To, Rig.Me, send.Text, send.ClientMsgId));
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        var bad = await rig.Client.SendAsync(Rig.Direct, "bad");
        await rig.Client.SendAsync(Rig.Direct, "good");
        await Until.TrueAsync(() => timeline.Messages.Count == 1 && timeline.Outgoing.Count == 1, "the good one is there");
        Assert.Equal((OutgoingState.Failed, ErrorCodes.Forbidden), (timeline.Outgoing[0].State, timeline.Outgoing[0].Error!.Code));

        rig.Server.Answer = null;
        await rig.Client.RetryAsync(bad.ClientMsgId);
        await NothingWaitsAsync(rig);

        Assert.Equal(["good", "bad"], timeline.Messages.Select(message => message.Text));
        Assert.Equal(bad.ClientMsgId, timeline.Messages[1].ClientMsgId);
    }

    [Fact]
    public async Task A_bug_of_the_server_fails_the_message_and_it_is_not_sent_again_by_itself()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = send => new Refusal(ErrorCodes.Internal, "The server has failed.", send.ClientMsgId, null);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await rig.Client.SendAsync(Rig.Direct, "hello");
        await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed, Error.Code: ErrorCodes.Internal }], "it has failed");

        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        await rig.SettleAsync();

        Assert.Single(rig.Sends);
    }

    [Fact]
    public async Task A_failed_message_stays_failed_after_a_restart_until_it_is_discarded()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = send => new Refusal(ErrorCodes.NotAMember, "no", send.ClientMsgId, null);
        var outgoing = await rig.Client.SendAsync(Rig.Direct, "bad");
        using (var timeline = rig.Client.OpenTimeline(Rig.Direct))
            await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed }], "it has failed");

        await rig.CloseAsync();
        await rig.OpenAsync();
        await rig.CaughtUpAsync();
        using var again = rig.Client.OpenTimeline(Rig.Direct);
        Assert.Equal(OutgoingState.Failed, Assert.Single(again.Outgoing).State);

        await rig.Client.DiscardAsync(outgoing.ClientMsgId);
        Assert.Empty(again.Outgoing);
        Assert.Single(rig.Sends);
    }

    [Theory]
    [InlineData(ErrorCodes.RateLimited, 3000)]
    [InlineData(ErrorCodes.Unavailable, null)]
    public async Task What_the_server_cannot_take_now_waits_as_long_as_told_and_is_tried_again(string code, int? retryAfterMs)
    {
        await using var rig = await Rig.OnlineAsync();
        var after = retryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : (TimeSpan?)null;
        rig.Server.Answer = send => new Refusal(code, "not now", send.ClientMsgId, after);
        await rig.Client.SendAsync(Rig.Direct, "hello");
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => rig.Sends.Count == 1 && timeline.Outgoing is [{ State: OutgoingState.Waiting }], "it waits");

        rig.Server.Answer = null;
        rig.Clock.Advance((after ?? TimeSpan.FromSeconds(1)) - TimeSpan.FromMilliseconds(1));
        await rig.SettleAsync();
        Assert.Single(rig.Sends);
        rig.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await NothingWaitsAsync(rig);

        Assert.Equal(2, rig.Sends.Count);
    }

    [Fact]
    public async Task What_cannot_be_made_safe_is_not_taken()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Store.Fails = _ => true;

        var e = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(Rig.Direct, "hello"));

        Assert.Equal(ErrorCodes.Storage, e.Code);
        Assert.True(rig.Client.StorageFailed);
        Assert.Empty(rig.Sends);
    }

    [Theory]
    [InlineData("@bob", "", ErrorCodes.BadRequest)]
    [InlineData("dm:bob:alice", "hello", ErrorCodes.BadRequest)]
    [InlineData("dm:bob:carol", "hello", ErrorCodes.BadRequest)]
    [InlineData("g:1", "hello", ErrorCodes.BadRequest)]
    [InlineData("", "hello", ErrorCodes.BadRequest)]
    [InlineData("@bob", null, ErrorCodes.TooLarge)]
    public async Task What_could_never_go_out_is_refused_at_once(string to, string? text, string code)
    {
        await using var rig = await Rig.OnlineAsync();

        await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync("@bob", "half of a pair: \ud800"));
        var e = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(to, text ?? new string('ä', 8193)));

        Assert.Equal(code, e.Code);
    }

    [Fact]
    public async Task A_text_whose_frame_the_doors_would_refuse_is_refused_at_once()
    {
        await using var rig = await Rig.OnlineAsync();

        var e = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync("@bob", new string('\u0001', 10_700)));

        Assert.Equal(ErrorCodes.TooLarge, e.Code);
        await rig.Client.SendAsync("@bob", new string('\u0001', 10_600));
    }

    [Fact]
    public async Task What_was_written_offline_goes_out_in_order_after_the_program_was_started_again()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.RefusesConnections = new ChatException(ErrorCodes.Network, "no route");
        rig.Server.Current.Close();
        for (var i = 1; i <= 5; i++)
            await rig.Client.SendAsync(Rig.Direct, $"{i}");
        await rig.CloseAsync();

        rig.Server.RefusesConnections = null;
        await rig.OpenAsync();
        await NothingWaitsAsync(rig);

        Assert.Equal(["1", "2", "3", "4", "5"], rig.Server.Log(Rig.Direct).Select(message => message.Text));
        Assert.Equal(["1", "2", "3", "4", "5"], await rig.TextsAsync());
    }

    [Fact]
    public async Task The_outbox_has_a_limit()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = _ => null;
        for (var i = 0; i < 1000; i++)
            await rig.Client.SendAsync(Rig.Direct, "hello");

        var e = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(Rig.Direct, "one too many"));

        Assert.Equal(ErrorCodes.RateLimited, e.Code);
    }

    [Fact]
    public async Task What_a_message_says_is_sent_and_kept_whole_also_what_this_version_does_not_know_of_it()
    {
        await using var rig = await Rig.OnlineAsync();
        var said = JsonSerializer.Deserialize("""
            {"messageId":"m9","conversationId":"dm:alice:carol","seqNo":9,"senderId":"carol","text":"look","timestamp":1,"replyTo":"m8","poll":[1,2]}
            """, ChatJson.Wire.Message)!;

        // Passed on: what it says, not where it stood.
        var outgoing = await rig.Client.SendAsync(Rig.Direct, said);
        await NothingWaitsAsync(rig);

        Assert.Equal($$"""{"to":"dm:alice:bob","clientMsgId":"{{outgoing.ClientMsgId}}","text":"look","replyTo":"m8","poll":[1,2]}""",
            JsonSerializer.Serialize(Assert.Single(rig.Sends), ChatJson.Wire.SendFrame));
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Messages.Count == 1, "it is shown");
        var mine = timeline.Messages[0];
        Assert.Equal((Rig.Me, outgoing.ClientMsgId, 1), (mine.SenderId, mine.ClientMsgId, mine.SeqNo));
        Assert.Equal(("look", "m8", "[1,2]"), (mine.Text, mine.ReplyTo, mine.Unknown["poll"].GetRawText()));
    }

    private static async Task NothingWaitsAsync(Rig rig)
    {
        await Until.TrueAsync(async () => (await rig.Store.OpenAsync(CancellationToken.None)).Outbox.Count == 0, "nothing waits in the outbox",
            () => $"{rig.Client.Connection}, said {rig.Sends.Count}");
        await rig.SettleAsync();
    }
}
