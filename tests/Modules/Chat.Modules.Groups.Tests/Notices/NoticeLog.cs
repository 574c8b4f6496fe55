using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Groups.Tests.Notices;

/// <summary>Stands for the log: an append with the id of an earlier one is answered with that one.</summary>
internal sealed class NoticeLog : INoticeLog
{
    private readonly Lock _lock = new();
    private readonly List<(UserId By, string Id, string Told)> _entries = [];

    /// <summary>What is in it, such as <c>ann titleChanged Runners</c>.</summary>
    public IReadOnlyList<string> Told
    {
        get
        {
            lock (_lock)
                return [.. _entries.Select(entry => entry.Told)];
        }
    }

    /// <summary>Answers instead of this log; null for nobody.</summary>
    public Func<NoticeDraft, Task<Result<SentMessage>>>? Instead { get; set; }

    /// <summary>The log as one node reaches it.</summary>
    /// <param name="meets">What each append meets.</param>
    public INoticeLog Through(Func<Task<CqlFault>> meets) => new NoticeLog
    {
        Instead = async draft =>
        {
            var fault = await meets();
            if (fault is CqlFault.NotSent)
                return new Error(ErrorCodes.Unavailable, "No answer in time.");
            var sent = Append(draft);
            return fault is CqlFault.None ? sent : throw new StoreUnavailableException("No answer in time.");
        },
    };

    public Task<Result<SentMessage>> AppendAsync(NoticeDraft draft) => Instead?.Invoke(draft) ?? Task.FromResult<Result<SentMessage>>(Append(draft));

    public static string Say(UserId by, ConversationNotice notice) => string.Join(
        ' ', ((string?[])[$"{by}", notice.What, notice.User?.ToString(), string.Join(',', notice.Users), notice.Value]).Where(part => !string.IsNullOrEmpty(part)));

    private SentMessage Append(NoticeDraft draft)
    {
        lock (_lock)
        {
            var known = _entries.FindIndex(entry => (entry.By, entry.Id) == (draft.By, draft.NoticeId));
            if (known < 0)
                _entries.Add((draft.By, draft.NoticeId, Say(draft.By, draft.Notice)));
            var seqNo = new SeqNo(known < 0 ? _entries.Count : known + 1);
            return new SentMessage(default, draft.Conversation, seqNo, Named.Now, Duplicate: known >= 0);
        }
    }
}
