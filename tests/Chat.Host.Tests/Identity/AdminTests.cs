using System.Net;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Identity;

/// <summary>Nobody becomes admin by registering.</summary>
public sealed class AdminTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Theory]
    [InlineData("root")]
    [InlineData("ROOT")]
    [InlineData("Root.")]
    public async Task An_admin_s_id_and_what_looks_like_it_are_as_taken(string id)
    {
        await using var host = new TestHost(("Auth:Admins:0", "root"));
        await host.RegisterAsync("alice");
        var taken = (await host.RegisterAsync("alice")).ExpectProblem(HttpStatusCode.Conflict, "conflict");

        var reserved = (await host.RegisterAsync(id)).ExpectProblem(HttpStatusCode.Conflict, "conflict");

        Assert.Equal(taken.Body, reserved.Body);
    }

    [Fact]
    public async Task The_command_makes_the_account_with_the_password_of_its_input()
    {
        using var command = HostProcess.Start(_data, ["admin", "create", "root"], "open sesame", ("Auth__Admins__0", "root"));
        Assert.Equal(0, await command.ExitCodeAsync());

        await using var host = new TestHost(("Auth:Admins:0", "root"), ("Storage:DataDirectory", _data));
        var root = (await host.LogInAsync("root", password: "open sesame")).Expect(HttpStatusCode.OK);
        (await host.GetAsync("/ops/jobs/recurring", root.AccessToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_input_the_command_makes_a_password_and_a_second_one_changes_nothing()
    {
        using var command = HostProcess.Start(_data, ["admin", "create", "root"], "", ("Auth__Admins__0", "root"));
        Assert.Equal(0, await command.ExitCodeAsync());
        var password = Assert.Single(command.Output, line => line.Contains("password: ", StringComparison.Ordinal)).Split("password: ")[1];

        using var again = HostProcess.Start(_data, ["admin", "create", "root"], "another one", ("Auth__Admins__0", "root"));
        Assert.Equal(1, await again.ExitCodeAsync());
        Assert.Equal("No account was made: This user id is taken.", Assert.Single(again.Errors));

        await using var host = new TestHost(("Auth:Admins:0", "root"), ("Storage:DataDirectory", _data));
        (await host.LogInAsync("root", password: password)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_command_makes_no_account_of_others()
    {
        using var command = HostProcess.Start(_data, ["admin", "create", "bob"], "open sesame", ("Auth__Admins__0", "root"));

        Assert.Equal(1, await command.ExitCodeAsync());
        Assert.Equal("No account was made: 'bob' is not in Auth:Admins.", Assert.Single(command.Errors));
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);
}
