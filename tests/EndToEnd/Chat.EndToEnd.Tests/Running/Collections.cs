namespace Chat.EndToEnd.Tests.Running;

/// <summary>Tests that fill the machine: after the others, one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HeavyTests
{
    public const string Name = "Heavy";
}
