using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.History;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.History;

public sealed class GetShownMessageHandlerTests : IDisposable
{
    private readonly TemporaryLog _log = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(3, 2, true)]
    [InlineData(2, 2, false)]
    [InlineData(1, null, false)]
    [InlineData(0, 0, false)]
    [InlineData(4, 0, false)]
    [InlineData(5, 0, false)]
    public async Task A_message_is_shown_to_a_member_who_may_see_it(long seqNo, int? visibleAfter, bool isShown)
    {
        for (var n = 1; n <= 4; n++)
            await _log.Log.AppendAsync(Draft(Team, Alice, $"{n}"), Ct);
        await _log.Log.EraseContentAsync(Team, new SeqNo(4), Ct);
        var mediator = new FakeMediator().Answer<GetMembershipAsReader, Membership?>(_ => visibleAfter is { } after ? new Membership(SeqNo.None, new SeqNo(after)) : null);

        var message = await new GetShownMessageHandler(_log.Log, mediator).Handle(new GetShownMessage(Team, new SeqNo(seqNo), Bob), Ct);

        Assert.Equal(isShown ? seqNo : null, message?.SeqNo.Value);
    }
}
