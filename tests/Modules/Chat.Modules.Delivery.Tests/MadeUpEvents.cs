using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Tests;

/// <summary>The transport's own event, which delivery passes on.</summary>
internal sealed class Welcome : ServerEvent;

/// <summary>Some answer to a client's command.</summary>
internal sealed class Reply(int number = 0, int size = 128) : ServerEvent
{
    public int Number => number;

    public override int Size => size;
}

/// <summary>Something to tell that nothing else makes up for.</summary>
internal sealed class News(int number = 0) : ServerEvent
{
    public int Number => number;
}
