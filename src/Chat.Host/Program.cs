using Chat.Host;
using Chat.Host.Authentication;
using Chat.Host.Operations;
using Chat.Host.Operations.Moving;

if (args is ["health"])
    return await HealthProbe.RunAsync();

FileModes.KeepToOwner();
try
{
    if (args is ["admin", "create", var admin, .. var settings])
        return await CreateAdmin.RunAsync(admin, settings);
    if (args is ["migrate", .. var migration])
        return await MigrateCommand.RunAsync(migration);
    var app = ChatApplication.Build(args);
    StartMemory.ReleaseAfterStart(app);
    var (started, stopping) = (app.Lifetime.ApplicationStarted, app.Lifetime.ApplicationStopping);
    try
    {
        await app.RunAsync();
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested && !started.IsCancellationRequested)
    {
        // Told to end while it still waited for its database.
    }
    catch (Exception e) when (stopping.IsCancellationRequested && IsCutOff(e))
    {
        await Console.Error.WriteLineAsync("The stop took longer than Operations:ShutdownTimeoutMs: what still ran was cut off.");
    }
    return 0;
}
catch (Exception e) when (StartFailure.Explain(e) is { } reason)
{
    await Console.Error.WriteLineAsync($"The server cannot start: {reason}");
    return 1;
}

// All that was to be stopped has its turn, whatever the others threw.
static bool IsCutOff(Exception e) => e is OperationCanceledException || (e is AggregateException all && all.InnerExceptions.All(IsCutOff));
