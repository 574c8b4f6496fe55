using System.Text.Json;
using Chat.Host.Transports.Frames;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Every frame that a client may send: the parser knows these and no others (docs/life-of-a-message.md tells how one is added).</summary>
internal static class ClientFrameRegistry
{
    // Each incoming frame is compared with these in turn: the most frequent first.
    private static readonly ClientFrameSpec[] Specs =
    [
        MessageFrame.Spec,
        AckFrame.Spec,
        TypingFrame.Spec,
        ReactFrame.Spec,
        EditFrame.Spec,
        DeleteFrame.Spec,
        PinFrame.Spec,
        TimerFrame.Spec,
        SyncFrame.Spec,
        PresenceFrame.Spec,
        AuthFrame.Spec,
        PingFrame.Spec,
    ];

    public static IReadOnlyList<ClientFrameSpec> All => Specs;

    /// <summary>The frame whose type the reader stands on; null where there is none.</summary>
    public static ClientFrameSpec? Find(ref Utf8JsonReader type)
    {
        foreach (var spec in Specs)
            if (spec.IsNamedBy(ref type))
                return spec;
        return null;
    }
}
