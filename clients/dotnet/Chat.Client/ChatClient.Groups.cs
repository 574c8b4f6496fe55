namespace Chat.Client;

// Groups and their members. The conversation list follows by itself.
public sealed partial class ChatClient
{
    /// <summary>Makes a group, whose owner the user is.</summary>
    /// <param name="title">Its name.</param>
    /// <param name="members">The others.</param>
    /// <param name="history">What a member who joins later may read.</param>
    /// <param name="ct">Cancels.</param>
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

    /// <summary>Leaves a group, and forgets it here, but for what could not be sent into it.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public async Task LeaveAsync(string conversationId, CancellationToken ct = default)
    {
        var me = Session?.UserId ?? throw ChatException.NotSignedIn();
        var life = _ledger.State.Life;
        await _api.RemoveMemberAsync(conversationId, me, ct);
        await _loop.RunAsync(async () =>
        {
            var draft = _ledger.Begin();
            if (draft.Now.Life != life)
                return;
            _lists.Left(conversationId);
            if (draft.Now.Find(conversationId) is null)
                return;
            draft.Remove(conversationId);
            await _ledger.CommitAsync(draft);
        });
    }

    /// <summary>What a change of a group brings is shown by the list; its event may go to the others alone.</summary>
    private async Task<Group> WithListAsync(Func<Task<Group>> change)
    {
        var life = _ledger.State.Life;
        var group = await change();
        await _loop.RunAsync(async () =>
        {
            var draft = _ledger.Begin();
            // The answer may come when somebody else is here.
            if (draft.Now.Life != life)
                return;
            draft.Put(_ledger.FindOrNew(draft, group.ConversationId) with { Title = group.Title, IsLeft = false });
            _lists.HeardOf(group.ConversationId);
            await _ledger.CommitAsync(draft);
        });
        return group;
    }
}
