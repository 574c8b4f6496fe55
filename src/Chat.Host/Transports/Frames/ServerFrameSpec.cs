using System.Text.Json;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>How an event is told: its type and its fields, which are all but the type. Times are Unix milliseconds.</summary>
internal interface IServerFrame<in TEvent> : IFieldsOf<TEvent> where TEvent : ServerEvent
{
    /// <summary>The <c>type</c> on <c>/ws</c>, the event's name on the hub.</summary>
    static abstract string Type { get; }
}

/// <summary>A kind of server frame: which event it tells, what it is called, and how it is written in each encoding.</summary>
internal abstract class ServerFrameSpec(Type @event, string type)
{
    public Type Event => @event;

    /// <summary>The <c>type</c> on <c>/ws</c>, the event's name on the hub.</summary>
    public string Type => type;

    public JsonEncodedText EncodedType { get; } = JsonEncodedText.Encode(type);

    public abstract void Write(ServerEvent @event, ref JsonFields fields);

    public abstract void Write(ServerEvent @event, ref MapFields fields);

    public static ServerFrameSpec Of<TEvent, TFrame>() where TEvent : ServerEvent where TFrame : struct, IServerFrame<TEvent> =>
        new Written<TEvent, TFrame>();

    private sealed class Written<TEvent, TFrame>() : ServerFrameSpec(typeof(TEvent), TFrame.Type)
        where TEvent : ServerEvent where TFrame : struct, IServerFrame<TEvent>
    {
        public override void Write(ServerEvent @event, ref JsonFields fields) => default(TFrame).WriteTo((TEvent)@event, ref fields);

        public override void Write(ServerEvent @event, ref MapFields fields) => default(TFrame).WriteTo((TEvent)@event, ref fields);
    }
}
