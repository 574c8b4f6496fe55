namespace Chat.BuildingBlocks.Http;

/// <summary>What a call counts as for the network that it comes from.</summary>
public enum AddressRate
{
    Registrations,
    Logins,
}

/// <summary>An endpoint's metadata: its calls are limited by the network that they come from, before anything of their body is read.</summary>
public sealed record AddressRated(AddressRate Rate);
