using System.Net;
using Chat.EndToEnd.Tests.Clients;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>Calls of REST to servers that may be away.</summary>
internal static class LoadCalls
{
    /// <returns>Null where a retry is due.</returns>
    public static async Task<RestAnswer?> TryAsync(Func<RestClient, Task<RestAnswer>> call, Account caller)
    {
        try
        {
            var answer = await call(caller.Rest);
            return answer.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests ? null : answer;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return null;
        }
    }
}
