using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>An outbox entry: a message that is stored here and not yet acked by the server.</summary>
public sealed record Outgoing : MessageContent
{
    /// <summary>An empty one, for an initializer.</summary>
    public Outgoing()
    {
    }

    /// <summary>One that says this.</summary>
    public Outgoing(MessageContent content) : base(content)
    {
    }

    /// <summary>The idempotency key, the same for all attempts.</summary>
    public required string ClientMsgId { get; init; }

    /// <summary>Where it is sent.</summary>
    public required string ConversationId { get; init; }

    /// <summary>When it was put into the outbox, by this machine's clock; for display only.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its state.</summary>
    public OutgoingState State { get; init; }

    /// <summary>
    /// The files that it takes along, after its <see cref="MessageContent.Media"/>. When all of them are uploaded, they are the last of its media, too.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<OutgoingFile> Files
    {
        get => FileList ?? (IReadOnlyList<OutgoingFile>)[];
        init => FileList = value.Count == 0 ? null : new ValueList<OutgoingFile>(value);
    }

    // Never changed after it was read.
    [JsonInclude, JsonPropertyName("files")]
    internal ValueList<OutgoingFile>? FileList { get; set; }

    // Never changed after it was read. Of an entry that is no message: what it changes.
    [JsonInclude]
    internal OutgoingChange? Change { get; set; }

    // Never changed after it was read. An edit or a deletion that was made when the server might have it: goes out as a change when it is acked.
    [JsonInclude]
    internal ChangeContent? Then { get; set; }

    /// <summary>Why it failed, if it has.</summary>
    public OutgoingError? Error { get; init; }

    /// <summary>As a message that waits; null for what is no message, or is to be deleted.</summary>
    internal Outgoing? AsShown() => this switch
    {
        { Change: not null } or { Then: ChangeContent.Delete } => null,
        { Then: ChangeContent.Edit edit } => this with { Text = edit.Text, Mentions = edit.Mentions ?? Mentions },
        _ => this,
    };

    internal IAnsweredFrame ToFrame() => Change is { } change ? change.ToFrame(ConversationId, ClientMsgId) : new SendFrame(ConversationId, ClientMsgId, this);

    /// <summary>As it is sent again after it has failed.</summary>
    internal Outgoing Again()
    {
        OutgoingFile[] files = [.. Files.Select(file => Error?.Code == ErrorCodes.NotFound ? file with { Media = null } : file)];
        if (files.All(file => file.Media is not null))
            return this with { State = OutgoingState.Waiting, Error = null };
        // What it has of its own, without the uploads.
        var uploaded = Files.Select(file => file.Media?.MediaId).ToHashSet();
        return this with { Files = files, Media = [.. Media.Where(media => !uploaded.Contains(media.MediaId))], State = OutgoingState.Uploading, Error = null };
    }
}

/// <summary>The state of an outbox entry.</summary>
[JsonConverter(typeof(CamelCase<OutgoingState>))]
public enum OutgoingState
{
    /// <summary>It is sent by itself when there is a connection and it is its turn.</summary>
    Waiting,

    /// <summary>It is being sent, and has no answer yet.</summary>
    Sending,

    /// <summary>Its files are uploaded first; later messages pass it.</summary>
    Uploading,

    /// <summary>The server has refused it, or one of its files. It waits for a retry, or to be discarded.</summary>
    Failed,
}

/// <summary>Why the server has refused a message.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">For people.</param>
public sealed record OutgoingError(string Code, string Message);
