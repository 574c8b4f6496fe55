using System.Security.Cryptography;

namespace Chat.Client;

internal static class DeviceIds
{
    public static string Next() => "dotnet-" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 8);
}
