using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Inspection.Pictures;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests.Inspection;

internal sealed class InspectorUnderTest : IDisposable
{
    private readonly TestMeters _meters = new();

    public InspectorUnderTest(PictureOptions? options = null, TimeProvider? clock = null)
    {
        var set = Options.Create(options ?? new PictureOptions());
        Decoder = new PictureDecoder(set, new InspectionMetrics(_meters), clock ?? TimeProvider.System, NullLogger<PictureDecoder>.Instance);
        Inspector = new MediaInspector(set, Decoder);
    }

    public PictureDecoder Decoder { get; }

    public IMediaInspector Inspector { get; }

    public Task<Inspected> InspectAsync(byte[] file) => Inspector.InspectAsync(new MemoryStream(file, writable: false), TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Decoder.Dispose();
        _meters.Dispose();
    }
}
