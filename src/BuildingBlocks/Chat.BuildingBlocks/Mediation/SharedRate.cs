using System.Diagnostics.CodeAnalysis;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Has rates that count over all nodes.</summary>
public interface IHasSharedRates
{
    IEnumerable<ISharedRate> SharedRates { get; }
}

/// <summary>A rate of which nodes tell one another what was taken, by the names of its keys.</summary>
public interface ISharedRate
{
    /// <summary>The same on all nodes.</summary>
    string Name { get; }

    /// <summary>How many a key may take in a second, in the long run.</summary>
    double PerSecond { get; }

    /// <inheritdoc cref="KeyedRate{TKey}.ShareTaken"/>
    /// <param name="least">Keys that have taken less are left out.</param>
    /// <param name="most">Of more keys, those that have taken the most.</param>
    IReadOnlyDictionary<string, int> ShareTaken(int least, int most);

    /// <inheritdoc cref="KeyedRate{TKey}.EndSharing"/>
    void EndSharing();

    /// <inheritdoc cref="KeyedRate{TKey}.TakeElsewhere"/>
    /// <returns>False where it is the name of no key.</returns>
    bool TakeElsewhere(string key, int count);
}

/// <summary>The key of a name.</summary>
/// <returns>False where it is the name of no key.</returns>
public delegate bool KeyReader<TKey>(string name, [MaybeNullWhen(false)] out TKey key);

/// <summary>A rate whose keys have names.</summary>
/// <param name="name">The rate's own.</param>
/// <param name="write">The name of a key.</param>
/// <param name="tryRead">The key of a name.</param>
public sealed class SharedRate<TKey>(string name, KeyedRate<TKey> rate, Func<TKey, string> write, KeyReader<TKey> tryRead) : ISharedRate where TKey : notnull
{
    public string Name => name;

    public double PerSecond => TimeSpan.FromSeconds(1) / rate.Period;

    public IReadOnlyDictionary<string, int> ShareTaken(int least, int most)
    {
        var shared = rate.ShareTaken().Where(taken => taken.Value >= least).ToList();
        if (shared.Count > most)
            shared = [.. shared.OrderByDescending(taken => taken.Value).Take(most)];
        return shared.ToDictionary(taken => write(taken.Key), taken => taken.Value);
    }

    public void EndSharing() => rate.EndSharing();

    public bool TakeElsewhere(string key, int count)
    {
        if (!tryRead(key, out var known))
            return false;
        rate.TakeElsewhere(known, count);
        return true;
    }
}
