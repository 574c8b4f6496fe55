using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Erasing;
using Chat.Modules.Messaging.History;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Moving;
using Chat.Modules.Messaging.Notices;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Settings;
using Chat.Modules.Messaging.Threads;
using Chat.Modules.Messaging.Timers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging;

/// <summary>Conversations and their messages: the log, its order, and what is read from it.</summary>
public sealed class MessagingModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context) => services
        .AddModuleOptions<MessagingOptions>("Messaging")
        .AddSingleton<MessagingMetrics>()
        .AddSingleton(provider => provider.GetRequiredService<IOptions<MessagingOptions>>().Value.ChangeLimits)
        .AddSingleton<DirectConversationLimits>()
        .AddSingleton<ListGate>()
        .AddSingleton<AppendedPublisher>()
        .AddSingleton<AppendsUnderWay>()
        .AddSingleton<WaitingAppends>()
        .AddSingleton<MessageEraser>()
        .AddSingleton<IStoreHealth>(provider => provider.GetRequiredService<WaitingAppends>())
        .AddMessageLog(context)
        .AddConversationHomes(context)
        .AddOwnSettings(context)
        .AddSingleton<IContentCodec, LogContentCodec>()
        .AddCommand<SendMessage, SentMessage, SendMessageHandler>()
        .AddCommandValidator<SendMessage, SendMessageValidator>()
        .AddSingleton<MentionRules>()
        .AddSingleton<MentionCounter>()
        .AddSingleton<ChangedMessages>()
        .AddCommand<ChangeMessage, SentMessage, ChangeMessageHandler>()
        .AddCommandValidator<ChangeMessage, ChangeMessageValidator>()
        .AddSingleton(provider => new Expiry(
            provider.GetRequiredService<TimeProvider>(), TimeSpan.FromDays(provider.GetRequiredService<IOptions<MessagingOptions>>().Value.RetentionDays)))
        .AddCommand<SweepExpired, int, SweepExpiredHandler>()
        .AddCommand<SetTimer, SentMessage, SetTimerHandler>()
        .AddCommandValidator<SetTimer, SetTimerValidator>()
        .AddQuery<GetTimers, IReadOnlyDictionary<ConversationId, int>, GetTimersHandler>()
        .AddSingleton<INoticeLog, NoticeLog>()
        .AddQuery<GetMessage, Result<MessageView>, GetMessageHandler>()
        .AddQuery<GetReactions, Result<ReactionPage>, GetReactionsHandler>()
        .AddQuery<GetEdits, Result<IReadOnlyList<LoggedMessage>>, GetEditsHandler>()
        .AddQuery<GetPins, Result<PinPage>, GetPinsHandler>()
        .AddQuery<GetOwnReactions, IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>, GetOwnReactionsHandler>()
        .AddQuery<GetThreads, Result<ThreadPage>, GetThreadsHandler>()
        .AddQuery<GetThreadMessages, Result<ThreadMessagePage>, GetThreadMessagesHandler>()
        .AddQuery<GetMessages, Result<MessagePage>, GetMessagesHandler>()
        .AddQuery<GetConversations, Result<ConversationPage>, GetConversationsHandler>()
        .AddQuery<CountUnread, UnreadCounts, CountUnreadHandler>()
        .AddQuery<ReadLog, IReadOnlyList<LoggedMessage>, ReadLogHandler>()
        .AddQuery<ReadLogDownwards, IReadOnlyList<LoggedMessage>, ReadLogDownwardsHandler>()
        .AddQuery<FindDirectsWith, IReadOnlyCollection<UserId>, FindDirectsWithHandler>()
        .AddQuery<GetHead, SeqNo, GetHeadHandler>()
        .AddQuery<GetHeads, IReadOnlyList<SeqNo>, GetHeadsHandler>()
        .AddQuery<GetDirectHeads, DirectHeads, GetDirectHeadsHandler>()
        .AddQuery<FindMessage, MessageLocation?, FindMessageHandler>()
        .AddQuery<FindAttempt, LoggedMessage?, FindAttemptHandler>()
        .AddQuery<GetShownMessage, LoggedMessage?, GetShownMessageHandler>()
        .AddQuery<HasWritten, bool, HasWrittenHandler>()
        .AddQuery<GetEpoch, string, GetEpochHandler>()
        .AddSubscriber<GroupCreated, RaiseOnGroupCreated>();

    public void AddMove(IServiceCollection services) => services
        .AddSingleton<ActivityClock>()
        .AddSingleton<RocksMessageLog>()
        .AddSqliteTables("messaging", typeof(MessagingModule).Assembly)
        .AddCqlTables("messaging", typeof(MessagingModule).Assembly)
        .AddMoveStep<MovedLog>()
        .AddMovedTable<MovedEpoch>()
        .AddMovedTable<MovedMessages>()
        .AddMovedTable<MovedStates>()
        .AddMovedTable<MovedPins>()
        .AddMovedTable<MovedTimers>()
        .AddMovedTable<MovedExpiries>()
        .AddMovedTable<MovedReactions>()
        .AddMovedTable<MovedChangedMarks>()
        .AddMovedTable<MovedMentions>()
        .AddMovedTable<MovedThreads>()
        .AddMovedTable<MovedThreadActivity>()
        .AddMovedTable<MovedAttempts>()
        .AddMovedTable<MovedMoments>()
        .AddMovedTable<MovedConversations>()
        .AddMovedTable<MovedDirects>()
        .AddMovedTable<MovedBegun>()
        .AddMovedTable<MovedInbox>()
        .AddMovedTable<MovedInboxMarks>()
        .AddMovedTable<MovedOwnSettings>()
        .AddMovedTable<MovedHidden>();

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapSendMessage();
        routes.MapGetMessages();
        routes.MapGetMessage();
        routes.MapChanges();
        routes.MapThreads();
        routes.MapSetTimer();
        routes.MapGetConversations();
        routes.MapChangeOwnSettings();
    }
}
