using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Chat.Bench.Servers;

/// <summary>A certificate for this machine's loopback address, as Kestrel reads it from its settings.</summary>
internal sealed class TestCertificate : IDisposable
{
    private const string Name = "CN=localhost";

    private readonly string path = Path.GetTempFileName();      // readable by its owner only

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(7));
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12));
    }

    /// <summary>Accepts such a certificate, whoever made it, and those that the system trusts.</summary>
    public static bool IsAccepted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors is SslPolicyErrors.None || certificate?.Subject is Name;

    public void Configure(ProcessStartInfo start) => start.Environment["Kestrel__Certificates__Default__Path"] = path;

    public void Dispose() => File.Delete(path);
}
