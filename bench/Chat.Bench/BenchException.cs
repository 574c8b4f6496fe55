namespace Chat.Bench;

/// <summary>A run that cannot go on, with a text for whoever started it.</summary>
internal sealed class BenchException(string message) : Exception(message);
