namespace Chat.Bench.Wire;

/// <summary>Takes the text frames of one connection, one after the other.</summary>
internal interface IFrameHandler
{
    void OnFrame(ReadOnlySpan<byte> json);
}
