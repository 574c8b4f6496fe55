using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Tests;

/// <summary>The people and conversations of the tests.</summary>
internal static class Words
{
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static readonly UserId Alice = UserId.Parse("alice");
    public static readonly UserId Bob = UserId.Parse("bob");
    public static readonly UserId Carol = UserId.Parse("carol");

    public static readonly ConversationId AliceAndBob = ConversationId.Direct(Alice, Bob);
    public static readonly ConversationId Team = ConversationId.Parse("g:00000000000000000000000000000001");

    public static DeviceAddress Phone(this UserId user) => new(user, DeviceId.Parse("phone"));

    public static DeviceAddress Laptop(this UserId user) => new(user, DeviceId.Parse("laptop"));

    public static MessageDraft Draft(ConversationId conversation, UserId sender, string clientMsgId, string text = "hello") =>
        new(conversation, sender.Phone(), clientMsgId, MessageContent.Of(text), Now);
}
