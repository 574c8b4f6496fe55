using System.Runtime.Loader;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Running;

public sealed class FreePortTests
{
    private const int Ports = 300;

    // The other program is the same code once more, which knows nothing of what this one has given.
    [Fact]
    public void Two_test_programs_never_get_the_same_port()
    {
        var other = new AssemblyLoadContext("another program");
        var next = other.LoadFromAssemblyPath(typeof(FreePort).Assembly.Location).GetType(typeof(FreePort).FullName!)!.GetMethod(nameof(FreePort.Next))!;

        var given = new List<int>();
        for (var i = 0; i < Ports; i++)
            given.AddRange([FreePort.Next(), (int)next.Invoke(null, null)!]);

        Assert.Equal(2 * Ports, given.Distinct().Count());
    }
}
