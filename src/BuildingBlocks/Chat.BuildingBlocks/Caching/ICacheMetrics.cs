namespace Chat.BuildingBlocks.Caching;

/// <summary>The figures of one cache, which its module names.</summary>
public interface ICacheMetrics
{
    /// <summary>A look-up that memory could not answer.</summary>
    void Loaded();

    /// <summary>An entry that made room for others.</summary>
    void Evicted();

    /// <summary>The weight of all entries has changed by so much.</summary>
    void Weighs(long more);
}
