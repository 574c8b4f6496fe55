using System.Text;
using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ClientFrames;

namespace Chat.Host.Transports.Frames;

/// <summary>Makes a frame of its fields.</summary>
/// <exception cref="MalformedFrameException">They are not those of such a frame.</exception>
internal delegate ClientFrame FrameFactory(in FrameFields fields, UserId from);

/// <summary>A kind of client frame: what it is called and how it is read.</summary>
/// <param name="type">Its <c>type</c> on <c>/ws</c>.</param>
/// <param name="hubMethod">The hub's method; null where the hub has none.</param>
/// <param name="fields">Its properties but for the type, the most frequent first.</param>
/// <param name="make">Makes it of them.</param>
internal sealed class ClientFrameSpec(string type, string? hubMethod, FrameField[] fields, FrameFactory make)
{
    private readonly byte[] _type = Encoding.UTF8.GetBytes(type);
    private readonly FrameField[] _fields = fields.Length < FrameFields.MaxCount
        ? [FrameField.Type, .. fields]
        : throw new ArgumentException($"A frame has fewer than {FrameFields.MaxCount} properties.", nameof(fields));

    public string Type => type;

    public string? HubMethod => hubMethod;

    public IReadOnlyList<FrameField> Fields => fields;

    /// <summary>Whether the string on which the reader stands is this frame's type.</summary>
    public bool IsNamedBy(ref Utf8JsonReader reader) => reader.ValueTextEquals(_type);

    /// <exception cref="MalformedFrameException">A value is none that it may be.</exception>
    /// <exception cref="JsonException">It is not one JSON object, or a property stands twice.</exception>
    public ClientFrame Read(ReadOnlySpan<byte> json, UserId from) => make(FrameFields.Find(json, _fields), from);
}
