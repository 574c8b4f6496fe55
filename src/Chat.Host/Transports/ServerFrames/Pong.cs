using Chat.Host.Transports.Frames;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>The answer to a <c>ping</c>.</summary>
internal sealed class Pong : Answer;

/// <summary>Nothing more than that.</summary>
internal readonly struct PongFrame : IServerFrame<Pong>
{
    public static string Type => "pong";

    public void WriteTo<TWriter>(Pong e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
    }
}
