using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Chat.Host;
using Chat.Host.Http;
using Chat.Host.Identity;
using Chat.Host.Operations;
using Chat.Host.Transports;

if (args is ["health"])
    return await HealthProbe.RunAsync();

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddOperations().AddHttpEdge();
    builder.Services.AddSingleton(TimeProvider.System).AddMediation().AddStorage().AddIdentity().AddTransports();
    foreach (var module in ChatModules.All)
        module.AddServices(builder.Services, new ModuleContext(builder.Configuration));

    var app = builder.Build();
    app.UseHttpEdge();
    app.MapOperations();
    app.MapIdentity();
    app.MapTransports();
    foreach (var module in ChatModules.All)
        module.MapEndpoints(app);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (StartFailure.Explain(e) is { } reason)
{
    await Console.Error.WriteLineAsync($"The server cannot start: {reason}");
    return 1;
}
