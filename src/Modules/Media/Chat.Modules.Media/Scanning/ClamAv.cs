using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Scanning;

/// <summary>What clamd says of a file.</summary>
/// <param name="Found">The signature that matched; null if none did.</param>
internal sealed record Scan(string? Found);

/// <summary>Asks clamd by its command INSTREAM (clamd(8)).</summary>
internal sealed class ClamAv(IOptions<ScanningOptions> options, TimeProvider clock)
{
    private const int ChunkBytes = 128 * 1024;
    private const int MaxAnswerBytes = 4 * 1024;
    private const string Clean = "stream: OK", Found = " FOUND", Start = "stream: ";

    /// <exception cref="ClamAvException">clamd is away, took too long, or did not scan the file.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task<Scan> ScanAsync(Stream file, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.ScanSeconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            var address = options.Value.ClamAv!;
            var port = address.LastIndexOf(':');
            using var client = new TcpClient();
            await client.ConnectAsync(address[..port].Trim('[', ']'), int.Parse(address[(port + 1)..], CultureInfo.InvariantCulture), either.Token);
            await using var clamd = client.GetStream();
            return ReadAnswer(await AskAsync(clamd, file, either.Token));
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new ClamAvException(e is SocketException ? e.Message : "it took longer than Media:ScanSeconds", e);
        }
    }

    private static async Task<string> AskAsync(NetworkStream clamd, Stream file, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4 + ChunkBytes);
        try
        {
            await WriteAsync(clamd, "zINSTREAM\0"u8.ToArray(), ct);
            // Each chunk has its length before it; one of none is the end.
            for (var read = 1; read > 0;)
            {
                read = await file.ReadAsync(buffer.AsMemory(4, ChunkBytes), ct);
                BinaryPrimitives.WriteInt32BigEndian(buffer, read);
                if (!await WriteAsync(clamd, buffer.AsMemory(0, 4 + read), ct))
                    break;
            }
            return await ReadAsync(clamd, buffer.AsMemory(0, MaxAnswerBytes), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>False if clamd takes no more: it has answered.</returns>
    private static async Task<bool> WriteAsync(NetworkStream clamd, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await clamd.WriteAsync(bytes, ct);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<string> ReadAsync(NetworkStream clamd, Memory<byte> buffer, CancellationToken ct)
    {
        var length = 0;
        try
        {
            while (length < buffer.Length && await clamd.ReadAsync(buffer[length..], ct) is > 0 and var read)
                length += read;
        }
        catch (IOException e) when (length == 0)
        {
            throw new ClamAvException("it closed the connection", e);
        }
        catch (IOException)
        {
            // The answer is there; what was not read of the file makes the end unclean.
        }
        return Encoding.UTF8.GetString(buffer.Span[..length]).TrimEnd('\0', '\n');
    }

    private static Scan ReadAnswer(string answer) =>
        answer == Clean ? new Scan(Found: null)
        : answer.StartsWith(Start, StringComparison.Ordinal) && answer.EndsWith(Found, StringComparison.Ordinal) ? new Scan(answer[Start.Length..^Found.Length])
        : throw new ClamAvException(answer.Length == 0 ? "it gave no answer" : $"it answered '{answer}'");
}

/// <summary>clamd did not say whether a file is clean; it has to be asked again.</summary>
internal sealed class ClamAvException(string message, Exception? inner = null) : Exception(message, inner);
