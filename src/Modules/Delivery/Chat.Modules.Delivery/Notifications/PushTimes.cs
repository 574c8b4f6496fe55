namespace Chat.Modules.Delivery.Notifications;

/// <summary>When the receivers of a message are looked at.</summary>
/// <param name="FirstLook">After it was noted: those without a live connection are due then.</param>
/// <param name="SecondLook">After the first look: those with one that have not acked, at the latest when the message is sent to them again.</param>
/// <param name="Late">After the message: a notification that comes later is late, and the log says why.</param>
/// <param name="GiveUpAfter">See <see cref="PushOptions.GiveUpAfter"/>.</param>
/// <param name="Unsaved">For so long another server's acks and reads may not be in the store.</param>
internal sealed record PushTimes(TimeSpan FirstLook, TimeSpan SecondLook, TimeSpan Late, TimeSpan GiveUpAfter, TimeSpan Unsaved)
{
    private static readonly TimeSpan LateBy = TimeSpan.FromSeconds(5);

    /// <param name="hasOthers">Whether devices may be connected to other servers: their acks are in the store when they were saved.</param>
    public static PushTimes Of(PushOptions options, DeliveryOptions delivery, bool hasOthers)
    {
        var gather = TimeSpan.FromMilliseconds(options.GatherMs);
        var resend = TimeSpan.FromMilliseconds(delivery.ResendAfterMs);
        var saved = hasOthers ? TimeSpan.FromMilliseconds(2 * delivery.CursorFlushMs) : TimeSpan.Zero;
        return new PushTimes(saved > gather ? saved : gather, (resend < options.After ? resend : options.After) + saved, options.After + LateBy, options.GiveUpAfter, saved);
    }
}
