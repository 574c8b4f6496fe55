using System.Security.Cryptography;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Identity.Contracts;

namespace Chat.Host.Authentication;

/// <summary>
/// <c>Chat.Host admin create ID</c>: creates the account of a user named in <c>Auth:Admins</c>, whose id cannot be registered. The password is the first line of
/// standard input if that is redirected and not empty; else one is generated and printed. With the embedded stores the server must not be running.
/// </summary>
internal static class CreateAdmin
{
    /// <param name="settings">Command-line settings, as for the server.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string id, string[] settings)
    {
        await using var app = ChatApplication.Build(settings);
        var admins = app.Services.GetRequiredService<IAdmins>();
        if (!UserId.TryParse(id, out var user) || !admins.Contains(user))
            return await RefuseAsync($"'{id}' is not in Auth:Admins.");

        await app.Services.OpenStoresAsync();
        var given = Console.IsInputRedirected ? await Console.In.ReadLineAsync() : null;
        var password = string.IsNullOrEmpty(given) ? RandomNumberGenerator.GetHexString(32, lowercase: true) : given;
        var made = await admins.CreateAsync(user, password, CancellationToken.None);
        if (made.Error is { } refusal)
            return await RefuseAsync(refusal.Text);
        Console.WriteLine(string.IsNullOrEmpty(given) ? $"The account {user} is made. Its password: {password}" : $"The account {user} is made.");
        return 0;
    }

    private static async Task<int> RefuseAsync(string reason)
    {
        await Console.Error.WriteLineAsync($"No account was made: {reason}");
        return 1;
    }
}
