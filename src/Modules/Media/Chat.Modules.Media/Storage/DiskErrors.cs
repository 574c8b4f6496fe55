using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>What the errors of a disk mean.</summary>
internal static class DiskErrors
{
    // errno; Windows' ERROR_DISK_FULL as an HRESULT.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int DiskFull = unchecked((int)0x80070070);

    /// <summary><see cref="StoreFullException"/> where there is no room, else <see cref="StoreUnavailableException"/>.</summary>
    /// <param name="folder">What the folder is, for the message.</param>
    public static Exception Explain(Exception e, string folder) => e.HResult is NoSpace or QuotaExceeded or DiskFull
        ? new StoreFullException($"The disk of the {folder} is full.", e)
        : new StoreUnavailableException($"The folder of the {folder} cannot be written: {e.Message}", e);
}
