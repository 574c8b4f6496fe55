using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Whom a message mentions: some members of its conversation, or all. As JSON a list of user ids, or <c>["@all"]</c>.</summary>
[JsonConverter(typeof(Converter))]
public sealed record Mentions
{
    /// <summary>The most users that a message mentions.</summary>
    public const int MaxUsers = 50;

    /// <summary>In the place of a user id: everybody.</summary>
    public const string AllName = "@all";

    private Mentions(IReadOnlyList<UserId> users, bool isAll) => (Users, IsAll) = (users, isAll);

    /// <summary>Nobody.</summary>
    public static Mentions None { get; } = new([], isAll: false);

    /// <summary>Everybody.</summary>
    public static Mentions All { get; } = new([], isAll: true);

    /// <summary>In the sender's order; empty where all are mentioned.</summary>
    public IReadOnlyList<UserId> Users { get; }

    /// <summary>Whether everybody is mentioned.</summary>
    public bool IsAll { get; }

    /// <summary>Whether nobody is mentioned.</summary>
    public bool IsEmpty => !IsAll && Users.Count == 0;

    /// <summary>As it is sent and stored.</summary>
    public IReadOnlyList<string> Names => IsAll ? [AllName] : [.. Users.Select(user => user.Value)];

    /// <summary>Some users.</summary>
    public static Mentions Of(IReadOnlyList<UserId> users) => users.Count == 0 ? None : new(users, isAll: false);

    /// <summary>Of names as in <see cref="Names"/>; null if one is neither a user id nor <see cref="AllName"/>, or there are others beside that.</summary>
    public static Mentions? Parse(IReadOnlyList<string> names)
    {
        if (names is [AllName])
            return All;
        var users = new List<UserId>(names.Count);
        foreach (var name in names)
        {
            if (!UserId.TryParse(name, null, out var user))
                return null;
            users.Add(user);
        }
        return Of(users);
    }

    /// <summary>Whether a user is mentioned.</summary>
    public bool Include(UserId user) => IsAll || Users.Contains(user);

    /// <summary>The JSON list that the reader stands on. One user more than there may be is read, for the validator to refuse.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static Mentions ReadFrom(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Malformed();
        var names = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var name = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Malformed();
            if (names.Count <= MaxUsers)
                names.Add(name);
        }
        return Parse(names) ?? throw Malformed();
    }

    /// <summary>Compares the users by name.</summary>
    public bool Equals(Mentions? other) => other is not null && IsAll == other.IsAll && Users.SequenceEqual(other.Users);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsAll, Users.Count);

    /// <summary>The most bytes as JSON.</summary>
    internal int MaxJsonBytes()
    {
        // The field's name; quotation marks and a comma.
        const int ofField = 20, ofName = 3;
        var bytes = ofField + AllName.Length;
        foreach (var user in Users)
            bytes += ofName + user.Value.Length;
        return bytes;
    }

    private static JsonException Malformed() => new($"mentions is a list of user ids, or [\"{AllName}\"].");

    private sealed class Converter : JsonConverter<Mentions>
    {
        public override Mentions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return ReadFrom(ref reader);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // Without its text, the serializer adds the path: which is what the caller is told.
                throw new JsonException(null, e);
            }
        }

        public override void Write(Utf8JsonWriter writer, Mentions value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var name in value.Names)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
    }
}
