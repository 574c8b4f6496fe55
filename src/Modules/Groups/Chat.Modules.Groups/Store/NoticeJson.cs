using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Groups.Store;

/// <summary>Pending notices as both stores keep them: JSON, of which a reader ignores what it does not know.</summary>
internal static class NoticeJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Of one change.</summary>
    public static string Encode(PendingNotices pending) => JsonSerializer.Serialize(ToKept(pending), Options);

    /// <summary>Of several changes.</summary>
    public static string Encode(IEnumerable<PendingNotices> pending) => JsonSerializer.Serialize(pending.Select(ToKept), Options);

    public static PendingNotices Decode(string json) => ToPending(JsonSerializer.Deserialize<Kept>(json, Options)!);

    /// <param name="json">Null for none.</param>
    public static IReadOnlyList<PendingNotices> DecodeAll(string? json) =>
        json is null ? [] : [.. JsonSerializer.Deserialize<List<Kept>>(json, Options)!.Select(ToPending)];

    private static Kept ToKept(PendingNotices pending) => new(
        pending.Change, pending.Version, pending.By,
        [.. pending.Notices.Select(one => new KeptNotice(one.Id, one.Notice.What, one.Notice.User, one.Notice.Users is { Count: > 0 } users ? users : null, one.Notice.Value))]);

    private static PendingNotices ToPending(Kept kept) => new(
        kept.Change, kept.Version, kept.By,
        [.. kept.Notices.Select(one => new PendingNotice(one.Id, new ConversationNotice(one.What) { User = one.User, Users = one.Users ?? [], Value = one.Value }))]);

    private sealed record Kept(Guid Change, long Version, UserId By, IReadOnlyList<KeptNotice> Notices);

    private sealed record KeptNotice(Guid Id, string What, UserId? User, IReadOnlyList<UserId>? Users, string? Value);
}
