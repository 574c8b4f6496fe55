using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media.Scanning;

/// <summary>Section <c>Media</c>: the virus scan.</summary>
internal sealed class ScanningOptions
{
    /// <summary>
    /// The <c>host:port</c> of a clamd, which looks at each uploaded file before anybody may read it. Its <c>StreamMaxLength</c> should be <c>Media:MaxBytes</c>
    /// at least: what is larger is never found clean. Default none: files are not scanned, and those that waited are released.
    /// </summary>
    [RegularExpression(@"[^\s/]+:\d{1,5}", ErrorMessage = "Media:ClamAv must be host:port.")] public string? ClamAv { get; init; }

    /// <summary>Seconds in which clamd has to answer for one file, from the connect on. 1 to 3 600; default 120.</summary>
    [Range(1, 3_600)] public int ScanSeconds { get; init; } = 120;

    /// <summary>Seconds until a file is scanned again that clamd gave no answer for. 1 to 3 600; default 30.</summary>
    [Range(1, 3_600)] public int RescanSeconds { get; init; } = 30;

    public bool IsOn => !string.IsNullOrWhiteSpace(ClamAv);

    public TimeSpan RescanAfter => TimeSpan.FromSeconds(RescanSeconds);
}
