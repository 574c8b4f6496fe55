namespace Chat.EndToEnd.Tests.Load;

/// <summary>Through which transport a device of a load connects.</summary>
internal enum Door
{
    WebSocket,
    HubInJson,
    HubInMessagePack,
}
