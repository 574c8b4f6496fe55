using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Tests.Log;

namespace Chat.Modules.Messaging.Tests.Inbox;

public sealed class LogInboxTests : InboxContract, IDisposable
{
    private readonly TemporaryLog _log = new();

    private protected override IMessageLog Log => _log.Log;

    private protected override IInbox Inbox => new LogInbox(_log.Log);

    public void Dispose() => _log.Dispose();
}
