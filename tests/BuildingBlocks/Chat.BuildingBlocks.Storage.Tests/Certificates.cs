using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Chat.BuildingBlocks.Storage.Tests;

/// <summary>Certificates of authorities that only a test trusts.</summary>
internal static class Certificates
{
    /// <summary>
    /// A server's certificate for an address. Its authority's is left in the folder as <c>authority.pem</c>, and its own as <c>server.pem</c> with the key <c>server.key</c>.
    /// </summary>
    public static X509Certificate2 Make(string folder, IPAddress address)
    {
        var from = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var until = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var signer = authority.CreateSelfSigned(from, until);
        File.WriteAllText(Path.Combine(folder, "authority.pem"), signer.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(signer, from, until, [1, 2, 3, 4]);
        File.WriteAllText(Path.Combine(folder, "server.pem"), signed.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
