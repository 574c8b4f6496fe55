namespace Chat.Client.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void The_library_knows_nothing_of_the_server_but_the_contract() =>
        Assert.DoesNotContain(typeof(ChatClient).Assembly.GetReferencedAssemblies(), name => name.Name!.StartsWith("Chat.", StringComparison.Ordinal));
}
