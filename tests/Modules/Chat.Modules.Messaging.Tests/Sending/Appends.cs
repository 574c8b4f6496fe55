using Chat.BuildingBlocks.Errors;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Tests.Sending;

internal static class Appends
{
    public static AppendsUnderWay UnderWay(IMessageLog log, TimeProvider clock, MessagingOptions? options = null) =>
        new(log, Options.Create(options ?? new MessagingOptions()), clock);

    public static WaitingAppends To(IMessageLog log, AppendedPublisher answers, TestMeters meters, TimeProvider clock, MessagingOptions? options = null,
        IConversationHomes? homes = null) => new(
        log, answers, UnderWay(log, clock, options), homes ?? new EmbeddedConversationHomes(), Options.Create(options ?? new MessagingOptions()), new MessagingMetrics(meters, clock), meters, clock,
        NullLogger<WaitingAppends>.Instance);

    public static Task<Result<SentMessage>> AppendAsync(this WaitingAppends appends, MessageDraft draft) => appends.AppendAsync(draft, started: 0);
}
