using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Contracts;

/// <summary>The refusals of this module that others pass on.</summary>
public static class MediaErrors
{
    /// <summary>No such file, its upload is not finished, or the caller may not read it: all look the same.</summary>
    public static Error NotFound { get; } = new(ErrorCodes.NotFound, "There is no such file, or you may not read it.");

    /// <summary>The virus scan found something in the file.</summary>
    public static Error Quarantined { get; } = new(ErrorCodes.Quarantined, "The virus scan found something in this file; it cannot be sent or read.");
}
