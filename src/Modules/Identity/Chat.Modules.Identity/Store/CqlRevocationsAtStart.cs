using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Identity.Devices;

namespace Chat.Modules.Identity.Store;

/// <summary>The revocations are read while the server waits for its database. One that is slow to answer is asked again, and does not end the start.</summary>
internal sealed class CqlRevocationsAtStart(Revocations revocations) : IOpenedAtStart
{
    public Task OpenAsync(CancellationToken ct) => revocations.RefreshAsync(ct);
}
