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
    var (started, stopping) = (app.Lifetime.ApplicationStarted, app.Lifetime.ApplicationStopping);
    try
    {
        await app.RunAsync();
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested && !started.IsCancellationRequested)
    {
        // Told to end while it still waited for its database.
    }
    return 0;
}
catch (Exception e) when (StartFailure.Explain(e) is { } reason)
{
    await Console.Error.WriteLineAsync($"The server cannot start: {reason}");
    return 1;
}
