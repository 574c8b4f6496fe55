using System.Diagnostics.Metrics;

namespace Chat.Bench;

/// <summary>For the parts of the server that the generator uses itself.</summary>
internal sealed class NoMeters : IMeterFactory
{
    private readonly Meter meter = new("Chat");

    public Meter Create(MeterOptions options) => meter;

    public void Dispose() => meter.Dispose();
}
