using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Identity.Contracts;

/// <summary>
/// Deletes expired refresh tokens, and revocations whose access tokens have all expired. May run at any time, also concurrently.
/// </summary>
/// <remarks>Answers with the number of refresh tokens; 0 if the database deletes them by itself.</remarks>
public sealed record SweepTokens : ICommand<int>;
