using System.Runtime.InteropServices;
using Chat.Bench;
using Chat.Bench.All;
using Chat.Bench.Attacks;
using Chat.Bench.Bus;
using Chat.Bench.Nodes;
using Chat.Bench.Transfers;
using Chat.Bench.Relay;

const string help = """
    Load generator for Chat.

      all      [--quick]                     every scenario, in turn with the bare relay: one Markdown table; docs/performance.md, How to reproduce
      relay    --port N [--tls]              a bare in-memory relay: the yardstick
      pairs    TARGET [load options]         N pairs of users write to one another
      compare  [--runs 5] [load options]     relay and host in turn on this machine: medians and the ratio
      idle     [--connections 5000]          relay and host that do nothing: start, memory and CPU, at rest and with idle connections, through /ws and /hub
      appends  [--conversations 1000]        the clustered log beside single inserts of the same rows: medians and the ratio
      history  [--messages 1000000]          one long conversation in the clustered log: what a page costs, wherever it lies
      cql      [--do insert]                 the cluster's database and the client of it: one kind of statement
      inbox    --host PATH [--cql HOST:PORT]  what a connect and the first list page cost a user with many conversations
      migrate  [--messages 100000]           how long a data directory takes to be moved into a cluster
      thumbnails [--thumbnails 10000]        how fast thumbnails are made, and in how much memory
      push     [--items 1000000]             that many push notifications due, in SQLite and in Redis: memory, claims, a restart
      push ages [--rate 1000]                how old notifications are when the platform has them
      transfers [--beside nginx]             a file up and down, one at a time: MB/s, CPU and memory of the host
      bus                                    a message from node to node: a channel of Redis, a stream, the server's own bus
      nodes    --cql HOST:PORT               1, 2 and 3 hosts that share a database and a Redis: rate, latency, and what a message costs each of them
      nodes idle --cql HOST:PORT             3 hosts with idle connections: Redis's memory, CPU; how long until all is well when a host is killed, and when Redis lost all
      attack   NAME --host PATH              a hostile client against a host of its own (bench/Chat.Bench/Attacks)

    TARGET is one of
      --url http://127.0.0.1:PORT            a server that runs already; --relay says that it is the relay,
                                             --server-pid PID measures its CPU and memory
      --relay                                a relay, started and stopped here
      --host PATH/Chat.Host.dll              a host with an empty data directory, started and stopped here
      --xmpp http://127.0.0.1:PORT           another server that takes XMPP on /ws (RFC 7395); --xmpp-pids A,B measures its processes and those that they started
    and --tls for a server that is started here

    Load options
      --pairs 200             pairs of users, one connection each
      --groups 0              groups of --group-size 10, of whom --senders 0 (all) write; alone unless --pairs is named as well
      --door ws|hub|rest      the way in; by rest one user of a pair sends, and the other is on /ws
      --return none|away|restart  the receivers are away, and connect all at once at the end; with restart the server is killed before, and all come back
      --mode closed|open|turns  closed: a sender waits for its ack; open: messages are due at a rate, whatever the server does;
                              turns: the users of a pair write in turn, each when the other's message has come
      --in-flight 1           closed: messages a sender has un-acked at a time
      --rate 1000             open: messages a second, all pairs together
      --arrivals poisson      open: poisson, constant, or burst: all of a second at its beginning
      --seconds 20            measured time, after --warmup 5
      --text-bytes 100        length of a message's text, 32 or more
      --both-directions       both users of a pair send
      --ack-delivered BOOL    receivers ack messages, gathered as the client libraries do (default: true, but false with the relay, which has no receipts)
      --ack-each              receivers ack each message by itself
      --json FILE             the result for machines

    all takes --quick, --only pairs,burst,group,channel,idle,storm,offline,mixed,start, --runs 5, --seconds 10 after --warmup 5, --messages 1000000 with which it starts, --connections 5000 idle ones,
    --storm-pairs 2000, --channel-readers 1000 of 10,000 members, --host PATH and --out FILE; with --quick all of it is smaller.
    appends takes --conversations 1000, --runs 5, --plain-names (clientMsgIds without a time), and what cql takes but --do, --connections and --compression; history --contact-points, --keyspace, --replication and --text-bytes.
    bus takes --redis-server PATH, --rate 2000, --in-flight 1000, --text-bytes 300, --seconds 5 after --warmup 2, --runs 3.
    nodes takes --servers 1,2,3, --talks turns,writes,groups (pairs in turn; one of a pair writes; groups of 10 who all write at once), --across BOOL (whether
    the users of a pair are on two hosts; default: those of every other pair), --pairs 60, --groups 3, --in-flight 1, --seconds 5 after --warmup 3, --runs 1,
    --text-bytes 100, --host PATH, --against PATH (another build, turn by turn), --cql-pid PID (the database's CPU), --redis-server PATH, --json FILE.
    nodes idle takes --servers 3, --connections 5000 to each, --seconds 30, --host PATH, --cql-pid PID, --redis-server PATH, --json FILE.
    migrate takes --messages 100000, --conversations 1000, --text-bytes 100, --host PATH and --cql 127.0.0.1:9042.
    thumbnails takes --decodes 2 at a time, and --picture FILE, or --width 4000 and --height 3000 of a drawn one.
    push takes --claims 50000, --claims-at-once 128, --conversations 10000 of one device, and --redis-server PATH; push ages takes --receivers 1000, --seconds 10 after --warmup 5 and --host PATH.
    transfers takes --mib 256, --runs 5, --host PATH, --beside nginx (in turn with one started here) and --nginx PATH.
    idle takes --first 1000 connections before those that are measured, --seconds 30, --doors ws,hub, --only relay|host and --host PATH.
    inbox takes --conversations 10,500,5000 and --runs 5.
    cql takes --do insert|conditional|batch|select, --in-flight 200, --seconds 10 after --warmup 5, --text-bytes 100,
    --contact-points 127.0.0.1:9042, --keyspace chat_bench, --replication 1, --connections 1 a node, --compression.

    compare also takes --host PATH (default src/Chat.Host/bin/Release/net10.0/Chat.Host.dll), and --against PATH: another build of it in the relay's place, or --xmpp.
    """;

