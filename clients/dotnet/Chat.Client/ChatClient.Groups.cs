namespace Chat.Client;

// Groups and their members. The conversation list follows by itself.
public sealed partial class ChatClient
{
    /// <summary>Makes a group; the user is its owner. <c>history</c> is what later members may read.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<Group> CreateGroupAsync(
        string title, IReadOnlyCollection<string> members, History history = History.All, CancellationToken ct = default) =>
        WithListAsync(() => _api.CreateGroupAsync(title, members, history, ct));

    /// <summary>A group, with its members.</summary>
    /// <exception cref="ChatException"><c>not_a_member</c>; or no answer came.</exception>
    public Task<Group> GetGroupAsync(string conversationId, CancellationToken ct = default) => _api.GetGroupAsync(conversationId, ct);

    /// <summary>Changes a group; what is null stays. By the owner and admins.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<Group> ChangeGroupAsync(string conversationId, string? title = null, History? history = null, CancellationToken ct = default) =>
        WithListAsync(() => _api.ChangeGroupAsync(conversationId, title, history, ct));

    /// <summary>Adds members. By the owner and admins.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<Group> AddMembersAsync(string conversationId, IReadOnlyCollection<string> userIds, CancellationToken ct = default) =>
        _api.AddMembersAsync(conversationId, userIds, ct);

    /// <summary>Removes a member. By the owner and admins; an admin by the owner alone.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task RemoveMemberAsync(string conversationId, string userId, CancellationToken ct = default) =>
        _api.RemoveMemberAsync(conversationId, userId, ct);

    /// <summary>Gives a member a role. By the owner.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<Group> SetRoleAsync(string conversationId, string userId, Role role, CancellationToken ct = default) =>
        _api.SetRoleAsync(conversationId, userId, role, ct);

    /// <summary>Leaves a group. It is deleted here, unless there are unsent messages to it.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public async Task LeaveAsync(string conversationId, CancellationToken ct = default)
    {
        var me = Session?.UserId ?? throw ChatException.NotSignedIn();
        var generation = _journal.State.Generation;
        await _api.RemoveMemberAsync(conversationId, me, ct);
        await _loop.RunAsync(async () =>
        {
            var transaction = _journal.Begin();
            if (transaction.Now.Generation != generation)
                return;
            _conversationList.Left(conversationId);
            if (transaction.Now.Find(conversationId) is null)
                return;
            transaction.Remove(conversationId);
            await _journal.CommitAsync(transaction);
        });
    }

    /// <summary>Puts the changed group into the conversation list; the server may send its event only to the other members.</summary>
    private async Task<Group> WithListAsync(Func<Task<Group>> change)
    {
        var generation = _journal.State.Generation;
        var group = await change();
        await _loop.RunAsync(async () =>
        {
            var transaction = _journal.Begin();
            // Another user may have signed in before the answer came.
            if (transaction.Now.Generation != generation)
                return;
            transaction.Put(_journal.FindOrNew(transaction, group.ConversationId) with { Title = group.Title, IsLeft = false });
            _conversationList.HeardOf(group.ConversationId);
            await _journal.CommitAsync(transaction);
        });
        return group;
    }
}
