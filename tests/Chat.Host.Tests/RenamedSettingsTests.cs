using Chat.BuildingBlocks.Modules;
using Chat.Host.Tests.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Chat.Host.Tests;

public sealed class RenamedSettingsTests
{
    [Fact]
    public void A_duration_under_its_former_name_is_read_in_the_unit_of_the_new_one()
    {
        var configuration = Configuration(("Transports:CloseTimeout", "00:00:00.1"), ("Auth:MaxTokenLifetime", "2.00:00:00"));

        var found = RenamedSettings.Apply(configuration);

        Assert.Equal(("100", "172800"), (configuration["Transports:CloseTimeoutMs"], configuration["Auth:MaxTokenLifetimeSeconds"]));
        Assert.Equal(["Auth:MaxTokenLifetime", "Transports:CloseTimeout"], found.Select(setting => setting.OldName));
    }

    [Fact]
    public void A_setting_that_has_another_name_now_is_read_as_it_is()
    {
        var configuration = Configuration(("Delivery:DrainMs", "10000"));

        Assert.Equal([new RenamedSetting("Delivery:DrainMs", "Delivery:LeaveMs", "10000")], RenamedSettings.Apply(configuration));
        Assert.Equal("10000", configuration["Delivery:LeaveMs"]);
    }

    [Fact]
    public void Where_both_are_set_the_new_name_counts()
    {
        var configuration = Configuration(("Http:HeadTimeout", "00:00:05"), ("Http:HeadTimeoutMs", "7000"));

        Assert.Empty(RenamedSettings.Apply(configuration));
        Assert.Equal("7000", configuration["Http:HeadTimeoutMs"]);
    }

    [Fact]
    public async Task A_server_starts_with_former_names_and_every_new_name_is_a_setting()
    {
        await using var host = new TestHost(("Http:HeadTimeout", "00:00:05"));

        var settings = (await host.ServiceAsync<IEnumerable<OptionsSection>>())
            .SelectMany(section => section.Options.GetProperties().Where(property => property.CanWrite).Select(property => $"{section.Name}:{property.Name}"));
        Assert.Empty(RenamedSettings.Names.Except(settings));
        Assert.Equal(5_000, (await host.ServiceAsync<IOptions<Chat.Host.Http.HttpOptions>>()).Value.HeadTimeoutMs);
    }

    [Fact]
    public async Task What_is_no_duration_ends_the_start_with_the_setting_s_name()
    {
        var folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
        using var process = HostProcess.Start(folder, [], ("Http__HeadTimeout", "soon"));

        Assert.Equal(1, await process.ExitCodeAsync());
        Assert.Contains("Http:HeadTimeoutMs", Assert.Single(process.Errors), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static ConfigurationManager Configuration(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        return configuration;
    }
}