if (args.Length == 0 || args.Contains("--help") || args[0] is "help" or "-h")
{
    Console.WriteLine(help);
    return 0;
}

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    interrupted.Cancel();
};
// As by `timeout`, which ends the servers too. A platform or relay that runs in this process would keep the signal for itself.
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);

try
{
    if (args[0] == "attack")
        return await AttackCommand.RunAsync(args.AsSpan(1), interrupted.Token);

    if (args is ["nodes", "idle", ..])
        return await NodesIdleCommand.RunAsync(new Arguments(args.AsSpan(2)), interrupted.Token);

    if (args is ["push", "ages", ..])
        return await PushAgesCommand.RunAsync(new Arguments(args.AsSpan(2)), interrupted.Token);

    var arguments = new Arguments(args.AsSpan(1));
    return args[0] switch
    {
        "relay" => await RelayServer.RunAsync(arguments),
        "all" => await AllCommand.RunAsync(arguments, interrupted.Token),
        "pairs" => await PairsCommand.RunAsync(arguments, interrupted.Token),
        "compare" => await CompareCommand.RunAsync(arguments, interrupted.Token),
        "cql" => await CqlCommand.RunAsync(arguments, interrupted.Token),
        "appends" => await AppendsCommand.RunAsync(arguments, interrupted.Token),
        "history" => await HistoryCommand.RunAsync(arguments, interrupted.Token),
        "bus" => await BusCommand.RunAsync(arguments, interrupted.Token),
        "nodes" => await NodesCommand.RunAsync(arguments, interrupted.Token),
        "migrate" => await MigrateCommand.RunAsync(arguments, interrupted.Token),
        "inbox" => await InboxCommand.RunAsync(arguments, interrupted.Token),
        "push" => await PushCommand.RunAsync(arguments, interrupted.Token),
        "thumbnails" => await ThumbnailsCommand.RunAsync(arguments, interrupted.Token),
        "transfers" => await TransfersCommand.RunAsync(arguments, interrupted.Token),
        "idle" => await IdleCommand.RunAsync(arguments, interrupted.Token),
        var unknown => throw new ArgumentException($"Unknown command '{unknown}'; see --help."),
    };
}
catch (Exception failure) when (failure is ArgumentException or FormatException or BenchException)
{
    Console.Error.WriteLine(failure.Message);
    return 2;
}
catch (Exception failure) when (interrupted.IsCancellationRequested && failure is OperationCanceledException or HttpRequestException)
{
    return 130;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}
