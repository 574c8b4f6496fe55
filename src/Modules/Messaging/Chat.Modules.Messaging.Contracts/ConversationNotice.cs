using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>What a notice tells: something that happened to a conversation. The entry's sender is who did it.</summary>
/// <param name="What">One of the names below, or what only a newer server knows: 1 to 32 ASCII letters.</param>
public sealed record ConversationNotice(string What)
{
    /// <summary>The group was created: its title, and its first members besides the sender.</summary>
    public const string Created = "created";

    /// <summary>Users were added.</summary>
    public const string MemberAdded = "memberAdded";

    /// <summary>A user was removed.</summary>
    public const string MemberRemoved = "memberRemoved";

    /// <summary>The sender has left.</summary>
    public const string Left = "left";

    /// <summary>The title was changed.</summary>
    public const string TitleChanged = "titleChanged";

    /// <summary>A user has another role.</summary>
    public const string RoleChanged = "roleChanged";

    /// <summary>The most users of one notice. What happens to more at once takes several.</summary>
    public const int MaxUsers = 50;

    /// <summary>The user to whom it happened, where it is always one; null for none.</summary>
    public UserId? User { get; init; }

    /// <summary>The users to whom it happened, where it may be several: at most <see cref="MaxUsers"/>.</summary>
    public IReadOnlyList<UserId> Users { get; init; } = [];

    /// <summary>What was set, such as a title or a role; null for none.</summary>
    public string? Value { get; init; }

    /// <summary>Encoded fields of a newer server that this one does not know: kept, and written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>The most bytes as JSON.</summary>
    internal int MaxJsonBytes()
    {
        // Names of fields; of a user, quotes and a comma.
        const int fixedBytes = 128, ofUser = 3;
        var bytes = fixedBytes + What.Length + JsonText.MaxBytes(Value) + (User?.Value.Length ?? 0);
        for (var i = 0; i < Users.Count; i++)
            bytes += ofUser + Users[i].Value.Length;
        return bytes;
    }

    /// <summary>Compares the users one by one.</summary>
    public bool Equals(ConversationNotice? other) => other is not null && (What, User, Value) == (other.What, other.User, other.Value)
        && Users.SequenceEqual(other.Users) && Unknown.Span.SequenceEqual(other.Unknown.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(What, User, Value);
}
