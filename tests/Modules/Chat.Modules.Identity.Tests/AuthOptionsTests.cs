using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Chat.Modules.Identity.Tests;

public sealed class AuthOptionsTests
{
    [Fact]
    public void Nothing_set_is_built_in_accounts()
    {
        Assert.True(new AuthOptions().KeepsAccounts);
        Assert.Empty(Faults(new AuthOptions()));
    }

    [Fact]
    public void An_outside_issuer_takes_their_place()
    {
        var options = new AuthOptions { Authority = "https://issuer.example", Audience = "chat" };

        Assert.False(options.KeepsAccounts);
        Assert.Empty(Faults(options));
    }

    [Theory]
    [InlineData("https://issuer.example", "chat", true, "Auth:BuiltInAccounts must be false")]
    [InlineData("https://issuer.example", null, null, "Auth:Audience must be set")]
    [InlineData("http://issuer.example", "chat", null, "Auth:Authority must be https")]
    [InlineData("issuer", "chat", null, "Auth:Authority must be the absolute address")]
    [InlineData(null, null, false, "nobody could come in")]
    public void What_would_be_unsafe_ends_the_start(string? authority, string? audience, bool? accounts, string fault)
    {
        var faults = Faults(new AuthOptions { Authority = authority, Audience = audience, BuiltInAccounts = accounts });

        Assert.Contains(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_http_is_for_development() =>
        Assert.Empty(Faults(new AuthOptions { Authority = "http://localhost:9000", Audience = "chat" }, Environments.Development));

    [Fact]
    public void An_admin_is_a_user_id() =>
        Assert.Contains("'a b' is not a user id", Assert.Single(Faults(new AuthOptions { Admins = ["alice", "a b"] })), StringComparison.Ordinal);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void Several_hosts_need_a_key_that_is_named(string? file) => Assert.Contains(
        "Auth:SigningKeyFile must name", new SharedKeyValidator().Validate(null, new AuthOptions { SigningKeyFile = file }).FailureMessage, StringComparison.Ordinal);

    [Fact]
    public void Several_hosts_with_an_outside_issuer_need_no_key() =>
        Assert.True(new SharedKeyValidator().Validate(null, new AuthOptions { Authority = "https://issuer.example" }).Succeeded);

    private static IEnumerable<string> Faults(AuthOptions options, string environment = "Production") =>
        new AuthOptionsValidator(new Named(environment)).Validate(null, options).Failures ?? [];

    private sealed class Named(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
