using System.Net.Sockets;
using Chat.BuildingBlocks.Storage;
using Microsoft.Extensions.Options;

namespace Chat.Host;

/// <summary>Explains a failed start that the operator can fix, in one line instead of a stack trace.</summary>
internal static class StartFailure
{
    /// <summary>Null for a bug.</summary>
    public static string? Explain(Exception e) => e switch
    {
        StorageException => e.Message,
        OptionsValidationException options => string.Join(" ", options.Failures),
        AggregateException many when many.InnerExceptions.Select(Explain).ToList() is var lines && lines.All(line => line is not null) =>
            string.Join(" ", lines),
        // The configuration binder's: "Failed to convert configuration value 'x' at 'Section:Key' to type …".
        InvalidOperationException { InnerException: FormatException or ArgumentException or OverflowException } => e.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } or SocketException => e.Message,
        _ => null,
    };
}
