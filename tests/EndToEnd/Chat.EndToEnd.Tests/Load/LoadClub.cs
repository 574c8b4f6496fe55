using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>A group of a load in which somebody is added, removed, leaves, or gets another role, one after another, while its title changes; each through any server, and tried until it is answered.</summary>
/// <param name="owner">Stays, as do the admin and the member.</param>
/// <param name="guests">They come and go.</param>
/// <param name="isFromJoin">Whether who comes sees nothing of before.</param>
internal sealed class LoadClub(
    string conversation, Account owner, Account admin, Account member, IReadOnlyList<Account> guests, bool isFromJoin, LoadSettings load, CancellationToken leaving)
{
    // A server may take a group for what it was, for a second.
    private static readonly TimeSpan _stale = TimeSpan.FromMilliseconds(1_600);
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(300);

    private readonly HashSet<Account> _members = [];
    private string _role = "member";
    private int _lastTitle;

    public string Conversation { get; } = conversation;

    /// <summary>What was done to the group.</summary>
    public DeviceHistory History { get; } = new(owner.UserId, "club");

    public Account Reader => owner;

    public IReadOnlyList<Account> Guests { get; } = guests;

    public bool IsFromJoin { get; } = isFromJoin;

    public int Changes => History.Events.Count;

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await ChangeRoleAsync(admin, "admin");
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await Task.WhenAll(
            Task.Run(() => RepeatAsync(ComeAndGoAsync, load.Servers.Count > 1 ? _stale : _pace, stop), CancellationToken.None),
            Task.Run(() => RepeatAsync(() => RenameAsync(Random.Shared.Next(2) == 0 ? owner : admin), _pace, stop), CancellationToken.None));
    }

    private static async Task RepeatAsync(Func<Task> change, TimeSpan pace, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(pace);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                await change();
        }
        catch (OperationCanceledException)
        {
            // Told to stop, or to leave.
        }
    }

    private async Task ComeAndGoAsync()
    {
        if (Guests.Count == 0 || Random.Shared.Next(4) == 0)
        {
            _role = _role == "member" ? "admin" : "member";
            await ChangeRoleAsync(member, _role);
            return;
        }
        var guest = Guests[Random.Shared.Next(Guests.Count)];
        var by = Random.Shared.Next(2) == 0 ? owner : admin;
        if (!_members.Contains(guest))
        {
            // Who is added by strangers too often is left out.
            if (await MakeAsync(by, new GroupChange(by.UserId, LoggedNotice.Added, guest.UserId), rest => rest.PostAsync($"/v1/groups/{Conversation}/members", new { members = new[] { guest.UserId } }),
                answer => answer.Status == HttpStatusCode.OK && answer.Json.Items("members").Exists(one => one.Text("userId") == guest.UserId)))
                _members.Add(guest);
            return;
        }
        var change = Random.Shared.Next(3) == 0 ? new GroupChange(guest.UserId, LoggedNotice.Left, guest.UserId) : new GroupChange(by.UserId, LoggedNotice.Removed, guest.UserId);
        if (await MakeAsync(change.What == LoggedNotice.Left ? guest : by, change, rest => rest.DeleteAsync($"/v1/groups/{Conversation}/members/{guest.UserId}"), answer => answer.Status == HttpStatusCode.NoContent))
            _members.Remove(guest);
    }

    private Task<bool> RenameAsync(Account by)
    {
        var title = $"Title {++_lastTitle}";
        return MakeAsync(by, new GroupChange(by.UserId, LoggedNotice.Renamed, Value: title), rest => rest.PatchAsync($"/v1/groups/{Conversation}", new { title }), answer => answer.Status == HttpStatusCode.OK);
    }

    private Task<bool> ChangeRoleAsync(Account of, string role) => MakeAsync(
        owner, new GroupChange(owner.UserId, LoggedNotice.RoleChanged, of.UserId, role), rest => rest.PatchAsync($"/v1/groups/{Conversation}/members/{of.UserId}", new { role }),
        answer => answer.Status == HttpStatusCode.OK);

    /// <returns>Whether it is so now.</returns>
    private async Task<bool> MakeAsync(Account by, GroupChange change, Func<RestClient, Task<RestAnswer>> call, Func<RestAnswer, bool> isMade)
    {
        var begun = load.Moments.Next();
        var (unanswered, refused) = (0, 0);
        while (true)
        {
            leaving.ThrowIfCancellationRequested();
            var answer = await LoadCalls.TryAsync(call, by.At(load.Servers[Random.Shared.Next(load.Servers.Count)]));
            if (answer is not null && isMade(answer))
                break;
            if (answer is null)
                unanswered++;
            else if (answer.Status is not (HttpStatusCode.Forbidden or HttpStatusCode.NotFound))
                return false;
            // Where a try was not answered, it is so already; a server may not know yet that the other is a member.
            else if (++refused > 1 && unanswered > 0)
                break;
            else if (refused > 3)
                throw new InvalidOperationException($"{change} was refused at {Conversation}: {answer}");
            await Task.Delay(_stale, leaving);
        }
        History.Add(new HistoryEvent.GroupChanged(begun, Conversation, change, load.Moments.Next(), unanswered + 1));
        return true;
    }
}
