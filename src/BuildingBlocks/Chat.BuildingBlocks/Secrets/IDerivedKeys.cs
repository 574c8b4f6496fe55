namespace Chat.BuildingBlocks.Secrets;

/// <summary>Keys for purposes of the modules, derived from the server's signing key: those of servers with the same signing key are the same.</summary>
public interface IDerivedKeys
{
    /// <returns>32 bytes, always the same for the same purpose, which reveal nothing about the signing key or other purposes.</returns>
    byte[] DeriveKey(string purpose);
}
