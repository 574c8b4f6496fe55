using System.Diagnostics;
using Chat.Bench.Servers;

namespace Chat.Bench.Load;

/// <summary>
/// The open loop: a thread of its own that has each message sent when it is due, by a sender drawn at random, and catches up at
/// once when it comes late. How late it came is recorded: what the generator adds to every latency. What it has not sent by the
/// end is counted, since no latency stands for it.
/// </summary>
internal sealed class Pacer(ArrivalSchedule schedule, Endpoint[] senders, LoadRun run, long end, Random random)
{
    public Task RunAsync() => Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Run()
    {
        for (var dueAt = schedule.Next(); dueAt < end; dueAt = schedule.Next())
        {
            if (run.IsStopping)
            {
                run.CountNeverSent();
                continue;
            }

            if (Stopwatch.GetTimestamp() < dueAt)
                Posix.SleepUntil(dueAt);
            run.GeneratorLate(dueAt, Stopwatch.GetTimestamp());
            senders[random.Next(senders.Length)].Send(dueAt);
        }
    }
}
