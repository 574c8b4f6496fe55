using Chat.Host;

if (args is ["health"])
    return await HealthProbe.RunAsync();

try
{
    await ChatApplication.Build(args).RunAsync();
    return 0;
}
catch (Exception e) when (StartFailure.Explain(e) is { } reason)
{
    await Console.Error.WriteLineAsync($"The server cannot start: {reason}");
    return 1;
}
