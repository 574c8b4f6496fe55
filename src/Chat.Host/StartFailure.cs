using System.Net.Sockets;
using Chat.BuildingBlocks.Storage;
using Microsoft.Extensions.Options;

namespace Chat.Host;

/// <summary>Why a start failed, where the operator can mend it: one line instead of a stack trace.</summary>
internal static class StartFailure
{
    /// <summary>Null for what is a bug.</summary>
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
