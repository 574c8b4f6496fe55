using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>One installation of a client, named by the client: the alphabet of <see cref="UserId"/>.</summary>
[JsonConverter(typeof(ParsableJsonConverter<DeviceId>))]
public readonly record struct DeviceId : IParsable<DeviceId>
{
    private DeviceId(string value) => Value = value;

    public string Value { get; }

    public static DeviceId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("Not a device id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DeviceId result)
    {
        var wellFormed = s is not null && Identifier.IsWellFormed(s);
        result = wellFormed ? new DeviceId(s!) : default;
        return wellFormed;
    }

    public static bool TryParse([NotNullWhen(true)] string? s, out DeviceId result) => TryParse(s, null, out result);

    public override string ToString() => Value;
}

/// <summary>A device of a user: what a connection belongs to, and what a command comes from.</summary>
public readonly record struct DeviceAddress(UserId User, DeviceId Device)
{
    public override string ToString() => $"{User}/{Device}";
}
