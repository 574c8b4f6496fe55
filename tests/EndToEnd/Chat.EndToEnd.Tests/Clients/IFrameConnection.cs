namespace Chat.EndToEnd.Tests.Clients;

/// <summary>A device's connection, whatever the transport: sends the frames of /ws, and hands all that comes, answers too, to its owner as frames, one after another.</summary>
internal interface IFrameConnection : IAsyncDisposable
{
    /// <summary>Completes when the connection has ended, however it did.</summary>
    Task<Closing> Closed { get; }

    Task SendAsync(string type, object fields);

    /// <summary>Ends the connection without a word, as a lost network does.</summary>
    Task CutAsync();
}
