using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Secrets;
using Chat.Modules.Media.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Media.Tests.Signing;

public sealed class SignedAddressesTests
{
    private static readonly UserId Alice = UserId.Parse("alice");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero));
    private readonly SignedAddresses _addresses;
    private readonly MediaId _media;

    public SignedAddressesTests()
    {
        _addresses = New(1);
        _media = MediaId.New(_clock.GetUtcNow());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(320)]
    public void An_address_says_what_was_signed(int? width)
    {
        var read = _addresses.Begin(_media, Alice, width);

        Assert.Equal(read, Read(_addresses.Sign(read)));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 12, 15, 0, TimeSpan.Zero), read.ExpiresAt);
    }

    [Fact]
    public void An_address_ends_with_its_time()
    {
        var address = _addresses.Sign(_addresses.Begin(_media, Alice, null));

        _clock.Advance(TimeSpan.FromSeconds(899.7));
        Assert.NotNull(Read(address));
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Null(Read(address));
    }

    [Fact]
    public void A_server_with_the_same_key_reads_it_and_one_with_another_does_not()
    {
        var address = _addresses.Sign(_addresses.Begin(_media, Alice, null));

        Assert.NotNull(New(1).Read(_media.ToString(), Parsed(address.Value!)));
        Assert.Null(New(2).Read(_media.ToString(), Parsed(address.Value!)));
    }

    [Theory]
    [InlineData("u=alice", "u=bob")]
    [InlineData("u=alice", "u=Alice")]
    [InlineData("u=alice", "u=alice%0A")]
    [InlineData("u=alice", "u=alice&u=bob")]
    [InlineData("u=alice", "U=alice&x=1")]
    [InlineData("w=320", "w=1280")]
    [InlineData("w=320", "w=0320")]
    [InlineData("w=320", "w=320&w=320")]
    [InlineData("&w=320", "")]
    [InlineData("e=1", "e=2")]
    [InlineData("e=1", "e=+1")]
    [InlineData("&s=", "&s=A")]
    [InlineData("&s=", "&s=&t=")]
    [InlineData("&s=", "&download=1&s=")]
    public void An_address_that_was_changed_is_none(string part, string changed)
    {
        var address = _addresses.Sign(_addresses.Begin(_media, Alice, 320)).Value!;
        Assert.Contains(part, address, StringComparison.Ordinal);

        Assert.Null(_addresses.Read(_media.ToString(), Parsed(address.Replace(part, changed, StringComparison.Ordinal))));
    }

    [Fact]
    public void Any_other_character_in_it_makes_it_none()
    {
        var address = _addresses.Sign(_addresses.Begin(_media, Alice, 320)).Value!;
        for (var i = 1; i < address.Length; i++)
            Assert.Null(_addresses.Read(_media.ToString(), Parsed($"{address[..i]}{(address[i] == 'a' ? 'b' : 'a')}{address[(i + 1)..]}")));
    }

    [Fact]
    public void An_address_is_of_one_file()
    {
        var address = _addresses.Sign(_addresses.Begin(_media, Alice, null));

        Assert.Null(_addresses.Read(MediaId.New(_clock.GetUtcNow()).ToString(), Parsed(address.Value!)));
        Assert.Null(_addresses.Read(_media.ToString().ToUpperInvariant(), Parsed(address.Value!)));
        Assert.Null(_addresses.Read("", new QueryCollection()));
    }

    private SignedRead? Read(QueryString address) => _addresses.Read(_media.ToString(), Parsed(address.Value!));

    private static QueryCollection Parsed(string query) => new(QueryHelpers.ParseQuery(query));

    private SignedAddresses New(byte key) => new(new Key(key), Options.Create(new SigningOptions()), _clock);

    private sealed class Key(byte value) : IDerivedKeys
    {
        public byte[] DeriveKey(string purpose) => [.. Enumerable.Repeat(value, 32)];
    }
}
