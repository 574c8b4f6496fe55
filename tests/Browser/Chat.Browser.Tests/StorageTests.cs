using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>What a browser does with its storage without asking.</summary>
public sealed class StorageTests(Browsers browsers)
{
    private const string KeepConnections = """
        const open = IDBFactory.prototype.open
        globalThis.connections = []
        IDBFactory.prototype.open = function (...name) {
          const opening = open.apply(this, name)
          opening.addEventListener('success', () => connections.push(opening.result))
          return opening
        }
        """;

    private const string NeverAnswer = "IDBFactory.prototype.open = () => ({})";

    [Fact]
    public async Task A_connection_that_the_browser_closes_is_opened_again()
    {
        await using var alice = await browsers.RegisterAsync("alice", script: KeepConnections);
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("before");
        await bob.OpenConversationAsync(alice.UserId);
        await alice.SeeTickAsync("before", "read");

        // As a browser does it: what is asked of it from now on is an InvalidStateError.
        await alice.Page.EvaluateAsync("for (const db of connections.splice(0)) { db.close(); db.dispatchEvent(new Event('close')) }");
        await bob.SendAsync("there?");
        await alice.SeeAsync("there?");
        await alice.SendAsync("here");
        await alice.SeeTickAsync("here", "read");
        await alice.SeeNoBarAsync();
    }

    [Fact]
    public async Task Where_the_data_are_gone_one_signs_in_again()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        var second = await alice.OpenTabAsync();
        await second.SeeListAsync();

        var tools = await alice.Page.Context.NewCDPSessionAsync(alice.Page);
        await tools.SendAsync("Storage.clearDataForOrigin", new() { ["origin"] = server.Address.GetLeftPart(UriPartial.Authority), ["storageTypes"] = "indexeddb" });

        foreach (var tab in new[] { alice, second })
            await Expect(tab.Page.GetByText("This browser has dropped what was stored here. Please sign in again.")).ToBeVisibleAsync();
        await alice.SignInAsync(alice.UserId);
        await second.SeeListAsync();
    }

    [Fact]
    public async Task A_storage_that_does_not_answer_is_done_without_and_the_page_says_so()
    {
        const string Note = "This browser’s storage does not work";
        await using var alice = await browsers.OpenAsync(screen: Screen.Phone, script: NeverAnswer);
        await alice.SeeBarAsync(Note);
        await alice.RegisterAsync(browsers.NewUserId("alice"));
        await alice.SeeBarAsync(Note);
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("all the same");
        await alice.SeeTickAsync("all the same", "sent");
        await Pictures.TakeAsync(alice, "phone-no-storage");
    }
}
