namespace Chat.Host;

/// <summary><c>Chat.Host health</c>: asks the server in this container whether it is alive, for the container's health check. Opens no store.</summary>
internal static class HealthProbe
{
    /// <returns>The process's exit code: 0 if it is alive, else 1.</returns>
    public static async Task<int> RunAsync()
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables().Build();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await http.GetAsync($"http://127.0.0.1:{PortOf(configuration)}/health/live");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    internal static int PortOf(IConfiguration configuration)
    {
        if (configuration.GetValue<int>("Operations:Port") is > 0 and var operations)
            return operations;
        var urls = configuration["urls"]?.Split(';') ?? configuration["http_ports"]?.Split(';').Select(port => $"http://*:{port}").ToArray();
        var url = urls?.FirstOrDefault(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase));
        return url is null ? 5080 : BindingAddress.Parse(url).Port;
    }
}
