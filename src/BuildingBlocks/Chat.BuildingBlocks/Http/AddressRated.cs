namespace Chat.BuildingBlocks.Http;

/// <summary>The rates that are counted by client network.</summary>
public enum AddressRate
{
    Registrations,
    Logins,

    /// <summary>Files read by signed addresses.</summary>
    SignedReads,
}

/// <summary>Endpoint metadata: calls are limited by client network, before their body is read.</summary>
public sealed record AddressRated(AddressRate Rate);
