using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media.Storage;

/// <summary>Section <c>Media:S3</c>: the files' bytes in an S3 bucket. Used if <see cref="Bucket"/> is set.</summary>
internal sealed class S3Options
{
    /// <summary>A bucket that exists. Default none.</summary>
    public string? Bucket { get; init; }

    /// <summary>What all keys begin with, such as <c>chat/</c>. Default none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The address of the service, <c>https://host:port</c>. Default AWS's own of the region.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The address by which clients reach the service, if that is another; for <c>Media:Delivery</c> <c>Redirect</c>. Default that of the servers.</summary>
    public string? PublicEndpoint { get; init; }

    /// <summary>Default <c>us-east-1</c>.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>Default none: the AWS SDK's own ways to find credentials, such as a role.</summary>
    public string? AccessKey { get; init; }

    /// <summary>Of <see cref="AccessKey"/>. Default none.</summary>
    public string? SecretKey { get; init; }

    /// <summary>Whether the bucket is in the path of addresses and not in the host's name; most services but AWS want that. Default true with an <see cref="Endpoint"/>.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>The folder of the parts that are on their way to the bucket, created if missing. Default that of temporary files.</summary>
    public string? SpoolFolder { get; init; }

    /// <summary>
    /// Bytes that those parts take together; more are <c>unavailable</c>. An upload has up to 8 MiB there. 16 777 216 to 1 099 511 627 776; default 1 073 741 824 (1 GiB).
    /// </summary>
    [Range(16_777_216, 1_099_511_627_776)] public long MaxSpoolBytes { get; init; } = 1024 * 1024 * 1024;
}
