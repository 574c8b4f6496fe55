using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Chat.Host;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System).AddMediation().AddStorage();
foreach (var module in ChatModules.All)
    module.AddServices(builder.Services, new ModuleContext(builder.Configuration));

var app = builder.Build();
foreach (var module in ChatModules.All)
    module.MapEndpoints(app);
app.Run();
