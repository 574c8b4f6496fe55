using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Operations;

public sealed class OperationsTests(SharedServer shared)
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/openapi/v1.json")]
    public async Task The_operator_s_addresses_answer(string path)
    {
        var server = await shared.GetAsync();

        (await new RestClient(server.Address).GetAsync(path)).Expect2xx();
    }

    [Fact]
    public async Task The_signing_key_is_readable_by_its_owner_alone()
    {
        var server = await shared.GetAsync();

        var mode = File.GetUnixFileMode(Path.Combine(server.DataDirectory, "signing-key.pem"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
    }

    [Fact]
    public async Task The_description_names_every_call_of_the_protocol()
    {
        var server = await shared.GetAsync();
        string[] calls =
        [
            "post /v1/messages", "get /v1/conversations", "get /v1/conversations/{id}/messages", "get /v1/conversations/{id}/receipts",
            "post /v1/groups", "get /v1/groups/{id}", "patch /v1/groups/{id}", "post /v1/groups/{id}/members",
            "delete /v1/groups/{id}/members/{userId}", "patch /v1/groups/{id}/members/{userId}",
            "post /v1/auth/register", "post /v1/auth/login", "post /v1/auth/refresh", "post /v1/auth/logout",
            "post /v1/auth/password",
            "get /v1/devices", "delete /v1/devices/{deviceId}",
        ];

        var description = (await new RestClient(server.Address).GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK);

        var described = description.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(call => $"{call.Name} {path.Name}"));
        Assert.Empty(calls.Except(described));
    }
}
