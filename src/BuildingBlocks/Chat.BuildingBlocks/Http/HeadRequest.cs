using Microsoft.AspNetCore.Http;

namespace Chat.BuildingBlocks.Http;

/// <summary>A HEAD that is served as the GET of its address. What is long to read need not be read for it, and its Range counts for nothing (RFC 9110 §14.2).</summary>
public static class HeadRequest
{
    private static readonly object Key = new();

    public static void Mark(HttpContext context) => context.Items[Key] = true;

    public static bool Is(HttpContext context) => context.Items.ContainsKey(Key);
}
