using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

// The groups that people come to and leave, those who change their own settings, and those who let messages expire.
internal sealed partial class GroupLoad
{
    private readonly List<LoadClient> _keeperPhones = [];

    private IEnumerable<DeviceHistory> Histories =>
    [
        .. _clients.Select(client => client.History), .. _clubs.Select(club => club.History), .. _keepers.Select(keeper => keeper.History), .. _timers.Select(timer => timer.History), _created,
    ];

    private async Task<string> CreateAsync(Account[] members, bool isFromJoin)
    {
        var begun = _settings.Moments.Next();
        string[] others = [.. members.Skip(1).Select(member => member.UserId)];
        var answer = await members[0].Rest.PostAsync("/v1/groups", new { title = "Load", members = others, history = isFromJoin ? "fromJoin" : "all" });
        var conversation = answer.Expect(HttpStatusCode.Created).Text("conversationId");
        _created.Add(new HistoryEvent.GroupChanged(
            begun, conversation, new GroupChange(members[0].UserId, LoggedNotice.Created, string.Join(' ', others), "Load"), _settings.Moments.Next()));
        return conversation;
    }

    /// <summary>Three of ten stay and three come and go. These write to the owner, who would be a stranger else, and may add strangers rarely.</summary>
    private async Task FoundClubAsync(Dictionary<Account, List<string>> conversations, Account[] users)
    {
        // That a guest is told of nothing else is not checked for notifications.
        Account[] guests = _settings.Notifications is null ? [users[3], users[4], users[6]] : [];
        var isFromJoin = _clubs.Count % 2 == 0;
        var club = new LoadClub(await CreateAsync(users[..3], isFromJoin), users[0], users[1], users[2], guests, isFromJoin, _settings, _leaving.Token);
        Join(conversations, club.Conversation, users[..3]);
        foreach (var guest in guests)
            Join(conversations, users[0].DirectTo(guest), [users[0], guest]);
        _clubs.Add(club);
    }

    private void AddKeeper(Account account, string conversation)
    {
        var phone = new LoadClient(account, _settings, inFlight: 1, owned: new HashSet<string>(), Door.WebSocket, visits: new HashSet<string> { conversation });
        _clients.Add(phone);
        _keeperPhones.Add(phone);
        _keepers.Add(new LoadKeeper(account, conversation, phone, _settings, _leaving.Token));
    }

    /// <summary>The last four of ten have a group, and the last two a direct conversation, in which messages expire now and then.</summary>
    private async Task AddTimersAsync(Dictionary<Account, List<string>> conversations, Account[] users)
    {
        // What expires is told of in time or not at all: that is not checked for notifications.
        if (_settings.Notifications is not null)
            return;
        var group = await CreateAsync(users[^4..], isFromJoin: false);
        Join(conversations, group, users[^4..]);
        _timers.Add(new LoadTimer(await users[^4].LogInAsync("timer"), group, _settings, _leaving.Token));
        var direct = users[^2].DirectTo(users[^1]);
        _timers.Add(new LoadTimer(await users[^1].LogInAsync("timer"), direct, _settings, _leaving.Token));
        _settings.Timed.UnionWith([group, direct]);
    }

    private async Task<bool> AreOverAsync()
    {
        foreach (var timer in _timers)
        {
            if (!await timer.IsOverAsync())
                return false;
        }
        return true;
    }

    private async Task<bool> AreToldAsync()
    {
        foreach (var club in _clubs)
        {
            if ((await LoadReading.ReadLogAsync(club.Reader, club.Conversation)).Notices.Count <= club.Changes)
                return false;
        }
        return true;
    }

    /// <summary>Each club as each guest reads it at each server, and each group as its keeper does.</summary>
    private async Task<List<LogView>> ReadAsGuestsAsync()
    {
        var views = new List<LogView>();
        foreach (var club in _clubs)
        {
            foreach (var (guest, server) in from guest in club.Guests from server in _settings.Servers select (guest, server))
                views.Add(await LoadReading.ReadAsGuestAsync(guest.At(server), club.Conversation, club.IsFromJoin));
        }
        var lists = new LoadReading.Lists();
        foreach (var (keeper, server) in from keeper in _keepers from server in _settings.Servers select (keeper, server))
            views.Add(await keeper.ReadAsync(lists, server));
        return views;
    }

    /// <summary>Whether who is a member in the end has all from its notice on.</summary>
    private bool GuestsHaveAll(IEnumerable<LogView> views) =>
        views.All(view => view.Own is not null || view.Notices.LastOrDefault(notice => notice.IsMember(view.ReaderId) == true) is not { } added
            || _clients.Where(client => client.History.UserId == view.ReaderId).All(client =>
                view.Messages.All(message => message.SeqNo < added.SeqNo || client.HasReceived(message.MessageId))
                && view.Notices.All(notice => notice.SeqNo < added.SeqNo || client.HasNotice(notice.MessageId))));
}
