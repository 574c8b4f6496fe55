using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>What the client knows and keeps, at one moment. A new one takes its place with every change.</summary>
/// <param name="Installation">Who is signed in, if anybody.</param>
/// <param name="Conversations">By id. Empty while signed out, whatever the store keeps for a return.</param>
/// <param name="Outbox">In the order written.</param>
/// <param name="Kept">What the store keeps for the user's return, and is not shown: while the session has ended.</param>
/// <param name="Life">Rises when the conversations are of another log or user than before: what was asked for earlier no longer fits.</param>
internal sealed record State(
    StoredInstallation Installation, ImmutableDictionary<string, StoredConversation> Conversations, ImmutableList<Outgoing> Outbox,
    StoredState? Kept, int Life)
{
    public string? UserId => Installation.Tokens is null ? null : Installation.UserId;

    public StoredConversation? Find(string conversationId) => Conversations.GetValueOrDefault(conversationId);
}
