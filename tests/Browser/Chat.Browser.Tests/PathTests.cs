using System.Diagnostics;
using System.Globalization;
using System.Net;
using Chat.Testing;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>The page below <c>/chat/</c> of a host that has other things as well.</summary>
public sealed class PathTests(Browsers browsers)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Behind_a_proxy_that_gives_it_a_path_everything_works(bool stripped)
    {
        Dictionary<string, string> settings = stripped ? [] : new() { ["Http__PathBase"] = "/chat" };
        await using var server = await ServerProcess.StartAsync(settings);
        await using var proxy = await Nginx.StartAsync(server, stripped);
        await using var alice = await browsers.OpenAsync(server, address: new Uri(proxy.Address, "/chat/"));
        await using var bob = await browsers.OpenAsync(server, address: new Uri(proxy.Address, "/chat/"));
        await alice.RegisterAsync("alice");
        await bob.RegisterAsync("bob");

        await alice.WriteToAsync("bob");
        await alice.SendAsync("below a path");
        await bob.OpenConversationAsync("alice");
        await alice.SeeTickAsync("below a path", "read");
        Assert.All(await alice.Page.EvaluateAsync<string[]>("performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"), path =>
            Assert.StartsWith("/chat/", path, StringComparison.Ordinal));

        // Its own languages, links and reload, and the address as people write it.
        await alice.Page.ReloadAsync();
        await alice.SeeAsync("below a path");
        await alice.Page.GotoAsync(new Uri(proxy.Address, "/chat").ToString());
        await alice.SeeListAsync();
        await Expect(alice.Page).ToHaveURLAsync(new Uri(proxy.Address, "/chat/").ToString());
        await alice.Page.GotoAsync("./#/settings");
        await alice.Page.GetByText("Deutsch").ClickAsync();
        await Expect(alice.Page.Locator("html")).ToHaveAttributeAsync("lang", "de");
    }

    /// <summary>nginx with one location, on a port of its own.</summary>
    private sealed class Nginx : IAsyncDisposable
    {
        private const string Program = "/usr/sbin/nginx";
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-nginx-");
        private readonly Process _process;

        private Nginx(ServerProcess server, bool stripping)
        {
            Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
            var configuration = Path.Combine(_folder.FullName, "nginx.conf");
            File.WriteAllText(configuration, $$"""
                daemon off;
                worker_processes 1;
                pid {{_folder.FullName}}/pid;
                error_log stderr;
                events { worker_connections 64; }
                http {
                  access_log off;
                  client_body_temp_path {{_folder.FullName}}/body;
                  proxy_temp_path {{_folder.FullName}}/proxy;
                  fastcgi_temp_path {{_folder.FullName}}/fastcgi;
                  uwsgi_temp_path {{_folder.FullName}}/uwsgi;
                  scgi_temp_path {{_folder.FullName}}/scgi;
                  server {
                    listen 127.0.0.1:{{Address.Port}};
                    absolute_redirect off;
                    location /chat/ {
                      proxy_pass {{server.Address.GetLeftPart(UriPartial.Authority)}}{{(stripping ? "/" : "")}};
                      proxy_http_version 1.1;
                      proxy_set_header Upgrade $http_upgrade;
                      proxy_set_header Connection upgrade;
                    }
                  }
                }

                """);
            _process = Process.Start(new ProcessStartInfo(Program, ["-c", configuration, "-e", "stderr"]) { RedirectStandardError = true })!;
        }

        public Uri Address { get; }

        public static async Task<Nginx> StartAsync(ServerProcess server, bool stripping)
        {
            Assert.SkipUnless(File.Exists(Program), "nginx is not installed: the page was not tried behind a path.");
            var proxy = new Nginx(server, stripping);
            using var http = new HttpClient { BaseAddress = proxy.Address };
            await Until.TrueAsync(() => proxy.AnswersAsync(http), "nginx answers");
            return proxy;
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
            _folder.Delete(recursive: true);
        }

        private async Task<bool> AnswersAsync(HttpClient http)
        {
            if (_process.HasExited)
                Assert.Fail($"nginx ended: {await _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
            try
            {
                using var answer = await http.GetAsync(new Uri("/chat/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
                return answer.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
