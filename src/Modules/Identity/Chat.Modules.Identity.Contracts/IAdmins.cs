using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Contracts;

/// <summary>The users who may see the operators' pages: <c>Auth:Admins</c>.</summary>
public interface IAdmins
{
    /// <summary>Whether the user is one.</summary>
    bool Contains(UserId user);

    /// <summary>Whether this password of an admin's was right within the last five minutes: a browser sends it with each part of a page.</summary>
    bool IsKnown(UserId user, string password);

    /// <summary>Checks a built-in account's password.</summary>
    /// <remarks>Refusals: <c>unauthenticated</c>, <c>rate_limited</c>, <c>unavailable</c> when too many passwords wait.</remarks>
    /// <param name="user">Anybody: that it is an admin is <see cref="Contains"/>'s to say.</param>
    /// <param name="network">Where it comes from: failed tries count by account and network.</param>
    Task<Result<Done>> CheckAsync(UserId user, string password, IPAddress network, CancellationToken ct);

    /// <summary>Makes an admin's account, as nobody can register it.</summary>
    /// <remarks>Refusals: <c>forbidden</c> for a user who is no admin and where an outside issuer keeps the accounts, <c>bad_request</c> for a password
    /// that cannot be one, <c>conflict</c> where there is the account, <c>unavailable</c> when too many passwords wait.</remarks>
    Task<Result<Done>> CreateAsync(UserId user, string password, CancellationToken ct);
}
