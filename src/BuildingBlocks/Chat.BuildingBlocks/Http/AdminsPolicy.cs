namespace Chat.BuildingBlocks.Http;

/// <summary>The authorization policy of endpoints for the users in <c>Auth:Admins</c> alone.</summary>
public static class AdminsPolicy
{
    public const string Name = "Admins";
}
