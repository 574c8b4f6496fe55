using System.Buffers;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Bytes that have arrived and are not done with. Grows only as they come in: what a frame says of its length costs nothing.</summary>
internal sealed class ReceiveBuffer(int size)
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(size);
    private int _start;
    private int _end;

    /// <summary>Room for more, never empty.</summary>
    public Memory<byte> Free()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
            if (_bytes.Length > 4 * size)
                Resize(size);
        }
        else if (_end == _bytes.Length && _start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _bytes.Length)
            Resize(_bytes.Length * 2);
        return _bytes.AsMemory(_end);
    }

    public void Filled(int count) => _end += count;

    public ReadOnlySpan<byte> Filled() => _bytes.AsSpan(_start, _end - _start);

    public void Taken(int count) => _start += count;

    private void Resize(int length)
    {
        var other = ArrayPool<byte>.Shared.Rent(length);
        _bytes.AsSpan(_start, _end - _start).CopyTo(other);
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _start, _end) = (other, 0, _end - _start);
    }
}
