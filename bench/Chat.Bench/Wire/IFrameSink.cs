namespace Chat.Bench.Wire;

/// <summary>Takes frames that a user sends.</summary>
internal interface IFrameSink
{
    /// <returns>False, and nothing is sent, when too much waits already.</returns>
    bool Post(ReadOnlySpan<byte> payload);

    /// <summary>Sends what was posted.</summary>
    void Flush();
}
