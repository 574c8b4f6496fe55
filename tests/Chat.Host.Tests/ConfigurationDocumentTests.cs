using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Modules;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests;

/// <summary>What docs/configuration.md says of each setting.</summary>
public sealed partial class ConfigurationDocumentTests
{
    [Fact]
    public async Task The_document_has_every_setting_with_its_default_and_its_range_and_no_other()
    {
        await using var host = new TestHost();
        var sections = await host.ServiceAsync<IEnumerable<OptionsSection>>();
        var settings = sections.SelectMany(SettingsOf).ToDictionary(setting => setting.Key);
        var rows = ReadRows().ToDictionary(row => row.Key);

        Assert.Equal(settings.Keys.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(settings.Values.Select(setting => setting.FaultOf(rows[setting.Key])).OfType<string>());
    }

    private static IEnumerable<Setting> SettingsOf(OptionsSection section)
    {
        var defaults = Activator.CreateInstance(section.Options);
        return section.Options.GetProperties().Where(property => property.CanWrite).Select(property =>
            new Setting($"{section.Name}:{property.Name}", Written(property.GetValue(defaults)), RangeOf(property)));
    }

    // As it stands in the file, a default in words where it is null here.
    private static string? Written(object? value) => value switch
    {
        null or "" or ICollection { Count: 0 } => null,
        string path when Path.IsPathRooted(path) => $"`{Path.GetFileName(path)}` beside the program",
        bool isOn => isOn ? "`true`" : "`false`",
        TimeSpan time => $"`{time:c}`",
        string or Enum => $"`{value}`",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"A setting of {value.GetType()}."),
    };

    private static string RangeOf(PropertyInfo property)
    {
        if (property.PropertyType.IsEnum)
            return string.Join(", ", Enum.GetNames(property.PropertyType).Select(name => $"`{name}`"));
        if (property.GetCustomAttribute<RangeAttribute>() is not { } range)
            return "";
        var quote = range.OperandType == typeof(TimeSpan) ? "`" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{quote}{range.Minimum}{quote} to {quote}{range.Maximum}{quote}");
    }

    private static IEnumerable<Row> ReadRows() =>
        from line in File.ReadLines(Path.Combine(Path.GetDirectoryName(Here())!, "../../docs/configuration.md"))
        let row = RowOfTable().Match(line)
        where row.Success
        from key in Key().Matches(row.Groups["keys"].Value)
        where !key.Value.StartsWith("Serilog:", StringComparison.Ordinal)
        select new Row(key.Value, row.Groups["default"].Value, row.Groups["range"].Value, row.Groups["meaning"].Value);

    [GeneratedRegex(@"^\| (?<keys>`[A-Z]\w+:[^|]+) \| ?(?<default>[^|]*?) ?\| ?(?<range>[^|]*?) ?\| (?<meaning>.*) \|$")]
    private static partial Regex RowOfTable();

    [GeneratedRegex(@"(?<=`)[A-Z]\w+:[^`]+(?=`)")]
    private static partial Regex Key();

    private static string Here([CallerFilePath] string path = "") => path;

    private sealed record Row(string Key, string Default, string Range, string Meaning);

    private sealed record Setting(string Key, string? Default, string Range)
    {
        public string? FaultOf(Row row) =>
            Default is not null && row.Default != Default ? $"{Key}: the default is {Default}, and not {row.Default}."
            : row.Default.Length == 0 ? $"{Key}: the default is not said."
            : row.Range != Range ? $"{Key}: the range is '{Range}', and not '{row.Range}'."
            : row.Meaning.Length == 0 ? $"{Key}: the meaning is not said."
            : null;
    }
}
