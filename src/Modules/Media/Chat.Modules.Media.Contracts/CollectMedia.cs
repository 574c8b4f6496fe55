using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Media.Contracts;

/// <summary>
/// Removes files that no message has and nobody keeps, unfinished uploads among them. Goes on where the last one ended; ends when nothing is due, or after a few
/// minutes. May run at any time, also concurrently.
/// </summary>
/// <remarks>Answers with the number of files removed.</remarks>
/// <exception cref="StoreUnavailableException">A store does not answer; the next run goes on there.</exception>
public sealed record CollectMedia : ICommand<int>;
