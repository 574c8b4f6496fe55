using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using FsCheck;
using FsCheck.Fluent;
using Outcome = Chat.BuildingBlocks.Storage.Cql.Client.Outcome;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>Answers whose bytes are not what they should be: a value, or an exception with a name.</summary>
public sealed class ResultsTests
{
    private static readonly Config Often = Config.QuickThrowOnFailure.WithMaxTest(3000);

    private static readonly CqlType[] Types = [CqlType.Varchar, CqlType.Bigint, CqlType.Int, CqlType.Boolean, CqlType.Uuid, CqlType.Timestamp, CqlType.Double, CqlType.Blob, CqlType.Set];

    [Fact]
    public void Rows_with_anything_changed_in_them_are_read_or_refused() => Check.One(Often, Prop.ForAll(
        Gen.Zip(Gen.Choose(1, 6), Gen.Choose(0, int.MaxValue)).ToArbitrary(), input =>
        {
            var (changes, seed) = input;
            var body = Changed(Rows(), changes, new Random(seed));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var result = Results.Read(new Response(Outcome.Answered, Opcode.Result, (FrameFlags)(seed % 4 == 0 ? seed >> 8 & 0x0E : 0), body), null, out _);
                foreach (var row in result.Rows)
                    ReadAll(row);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        }));

    [Fact]
    public void What_was_prepared_with_anything_changed_in_it_is_read_or_refused() => Check.One(Often, Prop.ForAll(
        Gen.Zip(Gen.Choose(1, 6), Gen.Choose(0, int.MaxValue)).ToArbitrary(), input =>
        {
            var (changes, seed) = input;
            var body = Changed(FakeReply.Prepared("INSERT INTO t (a, b) VALUES (?, ?)", 4 + seed % 2).Body, changes, new Random(seed));
            var statement = new CqlStatement("INSERT INTO t (a, b) VALUES (?, ?)", "a", "b");
            try
            {
                _ = RoutingKey.TokenOf(Results.ReadPrepared(new Response(Outcome.Answered, Opcode.Result, 0, body), statement.Cql, (byte)(4 + seed % 2)), statement);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }));

    [Fact]
    public void An_error_of_any_bytes_is_read_or_refused() => Check.One(Often, Prop.ForAll(
        Gen.ArrayOf(Gen.Choose(0, 255).Select(one => (byte)one)).ToArbitrary(), bytes =>
        {
            try
            {
                _ = ServerError.Read(new Response(Outcome.Answered, Opcode.Error, 0, bytes)).ToException();
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }));

    [Fact]
    public void A_type_nested_without_end_is_refused()
    {
        var body = new Wire().Int(2).Int(1).Int(1).String("ks").String("t").String("c");
        for (var depth = 0; depth < 100_000; depth++)
            body.Short((short)CqlType.List);

        Assert.Throws<InvalidDataException>(() => Results.Read(new Response(Outcome.Answered, Opcode.Result, 0, body.Bytes), null, out _));
    }

    [Fact]
    public void Warnings_and_payloads_before_the_answer_are_passed_over()
    {
        var body = new Wire().Raw(new byte[16]).Strings("careful", "slow").Short(1).String("key").Value("payload").Raw(FakeReply.Text("here").Body).Bytes;

        var result = Results.Read(new Response(Outcome.Answered, Opcode.Result, FrameFlags.Tracing | FrameFlags.Warning | FrameFlags.CustomPayload, body), null, out _);

        Assert.Equal("here", result.Rows[0].Get<string>(0));
    }

    [Fact]
    public void A_time_of_no_year_is_refused()
    {
        var reply = FakeReply.Rows([CqlType.Timestamp], new Wire().Value(new Wire().Int(int.MaxValue).Int(0).Bytes).Bytes);

        var row = Results.Read(new Response(Outcome.Answered, Opcode.Result, 0, reply.Body), null, out _).Rows[0];

        Assert.Throws<InvalidDataException>(() => row.Get<DateTimeOffset>(0));
    }

    private static byte[] Rows()
    {
        var row = new Wire().Value("text").Value(new byte[8]).Value(7).Value([1]).Value(new byte[16]).Value(new byte[8]).Value(new byte[8]).Value([1, 2, 3])
            .Value(new Wire().Int(2).Value("x").Value("y").Bytes).Bytes;
        return FakeReply.Rows(Types, row, row, row).Body;
    }

    private static byte[] Changed(byte[] body, int changes, Random random)
    {
        var changed = body.ToList();
        for (; changes > 0 && changed.Count > 0; changes--)
        {
            var at = random.Next(changed.Count);
            switch (random.Next(4))
            {
                case 0:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 1:
                    changed[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0x7F;
                    break;
                case 2:
                    changed.RemoveRange(at, random.Next(Math.Min(9, changed.Count - at)));
                    break;
                default:
                    changed.InsertRange(at, new byte[random.Next(5)]);
                    break;
            }
        }
        return [.. changed];
    }

    // In whichever type: what the column is not is refused by name too.
    private static void ReadAll(CqlRow row)
    {
        for (var column = 0; column < ((WireRow)row).Count; column++)
        {
            Get<string>(column);
            Get<long>(column);
            Get<int>(column);
            Get<bool>(column);
            Get<Guid>(column);
            Get<double>(column);
            Get<DateTimeOffset>(column);
            Get<byte[]>(column);
            Get<ReadOnlyMemory<byte>>(column);
            Get<IReadOnlyList<string>>(column);
        }

        void Get<T>(int column)
        {
            try
            {
                row.Get<T>(column);
            }
            catch (Exception e) when (e is InvalidDataException or InvalidCastException or InvalidOperationException)
            {
                // Refused.
            }
        }
    }
}
