using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

// The order in which what a device sends is stored.
public sealed partial class SendMessageHandlerTests
{
    [Fact]
    public async Task A_device_s_messages_and_changes_keep_one_order_though_what_is_asked_before_one_takes_time()
    {
        var target = (await SendAsync(Alice, "target")).Value;
        var (member, asked, first) = (new Membership(SeqNo.None, SeqNo.None), 0, new TaskCompletionSource<Membership?>());
        _mediator.AnswerLater<GetMembership, Membership?>(_ => asked++ == 0 ? first.Task : Task.FromResult<Membership?>(member));
        _mediator.Answer<GetMembershipAsReader, Membership?>(_ => member);

        var before = SendAsync(Alice, "before");
        var change = _changes.Handle(new ChangeMessage(AliceAndBob, Alice.Phone(), "change", target.Id, MessageKind.Pin) { On = true }, Ct);
        var after = SendAsync(Alice, "after");
        first.SetResult(member);

        Assert.Equal([2, 3, 4], (await Task.WhenAll(before, change, after)).Select(sent => sent.Value.SeqNo.Value));
    }

    [Fact]
    public async Task A_device_s_messages_keep_their_order_though_what_is_asked_before_one_takes_time()
    {
        var asked = 0;
        var memberships = new TaskCompletionSource<Membership?>[3];
        _mediator.AnswerLater<GetMembership, Membership?>(_ => (memberships[asked++] = new TaskCompletionSource<Membership?>()).Task);

        var sends = Enumerable.Range(0, 3).Select(n => SendAsync(Alice, $"{n}")).ToList();
        memberships[2].SetResult(new Membership(SeqNo.None, SeqNo.None));
        memberships[1].SetResult(null);
        _mediator.Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        var last = SendAsync(Alice, "3");
        var ofAnother = await SendAsync(Bob, "3");
        memberships[0].SetResult(new Membership(SeqNo.None, SeqNo.None));

        Assert.Equal(1, ofAnother.Value.SeqNo.Value);
        Assert.Equal(2, (await sends[0]).Value.SeqNo.Value);
        Assert.Equal(ErrorCodes.NotAMember, (await sends[1]).Error?.Code);
        Assert.Equal(3, (await sends[2]).Value.SeqNo.Value);
        Assert.Equal(4, (await last).Value.SeqNo.Value);
    }
}
