namespace Chat.BuildingBlocks.Secrets;

/// <summary>Keys for purposes of the modules, derived from the server's signing key: those of servers with the same signing key are the same.</summary>
public interface IDerivedKeys
{
    /// <returns>32 bytes, always the same for the same purpose, which reveal nothing about the signing key or other purposes.</returns>
    byte[] DeriveKey(string purpose);

    /// <summary>Whether all servers have the same signing key, as the operator gave it to them; false for one that this server made.</summary>
    bool IsShared => true;
}
