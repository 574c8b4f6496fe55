using System.Net;
using System.Net.Http.Json;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Media;

public sealed class CaptionTests
{
    [Fact]
    public async Task An_edit_without_a_text_is_refused_and_does_not_take_a_file_s_text_away()
    {
        await using var host = new TestHost(("RateLimits:Enabled", "false"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var file = await alice.UploadedAsync([1, 2, 3]);
        var sent = (await alice.PostAsync("/v1/messages", new { to = "@bob", text = "look", clientMsgId = "1", mediaIds = new[] { file } })).Expect(HttpStatusCode.Created);
        var path = $"/v1/conversations/{sent.Text("conversationId")}/messages/{sent.Text("messageId")}";

        using var edited = await alice.SendAsync(HttpMethod.Patch, path, JsonContent.Create(new { clientMsgId = "2" }));

        Assert.Equal(HttpStatusCode.BadRequest, edited.StatusCode);
        Assert.Equal("look", (await alice.AskAsync(HttpMethod.Get, path)).Expect(HttpStatusCode.OK).Text("text"));
    }
}
