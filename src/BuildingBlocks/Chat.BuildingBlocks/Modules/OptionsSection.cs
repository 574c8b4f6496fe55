namespace Chat.BuildingBlocks.Modules;

/// <summary>A section of the configuration. Each of its settings is documented in docs/configuration.md.</summary>
/// <param name="Name">The section's, such as <c>Delivery</c>.</param>
/// <param name="Options">The class that it is bound to.</param>
public sealed record OptionsSection(string Name, Type Options);
