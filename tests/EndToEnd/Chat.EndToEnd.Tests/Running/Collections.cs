using Chat.EndToEnd.Tests.Running;
using Xunit.Sdk;
using Xunit.v3;

// As many as CI has cores.
[assembly: Parallelization(MaxThreads = 2)]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Chat.EndToEnd.Tests.Running;

/// <summary>Tests that fill the machine: one after another, beside the others.</summary>
[CollectionDefinition(Name)]
public sealed class HeavyTests
{
    public const string Name = "Heavy";
}

/// <summary>Tests that share three servers: one after another, beside the others.</summary>
[CollectionDefinition(Name)]
public sealed class TestsOfSeveralServers : ICollectionFixture<SeveralServers>
{
    public const string Name = "Several servers";
}

/// <summary>The collections of many tests are begun first, so that they are not what all wait for at the end.</summary>
internal sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName is HeavyTests.Name or TestsOfSeveralServers.Name ? 0 : 1)];
}
