using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Contracts;

/// <summary>The users who may see the operators' pages: <c>Auth:Admins</c>.</summary>
public interface IAdmins
{
    /// <summary>Whether the user is one.</summary>
    bool Contains(UserId user);

    /// <summary>Whether this admin's password was checked and right within the last five minutes. A browser sends it with every request.</summary>
    bool IsKnown(UserId user, string password);

    /// <summary>Checks a built-in account's password.</summary>
    /// <remarks>Refusals: <c>unauthenticated</c>, <c>rate_limited</c>, <c>unavailable</c> when too many passwords wait.</remarks>
    /// <param name="user">Anybody: that it is an admin is <see cref="Contains"/>'s to say.</param>
    /// <param name="network">Where it comes from: failed tries count by account and network.</param>
    Task<Result<Done>> CheckAsync(UserId user, string password, IPAddress network, CancellationToken ct);

    /// <summary>Creates an admin's account; the id cannot be registered by clients.</summary>
    /// <remarks>Refusals: <c>forbidden</c> for a user who is not an admin, or if an outside issuer keeps the accounts, <c>bad_request</c> for a password
    /// that cannot be one, <c>conflict</c> if the account exists, <c>unavailable</c> when too many passwords wait.</remarks>
    Task<Result<Done>> CreateAsync(UserId user, string password, CancellationToken ct);
}
