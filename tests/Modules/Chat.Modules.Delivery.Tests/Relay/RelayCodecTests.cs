using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Relay;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Tests.Relay;

public sealed class RelayCodecTests
{
    private static readonly ConversationId Talk = World.Direct("alice", "bob");

    private static readonly MessageAppended Appended = new(
        new LoggedMessage(
            MessageId.New(DateTimeOffset.UnixEpoch.AddDays(20_000)), Talk, new SeqNo(7), World.Device("alice"), "attempt-1", MessageContent.Of("grüße"),
            DateTimeOffset.UnixEpoch.AddDays(20_000)),
        new SeqNo(5));

    public static TheoryData<string> Events => ["receipt", "typing", "stopped", "changed", "title", "hint", "muted", "unmuted", "set", "cleared", "nothing"];

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        var reader = new BusReader(RelayWriter.Push(Appended, new TextCodec()).Span);

        Assert.Equal((byte)RelayKind.Push, reader.Byte());
        Assert.Equal(Appended, reader.Appended(reader.Conversation(), new TextCodec()));
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_is_read_as_it_was_written(string name)
    {
        var item = EventOf(name);
        var writer = RelayWriter.Begin(RelayKind.Tell);
        Assert.True(writer.TryWrite(item));

        var reader = new BusReader(writer.Written.Span[1..]);
        var read = reader.Event();

        Assert.IsType(item.GetType(), read);
        var again = RelayWriter.Begin(RelayKind.Tell);
        again.TryWrite(read!);
        Assert.Equal(writer.Written.ToArray(), again.Written.ToArray());
        Assert.Equal(item.CoalescingKey, read!.CoalescingKey);
    }

    [Fact]
    public void Own_settings_of_an_earlier_version_are_a_mute_alone()
    {
        var writer = RelayWriter.Begin(RelayKind.Tell);
        writer.Write((byte)RelayedEvent.OwnSettings);
        writer.Write(Talk);
        writer.Write(0L);

        var reader = new BusReader(writer.Written.Span[1..]);

        Assert.Equal(new OwnSettingsChange(DateTimeOffset.UnixEpoch), Assert.IsType<OwnSettingsEvent>(reader.Event()).Change);
    }

    [Fact]
    public void An_event_that_only_this_node_has_is_not_written()
    {
        var writer = RelayWriter.Begin(RelayKind.Tell);

        Assert.False(writer.TryWrite(new PresenceEvent(new PresenceState(UserId.Parse("alice"), true, null))));
        Assert.Equal(1, writer.Written.Length);
    }

    [Fact]
    public void An_event_of_a_newer_version_is_passed_over()
    {
        var reader = new BusReader([200, 1, 2, 3]);

        Assert.Null(reader.Event());
    }

    [Fact]
    public void Bytes_that_end_too_early_are_refused_wherever_they_end()
    {
        var whole = RelayWriter.Push(Appended, new TextCodec()).ToArray();
        var contents = whole.Length - new TextCodec().SizeOf(Appended.Message.Content);

        for (var length = 0; length < contents; length++)
        {
            var cut = whole[..length];
            Assert.Throws<FormatException>(() =>
            {
                var reader = new BusReader(cut);
                reader.Byte();
                reader.Appended(reader.Conversation(), new TextCodec());
            });
        }
    }

    [Fact]
    public void A_list_cannot_say_that_it_is_longer_than_the_bytes()
    {
        var writer = RelayWriter.Begin(RelayKind.Left);
        writer.Write(long.MaxValue);
        var bytes = writer.Written.ToArray();

        Assert.Throws<FormatException>(() =>
        {
            var reader = new BusReader(bytes);
            reader.Byte();
            reader.Users();
        });
    }

    private static ServerEvent EventOf(string name) => name switch
    {
        "receipt" => new ReceiptEvent(Talk, Appended.Message.Id, new SeqNo(7), UserId.Parse("bob"), AckStatus.Read),
        "typing" => new TypingEvent(Talk, UserId.Parse("bob"), true),
        "stopped" => new TypingEvent(Talk, UserId.Parse("bob"), false),
        "changed" => new ConversationEvent(Talk, ConversationChange.MemberAdded, UserId.Parse("carol")),
        "title" => new ConversationEvent(Talk, ConversationChange.TitleChanged, null),
        "muted" => new OwnSettingsEvent(Talk, new OwnSettingsChange(DateTimeOffset.MaxValue)),
        "unmuted" => new OwnSettingsEvent(Talk, new OwnSettingsChange(DateTimeOffset.UnixEpoch)),
        "set" => new OwnSettingsEvent(Talk, new OwnSettingsChange(MutedUntil: null)
        {
            ArchivedBelow = new SeqNo(8), IsPinned = true, UnreadBelow = SeqNo.None, Draft = new string('ü', 8_192),
        }),
        "cleared" => new OwnSettingsEvent(Talk, new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = SeqNo.None, IsPinned = false, ClearedUpTo = new SeqNo(7), Draft = "" }),
        "nothing" => new OwnSettingsEvent(Talk, OwnSettingsChange.Nothing),
        _ => new AdvancedEvent(Talk, new SeqNo(9)),
    };
}
