namespace Chat.Bench.Load;

/// <summary>Measures something else over the measured window.</summary>
internal interface ILoadWindow
{
    Task BeginAsync();

    Task EndAsync();
}
