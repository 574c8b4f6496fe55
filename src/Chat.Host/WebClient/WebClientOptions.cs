using System.ComponentModel.DataAnnotations;

namespace Chat.Host.WebClient;

/// <summary>Section <c>Page</c>: the web client.</summary>
internal sealed class WebClientOptions
{
    /// <summary>The folder of the built web client, read once at the start. Default <c>page</c> beside the program, where the build puts it.</summary>
    [Required] public string Directory { get; init; } = Path.Combine(AppContext.BaseDirectory, "page");
}
