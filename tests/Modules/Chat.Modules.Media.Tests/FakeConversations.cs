using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Media.Tests;

/// <summary>Stands for Messaging and Groups: a log and memberships in memory.</summary>
internal sealed class FakeConversations
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationId, List<LoggedMessage>> _logs = [];
    private readonly Dictionary<(ConversationId, UserId), Membership> _members = [];
    private int _reads;

    /// <param name="mediator">Answers from here.</param>
    public FakeConversations(FakeMediator mediator)
    {
        mediator
            .Answer<GetMembershipAsReader, Membership?>(query => MembershipOf(query.Conversation, query.User))
            .Answer<GetGroupsOf, IReadOnlyList<JoinedGroup>>(query => GroupsOf(query.User))
            .AnswerLater<FindAttempt, LoggedMessage?>(async query =>
            {
                await BeforeLook();
                return Find(query);
            })
            .AnswerLater<ReadLog, IReadOnlyList<LoggedMessage>>(async query =>
            {
                await BeforeLook();
                return Read(query.Conversation, query.After);
            })
            .AnswerLater<GetShownMessage, LoggedMessage?>(async query =>
            {
                await BeforeLook();
                return Shown(query);
            });
    }

    /// <summary>Runs before a look into the log.</summary>
    public Func<Task> BeforeLook { get; set; } = () => Task.CompletedTask;

    /// <summary>Messages that were asked for, one by one.</summary>
    public int Reads => _reads;

    public IReadOnlyList<LoggedMessage> Messages
    {
        get
        {
            lock (_lock)
                return [.. _logs.Values.SelectMany(log => log)];
        }
    }

    public void Join(ConversationId group, UserId user, bool fromNow = false)
    {
        lock (_lock)
        {
            var head = new SeqNo(_logs.GetValueOrDefault(group)?.Count ?? 0);
            _members[(group, user)] = new Membership(head, fromNow ? head : SeqNo.None);
        }
    }

    public void Leave(ConversationId group, UserId user)
    {
        lock (_lock)
            _members.Remove((group, user));
    }

    /// <summary>A repetition adds nothing.</summary>
    public LoggedMessage Append(ConversationId conversation, UserId sender, string clientMsgId, params IEnumerable<MediaId> media)
    {
        lock (_lock)
        {
            if (Find(new FindAttempt(sender, clientMsgId)) is { } first)
                return first;
            if (!_logs.TryGetValue(conversation, out var log))
                _logs[conversation] = log = [];
            var content = new MessageContent(default) { Media = [.. media.Select(id => new MessageMedia(id, "image/png", 1))] };
            var message = new LoggedMessage(
                MessageId.New(DateTimeOffset.UnixEpoch), conversation, new SeqNo(log.Count + 1), new DeviceAddress(sender, DeviceId.Parse("phone")), clientMsgId, content,
                DateTimeOffset.UnixEpoch);
            log.Add(message);
            return message;
        }
    }

    public void Erase(LoggedMessage message)
    {
        lock (_lock)
            _logs[message.Conversation][(int)message.SeqNo.Value - 1] = message with { Content = MessageContent.Erased };
    }

    private Membership? MembershipOf(ConversationId conversation, UserId user)
    {
        lock (_lock)
            return conversation.IsDirect
                ? conversation.IsDirectOf(user) ? new Membership(SeqNo.None, SeqNo.None) : null
                : _members.GetValueOrDefault((conversation, user));
    }

    private List<JoinedGroup> GroupsOf(UserId user)
    {
        lock (_lock)
            return [.. _members.Where(one => one.Key.Item2 == user).Select(one => new JoinedGroup(one.Key.Item1, "Team", 1, one.Value, DateTimeOffset.UnixEpoch))];
    }

    private LoggedMessage? Find(FindAttempt query)
    {
        lock (_lock)
            return _logs.Values.SelectMany(log => log).FirstOrDefault(message => message.Sender.User == query.Sender && message.ClientMsgId == query.ClientMsgId);
    }

    private IReadOnlyList<LoggedMessage> Read(ConversationId conversation, SeqNo after)
    {
        Interlocked.Increment(ref _reads);
        lock (_lock)
            return [.. (_logs.GetValueOrDefault(conversation) ?? []).Skip((int)after.Value).Take(1)];
    }

    private LoggedMessage? Shown(GetShownMessage query) =>
        MembershipOf(query.Conversation, query.Reader) is { } membership && query.SeqNo > membership.VisibleAfter
        && Read(query.Conversation, new SeqNo(query.SeqNo.Value - 1)) is [{ Content.IsShown: true } message]
            ? message
            : null;
}
