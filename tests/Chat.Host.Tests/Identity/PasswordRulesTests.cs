using System.Net;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Identity.Accounts;
using Chat.Host.Tests.Running;
using Microsoft.AspNetCore.Identity;

namespace Chat.Host.Tests.Identity;

public sealed class PasswordRulesTests
{
    private static readonly UserId User = UserId.Parse("alice.in.wonderland");

    [Theory]
    [InlineData("        ")]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("12121212")]
    [InlineData("password")]
    [InlineData("PassWord")]
    [InlineData("qwertyuiop")]
    [InlineData("baseball1")]
    [InlineData("Alice.In.Wonderland")]
    [InlineData("a\u0000bcdefgh")]
    [InlineData("short 7")]
    public void What_is_tried_first_is_refused(string password) => Assert.NotNull(PasswordRules.FaultOfNew(User, password));

    [Theory]
    [InlineData("correct horse")]
    [InlineData("my password")]
    [InlineData("пароль мой")]
    [InlineData("合言葉を教えてください")]
    public void What_is_not_is_taken(string password) => Assert.Null(PasswordRules.FaultOfNew(User, password));

    [Theory]
    [InlineData("caf\u00e9 au lait", "cafe\u0301 au lait")]
    [InlineData("\uac00\uac01\uac02\uac03", "\u1100\u1161\u1100\u1161\u11a8\u1100\u1161\u11a9\u1100\u1161\u11aa")]
    [InlineData("open sesame", "open\u3000sesame")]
    public void A_password_is_the_same_from_every_keyboard(string one, string other) =>
        Assert.Equal(PasswordRules.Normalise(one), PasswordRules.Normalise(other));

    [Fact]
    public async Task It_is_the_same_at_login_and_a_hash_of_before_is_good_and_renewed()
    {
        await using var host = new TestHost();
        (await host.RegisterAsync("alice", password: "caf\u00e9 au lait")).Expect(HttpStatusCode.Created);
        (await host.LogInAsync("alice", password: "cafe\u0301 au lait")).Expect(HttpStatusCode.OK);

        var store = await host.ServiceAsync<IAccountStore>();
        var old = new PasswordHasher<string>().HashPassword("", "cafe\u0301 au lait");
        await store.AddAsync(UserId.Parse("bob"), old, TestContext.Current.CancellationToken);
        (await host.LogInAsync("bob", password: "caf\u00e9 au lait")).Expect(HttpStatusCode.Unauthorized);
        (await host.LogInAsync("bob", password: "cafe\u0301 au lait")).Expect(HttpStatusCode.OK);
        (await host.LogInAsync("bob", password: "caf\u00e9 au lait")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Registering_with_it_is_a_bad_request()
    {
        await using var host = new TestHost();

        (await host.RegisterAsync("alice", password: "password")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await host.RegisterAsync("alice-in-wonderland", password: "Alice-in-Wonderland")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }
}
