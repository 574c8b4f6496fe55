using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Cluster;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>What a page of rows proves where a batch may be torn.</summary>
public sealed class WholenessTests
{
    [Fact]
    public void A_row_above_a_hole_does_not_count() =>
        Assert.Equal(1, GaplessRows.Count([Row(100, 100), Row(103, 101)], new SeqNo(99), floor: new SeqNo(99)));

    [Fact]
    public void The_first_row_does_not_count_where_one_before_it_is_missing() =>
        Assert.Equal(0, GaplessRows.Count([Row(103, 101)], new SeqNo(100), floor: new SeqNo(100)));

    [Fact]
    public void A_row_whose_batch_begins_below_what_was_read_proves_nothing() =>
        Assert.Null(GaplessRows.Count([Row(103, 101)], new SeqNo(102), floor: new SeqNo(100)));

    [Fact]
    public void A_row_counts_where_its_batch_begins_at_or_below_the_floor() =>
        Assert.Equal(1, GaplessRows.Count([Row(103, 101)], new SeqNo(102), floor: new SeqNo(102)));

    [Fact]
    public void Batches_that_are_there_from_their_first_row_on_count() =>
        Assert.Equal(3, GaplessRows.Count([Row(101, 101), Row(102, 101), Row(103, 103)], new SeqNo(100), floor: new SeqNo(50)));

    private static LogRow Row(long seqNo, long first) => new(
        1, new SeqNo(first), new LoggedMessage(MessageId.New(Now), Team, new SeqNo(seqNo), Alice.Phone(), $"{seqNo}", MessageContent.Of("hello"), Now));
}
