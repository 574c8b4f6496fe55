using Chat.Host.Http;
using Chat.Host.Operations;
using Microsoft.Extensions.Options;

namespace Chat.Host.WebClient;

/// <summary>Logs the last line of a start: the addresses to open in a browser.</summary>
internal sealed class ReadyLine(IOptions<OperationsOptions> operations, IOptions<HttpOptions> http, ILogger<ReadyLine> log)
{
    /// <param name="bound">The addresses that the server listens on.</param>
    /// <param name="missingFrom">The folder in which there is no page; null where there is one.</param>
    public void Log(IEnumerable<string> bound, string? missingFrom)
    {
        var addresses = Openable(bound, operations.Value.Port, http.Value.PathBase);
        if (missingFrom is null)
        {
            log.Ready(addresses);
            return;
        }
        log.WebClientMissing(missingFrom);
        log.ReadyWithoutWebClient(addresses);
    }

    /// <summary>The addresses for a browser on this machine, without the operators' port.</summary>
    public static string Openable(IEnumerable<string> bound, int operationsPort, string pathBase) => string.Join(
        " or ", bound.Select(BindingAddress.Parse).Where(address => address.IsUnixPipe || address.Port != operationsPort).Select(address => Openable(address, pathBase)).Distinct());

    private static string Openable(BindingAddress address, string pathBase)
    {
        if (address.IsUnixPipe)
            return address.ToString();
        // A server that listens on all addresses is reachable as localhost.
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri.GetLeftPart(UriPartial.Authority)
            + (pathBase.Length > 0 ? $"{pathBase}/" : "");
    }
}
