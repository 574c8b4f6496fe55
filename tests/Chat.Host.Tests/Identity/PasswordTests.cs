using System.Net;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Host.Tests.Running;
using Dapper;
using Microsoft.AspNetCore.Identity;

namespace Chat.Host.Tests.Identity;

public sealed class PasswordTests
{
    [Fact]
    public async Task A_password_is_the_same_from_every_keyboard_and_a_hash_of_before_is_good_and_renewed()
    {
        await using var host = new TestHost();
        (await host.RegisterAsync("alice", password: "caf\u00e9 au lait")).Expect(HttpStatusCode.Created);
        (await host.LogInAsync("alice", password: "cafe\u0301 au lait")).Expect(HttpStatusCode.OK);

        var old = new PasswordHasher<string>().HashPassword("", "cafe\u0301 au lait");
        await (await host.ServiceAsync<SqliteDatabase>()).WriteAsync(
            connection => connection.Execute("INSERT INTO identity_accounts VALUES ('bob', $old, 0)", new { old }), TestContext.Current.CancellationToken);
        (await host.LogInAsync("bob", password: "caf\u00e9 au lait")).Expect(HttpStatusCode.Unauthorized);
        (await host.LogInAsync("bob", password: "cafe\u0301 au lait")).Expect(HttpStatusCode.OK);
        (await host.LogInAsync("bob", password: "caf\u00e9 au lait")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Registering_with_one_that_is_tried_first_is_a_bad_request()
    {
        await using var host = new TestHost();

        (await host.RegisterAsync("alice", password: "password")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await host.RegisterAsync("alice-in-wonderland", password: "Alice-in-Wonderland")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }
}
