using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Identity.Contracts;

/// <summary>
/// Deletes the refresh tokens that have expired, and the revocations that no access token is left of. May run at any time, and twice at once.
/// </summary>
/// <remarks>Answers with the number of refresh tokens; 0 where the database deletes them by itself.</remarks>
public sealed record SweepTokens : ICommand<int>;
