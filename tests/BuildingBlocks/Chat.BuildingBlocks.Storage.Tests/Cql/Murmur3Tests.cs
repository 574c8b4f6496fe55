using System.Text;
using Chat.BuildingBlocks.Storage.Cql.Client;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>Tokens; <see cref="CqlServerTests"/> compares more of them with a server's.</summary>
public sealed class Murmur3Tests
{
    // The first halves of the reference implementation's hashes of digits; in ASCII its bytes are not negative, so Cassandra's are the same.
    [Theory]
    [InlineData("", 0UL)]
    [InlineData("0", 0x2AC9DEBED546A380UL)]
    [InlineData("01", 0x649E4EAA7FC1708EUL)]
    [InlineData("012", 0xCE68F60D7C353BDBUL)]
    [InlineData("0123", 0x0F95757CE7F38254UL)]
    [InlineData("01234", 0x0F04E459497F3FC1UL)]
    [InlineData("012345", 0x88C0A92586BE0A27UL)]
    [InlineData("0123456", 0x13EB9FB82606F7A6UL)]
    [InlineData("01234567", 0x8236039B7387354DUL)]
    [InlineData("012345678", 0x4C1E87519FE738BAUL)]
    public void Known_keys_have_their_known_tokens(string key, ulong token) => Assert.Equal((long)token, Murmur3.Token(Encoding.ASCII.GetBytes(key)));
}
