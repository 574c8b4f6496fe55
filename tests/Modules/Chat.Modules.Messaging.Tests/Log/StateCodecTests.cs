using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using FsCheck;
using FsCheck.Fluent;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class StateCodecTests
{
    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void A_state_is_its_fields_and_absent_ones_take_no_bytes()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(300);
        var living = new MessageState
        {
            ChangedSeqNo = new SeqNo(9),
            Edit = new MessageEdit(Utf8Text.Of("hi"), at, Concurrent: true),
            Edits = [new SeqNo(4), new SeqNo(5)],
            Reactions = [new MessageReaction("👍", 2, [Alice, Bob])],
            Pin = new MessagePin(new SeqNo(9), Bob, On: true),
        };
        var deleted = new MessageState { ChangedSeqNo = new SeqNo(9), Deletion = new MessageDeletion(Bob, at, new SeqNo(9)) };

        Assert.Equal(
            "0809" + "12026869" + "18AC02" + "2001" + "2804" + "2805" + "4A14" + "0A04F09F918D" + "1002" + "1A05616C696365" + "1A03626F62" + "5009" + "5A03626F62" + "6001",
            Convert.ToHexString(StateCodec.Encode(living)));
        Assert.Equal("0809" + "3203626F62" + "38AC02" + "4009", Convert.ToHexString(StateCodec.Encode(deleted)));
        var edited = living with { Edit = living.Edit with { Mentions = Mentions.Of([Bob]) }, Edits = [], Reactions = [], Pin = null, Thread = new MessageThread(2, new SeqNo(300), [Alice]) };
        Assert.Equal("0809" + "12026869" + "18AC02" + "2001" + "6A03626F62" + "720C" + "0802" + "10AC02" + "1A05616C696365", Convert.ToHexString(StateCodec.Encode(edited)));
        Assert.Equal(edited, StateCodec.Decode(StateCodec.Encode(edited)));
        Assert.Equal((living, deleted), (StateCodec.Decode(StateCodec.Encode(living)), StateCodec.Decode(StateCodec.Encode(deleted))));
    }

    [Fact]
    public void Fields_of_a_newer_server_go_through_unchanged()
    {
        byte[] newer = [0x68, 1, 0xFA, 0x7D, 2, 0, 0xFF];

        var state = StateCodec.Decode([.. newer, 0x08, 9]);

        Assert.Equal(new SeqNo(9), state.ChangedSeqNo);
        Assert.Equal([0x08, 9, .. newer], StateCodec.Encode(state));
    }

    [Fact]
    public void Fields_of_a_newer_server_within_a_reaction_and_a_thread_go_through_unchanged_and_outlive_a_change_of_it()
    {
        byte[] newer = [0x22, 1, (byte)'x', 0xFA, 0x7D, 0];
        byte[] reaction = [0x0A, 1, (byte)'!', 0x10, 1, .. newer];
        byte[] thread = [0x08, 1, 0x10, 7, .. newer];
        byte[] state = [0x08, 9, 0x4A, (byte)reaction.Length, .. reaction, 0x72, (byte)thread.Length, .. thread];

        Assert.Equal(Convert.ToHexString(state), Convert.ToHexString(StateCodec.Encode(StateCodec.Decode(state))));
        var later = Convert.ToHexString(StateCodec.Encode(ThreadFold.Add(StateCodec.Decode(state), Alice, new SeqNo(8))));
        Assert.Equal(2, later.Split(Convert.ToHexString(newer)).Length - 1);
    }

    [Fact]
    public void Any_bytes_are_a_state_or_refused_by_name()
    {
        var some = Gen.Elements<byte>(0x08, 0x12, 0x18, 0x20, 0x28, 0x32, 0x38, 0x40, 0x4A, 0x50, 0x5A, 0x60, 0x00, 0x01, 0x02, 0x03, 0x80, 0xFF, (byte)'a');
        var bytes = Gen.Choose(0, 60).SelectMany(length => Gen.ArrayOf(some, length));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(bytes.ToArbitrary(), bytes =>
        {
            try
            {
                var state = StateCodec.Decode(bytes);
                Assert.Equal(state, StateCodec.Decode(StateCodec.Encode(state)));
            }
            catch (MalformedContentException)
            {
            }
        }));
    }
}
