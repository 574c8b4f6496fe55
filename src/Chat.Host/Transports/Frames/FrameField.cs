using System.Text;

namespace Chat.Host.Transports.Frames;

/// <summary>A property of a client's frame. Those that several frames have stand here; what belongs to one frame alone stands in its file.</summary>
internal sealed class FrameField(string name)
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(name);

    public static readonly FrameField ClientMsgId = new("clientMsgId");
    public static readonly FrameField ConversationId = new("conversationId");
    public static readonly FrameField Mentions = new("mentions");
    public static readonly FrameField MessageId = new("messageId");
    public static readonly FrameField On = new("on");
    public static readonly FrameField Text = new("text");
    public static readonly FrameField To = new("to");
    public static readonly FrameField Type = new("type");

    public string Name => name;

    public ReadOnlySpan<byte> Utf8 => _utf8;
}
