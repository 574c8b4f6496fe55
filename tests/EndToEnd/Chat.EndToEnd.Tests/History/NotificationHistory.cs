using System.Globalization;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.History;

/// <summary>What the push platforms took, and what it is held against.</summary>
/// <param name="Told">In no order.</param>
/// <param name="Faults">In no order.</param>
internal sealed record NotificationHistory(IReadOnlyCollection<Told> Told, IReadOnlyCollection<Fault> Faults, NotificationTimes Times);

/// <summary>A platform took a notification.</summary>
/// <param name="Moment">When, in ticks of the clock.</param>
/// <param name="SeqNo">The message that it is about; of a withdrawal up to where the user has read.</param>
internal sealed record Told(long Moment, string Address, string ConversationId, long SeqNo, bool IsWithdrawal = false)
{
    public static Told Of(Received received) => new(
        received.At.UtcTicks, received.Address, received["conversationId"]!, long.Parse(received["seqNo"]!, CultureInfo.InvariantCulture), received["unread"] == "0");
}

/// <summary>A reason for notifications to be late: from its beginning until <paramref name="Allowance"/> after its end.</summary>
/// <param name="From">In ticks of the clock.</param>
/// <param name="To">In ticks of the clock.</param>
/// <param name="Allowance">Until all is as before, such as the lease of what a killed server had claimed.</param>
/// <param name="LosesAcks">Whether a server was killed: acks that it had not saved are lost, and their devices get the messages again.</param>
/// <param name="SlowsAll">Whether everything took long, what was on its way too.</param>
internal sealed record Fault(string Name, long From, long To, TimeSpan Allowance, bool LosesAcks = false, bool SlowsAll = false)
{
    public long Until => To + Allowance.Ticks;

    public override string ToString() => $"{Name} {new DateTime(From, DateTimeKind.Utc):HH:mm:ss.f} to {new DateTime(To, DateTimeKind.Utc):HH:mm:ss.f}";
}

/// <param name="Late">From a message to the latest moment at which its notification is in time: <c>Push:After</c> and 5 s.</param>
/// <param name="OnItsWay">
/// From the server's answer (to an ack, a mute, the end of a subscription) until nothing may come any more that was on its way: the time in which cursors are saved, and the platform's to answer.
/// </param>
internal sealed record NotificationTimes(TimeSpan Late, TimeSpan OnItsWay)
{
    public static NotificationTimes Default { get; } = new(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(2));
}
