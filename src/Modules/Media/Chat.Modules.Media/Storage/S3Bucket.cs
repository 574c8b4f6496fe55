using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Storage;

/// <summary>The connection to the bucket, and what its errors mean. Checked when the server starts.</summary>
internal sealed class S3Bucket : IHostedLifecycleService, IDisposable
{
    private readonly S3Options _options;
    private readonly AmazonS3Client _signer;

    public S3Bucket(IOptions<S3Options> options)
    {
        _options = options.Value;
        Client = Connect(_options.Endpoint);
        _signer = _options.PublicEndpoint is { Length: > 0 } address ? Connect(address) : Client;
    }

    public AmazonS3Client Client { get; }

    public string Name => _options.Bucket!;

    public string KeyOf(string path) => _options.Prefix + path;

    /// <summary>Runs a call of the client.</summary>
    /// <exception cref="StoreUnavailableException">The service did not answer, or refused.</exception>
    /// <exception cref="StoreFullException">The service has no room.</exception>
    public static async Task<T> AskAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.InsufficientStorage || e.ErrorCode is "QuotaExceeded" or "XMinioStorageFull" or "StorageFull")
        {
            throw new StoreFullException("The bucket of the media is full.", e);
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or TaskCanceledException)
        {
            throw new StoreUnavailableException($"The bucket of the media does not answer: {e.Message}", e);
        }
    }

    public Uri Sign(string key, SignedAnswer answer, DateTimeOffset now) => new(_signer.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = Name,
        Key = key,
        Verb = HttpVerb.GET,
        Expires = (now + answer.Lifetime).UtcDateTime,
        Protocol = _signer.Config.ServiceURL is { } url && url.StartsWith("http:", StringComparison.OrdinalIgnoreCase) ? Protocol.HTTP : Protocol.HTTPS,
        ResponseHeaderOverrides = new ResponseHeaderOverrides
        {
            ContentType = answer.ContentType,
            ContentDisposition = answer.Disposition,
            CacheControl = "private, max-age=31536000, immutable",
        },
    }));

    /// <summary>Reads and writes the bucket once.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var place = $"The bucket '{Name}' at {_options.Endpoint ?? _options.Region} (Media:S3)";
        try
        {
            var key = KeyOf("start-check");
            await Client.PutObjectAsync(new PutObjectRequest { BucketName = Name, Key = key, ContentBody = "", UseChunkEncoding = false }, cancellationToken);
            await Client.GetObjectMetadataAsync(Name, key, cancellationToken);
            await Client.DeleteObjectAsync(Name, key, cancellationToken);
        }
        catch (AmazonS3Exception e)
        {
            throw new StorageException($"{place} cannot be used: {Explain(e)}", e);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageException($"{place} cannot be reached: {e.Message} Is Media:S3:Endpoint right?", e);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signer.Dispose();
        Client.Dispose();
    }

    private static string Explain(AmazonS3Exception e) => e.ErrorCode switch
    {
        "NoSuchBucket" => "there is no such bucket. Make it, or set Media:S3:Bucket.",
        "InvalidAccessKeyId" => "the service does not know this access key. Set Media:S3:AccessKey.",
        "SignatureDoesNotMatch" => "the secret is not that of the access key. Set Media:S3:SecretKey.",
        "AccessDenied" or "Forbidden" => "the access key may not write, read and delete there.",
        _ => $"{e.Message} ({e.ErrorCode}, {(int)e.StatusCode}).",
    };

    private AmazonS3Client Connect(string? endpoint)
    {
        var config = new AmazonS3Config
        {
            AuthenticationRegion = _options.Region,
            ForcePathStyle = _options.PathStyle ?? _options.Endpoint is not null,
            // Services other than AWS do not know the checksums that the client adds by default.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (endpoint is { Length: > 0 })
            config.ServiceURL = endpoint;
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(_options.Region);
        return _options.AccessKey is { Length: > 0 } key
            ? new AmazonS3Client(new BasicAWSCredentials(key, _options.SecretKey), config)
            : new AmazonS3Client(config);
    }
}
