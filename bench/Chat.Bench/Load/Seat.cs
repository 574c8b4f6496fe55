namespace Chat.Bench.Load;

/// <summary>What one user of a conversation sends and gets, on whatever connection.</summary>
internal sealed record Seat(string User, int Server, Flow? Outgoing, Incoming? Incoming);
