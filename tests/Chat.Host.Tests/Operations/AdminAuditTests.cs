using System.Net;
using Chat.Host.Operations;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Chat.Host.Tests.Operations;

/// <summary>What the log says of calls under /v1/admin.</summary>
public sealed class AdminAuditTests
{
    private const string Dead = "/v1/admin/push/dead";

    [Fact]
    public async Task Each_call_of_an_admin_is_a_line_with_who_what_target_and_outcome()
    {
        using var lines = new LogLines();
        await using var host = Host(lines);
        await host.CreateAdminAsync("operator");
        var admin = (await host.LogInAsync("operator")).AccessToken;
        const string id = "9f1c6a52-3c55-4b0e-9d0a-6f2b7c1d8e01";

        (await host.GetAsync(Dead, admin)).Expect(HttpStatusCode.OK);
        (await host.GetAsync($"{Dead}?limit=0&cursor=secret", admin)).Expect(HttpStatusCode.BadRequest);
        (await host.SendAsync(HttpMethod.Post, $"{Dead}/{id}/retry", admin)).Expect(HttpStatusCode.NotFound);
        (await host.SendAsync(HttpMethod.Post, $"{Dead}/%0Aoperator%20did%20it/retry", admin)).Expect(HttpStatusCode.NotFound);
        (await host.GetAsync("/v1/conversations", admin)).Expect(HttpStatusCode.OK);

        Assert.Equal(
            [
                $"Admin call: operator GET {Dead} -: 200",
                $"Admin call: operator GET {Dead} -: 400",
                $"Admin call: operator POST {Dead}/{{id}}/retry {id}: 404",
                $"Admin call: operator POST {Dead}/{{id}}/retry (no id): 404",
            ],
            lines.Of(1116));
        var values = lines.ValuesOf(1116)[2];
        Assert.Equal(("operator", "POST", $"{Dead}/{{id}}/retry", id, 404), (values["Admin"], values["Method"], values["Route"], values["Target"], values["Status"]));
    }

    [Fact]
    public async Task Users_who_are_no_admins_and_strangers_cannot_fill_the_log()
    {
        using var lines = new LogLines();
        await using var host = Host(lines);
        var alice = (await host.RegisterAsync("alice")).AccessToken;

        for (var n = 0; n < AdminAudit.RefusedAMinute + 5; n++)
        {
            (await host.GetAsync(Dead, alice)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
            (await host.GetAsync(Dead)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        }
        var first = lines.ValuesOf(1117);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        (await host.GetAsync(Dead, alice)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");

        Assert.Empty(lines.Of(1116));
        Assert.Equal(AdminAudit.RefusedAMinute, first.Count);
        Assert.All(first, line => Assert.Equal(("alice", "GET", Dead, "-", 0L), (line["User"], line["Method"], line["Route"], line["Target"], line["LeftOut"])));
        Assert.Equal(5L, lines.ValuesOf(1117)[^1]["LeftOut"]);
    }

    private static TestHost Host(LogLines lines) => new(("Auth:Admins:0", "operator"))
    {
        Clock = new(TimeProvider.System.GetUtcNow()),
        Change = services => services.AddSingleton<ILoggerFactory>(lines),
    };
}
