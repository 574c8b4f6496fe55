using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>All that the client knows and stores, at one moment. Every change makes a new one.</summary>
/// <param name="Installation">The device and who is signed in, if anybody.</param>
/// <param name="Conversations">By id. Empty while signed out.</param>
/// <param name="Outbox">In the order written.</param>
/// <param name="Hidden">What the store keeps until the user signs in again, after the session has ended.</param>
/// <param name="Generation">Rises when the conversations are of another epoch or user: answers to earlier requests are discarded.</param>
internal sealed record State(
    StoredInstallation Installation, ImmutableDictionary<string, StoredConversation> Conversations, ImmutableList<Outgoing> Outbox,
    StoredState? Hidden, int Generation)
{
    public string? UserId => Installation.Tokens is null ? null : Installation.UserId;

    public StoredConversation? Find(string conversationId) => Conversations.GetValueOrDefault(conversationId);
}
