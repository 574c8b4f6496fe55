using System.Diagnostics.Metrics;

namespace Chat.Testing;

/// <summary>Meters that nobody listens to.</summary>
public sealed class TestMeters : IMeterFactory
{
    private readonly Meter _meter = new("Chat");

    public Meter Create(MeterOptions options) => _meter;

    public void Dispose() => _meter.Dispose();
}
