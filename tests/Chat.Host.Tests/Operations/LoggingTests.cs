using Chat.Host.Tests.Running;
using Microsoft.Extensions.Logging;

namespace Chat.Host.Tests.Operations;

public sealed class LoggingTests : IAsyncDisposable
{
    private readonly TestHost _host = new();

    [Fact]
    public async Task A_category_has_one_logger_however_often_it_is_asked_for()
    {
        var factory = await _host.ServiceAsync<ILoggerFactory>();

        Assert.Same(factory.CreateLogger("Some.Category"), factory.CreateLogger("Some.Category"));
        Assert.NotSame(factory.CreateLogger("Some.Category"), factory.CreateLogger("Another.Category"));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
