using System.Text;
using System.Text.Unicode;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Log.WireFormat;

namespace Chat.Modules.Messaging.Log;

/// <summary>Mentions as a repeated field: a user id each, <c>@all</c> for everybody, and one that is empty for nobody, where that has to be said.</summary>
internal static class MentionCodec
{
    public static int SizeOf(Mentions mentions)
    {
        if (mentions.IsEmpty)
            return SizeOfField(0);
        var size = 0;
        foreach (var name in mentions.Names)
            size += SizeOfField(name.Length);
        return size;
    }

    public static void Write(Mentions mentions, int tag, ref Span<byte> bytes)
    {
        if (mentions.IsEmpty)
            WriteSizedField(ref bytes, tag, 0);
        foreach (var name in mentions.Names)
            Encoding.ASCII.GetBytes(name, WriteSizedField(ref bytes, tag, name.Length));
    }

    /// <summary>Adds what a field says to the names that were read before it.</summary>
    public static List<string> Read(List<string>? before, ReadOnlySpan<byte> value)
    {
        var names = before ?? [];
        if (!value.IsEmpty)
            names.Add(Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw Malformed());
        return names;
    }

    /// <param name="names">Of <see cref="Read"/>; null where there was no field.</param>
    public static Mentions? ToMentions(List<string>? names) => names is null ? null : Mentions.Parse(names) ?? throw Malformed();

    private static MalformedContentException Malformed() => new("mentions what is no user");
}
