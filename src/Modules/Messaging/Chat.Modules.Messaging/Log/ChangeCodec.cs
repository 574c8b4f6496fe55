using System.Text;
using System.Text.Unicode;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Log.WireFormat;

namespace Chat.Modules.Messaging.Log;

/// <summary>The fields of a change; they stand among the fields of the content.</summary>
internal static class ChangeCodec
{
    public static int SizeOf(MessageChange change) =>
        SizeOfField(IdLength) + SizeOfNumberField((ulong)change.Target.SeqNo.Value)
        + (change.Emoji is { } emoji ? SizeOfField(Encoding.UTF8.GetByteCount(emoji)) : 0)
        + (change.On ? SizeOfNumberField(1) : 0)
        + (change.BasedOn is { } basedOn ? SizeOfNumberField((ulong)basedOn.Value) : 0)
        + (change.Concurrent ? SizeOfNumberField((int)ContentTag.Concurrent, 1) : 0);

    public static void Write(MessageChange change, ref Span<byte> bytes)
    {
        WriteIdField(ref bytes, (int)ContentTag.TargetId, change.Target.Id.Value);
        WriteNumberField(ref bytes, (int)ContentTag.TargetSeqNo, (ulong)change.Target.SeqNo.Value);
        if (change.Emoji is { } emoji)
            Encoding.UTF8.GetBytes(emoji, WriteSizedField(ref bytes, (int)ContentTag.Emoji, Encoding.UTF8.GetByteCount(emoji)));
        if (change.On)
            WriteNumberField(ref bytes, (int)ContentTag.On, 1);
        if (change.BasedOn is { } basedOn)
            WriteNumberField(ref bytes, (int)ContentTag.BasedOn, (ulong)basedOn.Value);
        if (change.Concurrent)
            WriteNumberField(ref bytes, (int)ContentTag.Concurrent, 1);
    }
}

/// <summary>What was read of a change.</summary>
internal struct ChangeFields
{
    private MessageId? _target;
    private SeqNo? _targetSeqNo;
    private string? _emoji;
    private bool _on;
    private SeqNo? _basedOn;
    private bool _concurrent;

    /// <returns>False for a field of something else.</returns>
    public bool TryRead(ulong tag, ReadOnlySpan<byte> value)
    {
        switch (tag)
        {
            case (ulong)ContentTag.TargetId << 3 | Sized:
                _target = new MessageId(ReadId(value));
                return true;
            case (ulong)ContentTag.TargetSeqNo << 3 | Varint:
                _targetSeqNo = ReadSeqNo(value);
                return true;
            case (ulong)ContentTag.Emoji << 3 | Sized:
                _emoji = Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw new MalformedContentException("has an emoji that is not UTF-8");
                return true;
            case (ulong)ContentTag.On << 3 | Varint:
                _on = ReadFlag(value);
                return true;
            case (ulong)ContentTag.BasedOn << 3 | Varint:
                _basedOn = ReadSeqNo(value);
                return true;
            case (ulong)ContentTag.Concurrent << 3 | Varint:
                _concurrent = ReadFlag(value);
                return true;
            default:
                return false;
        }
    }

    public readonly bool IsEmpty => (_target, _targetSeqNo, _emoji, _on, _basedOn, _concurrent) == (null, null, null, false, null, false);

    /// <exception cref="MalformedContentException">There is no target.</exception>
    public readonly MessageChange? ToChange() => _target is { } id && _targetSeqNo is { } seqNo
        ? new MessageChange(new MessageTarget(id, seqNo)) { Emoji = _emoji, On = _on, BasedOn = _basedOn, Concurrent = _concurrent }
        : IsEmpty ? null : throw new MalformedContentException("has a change without a target");
}
