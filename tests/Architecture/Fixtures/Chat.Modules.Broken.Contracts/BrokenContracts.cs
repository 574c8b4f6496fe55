using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using FluentValidation.Results;

namespace Chat.Modules.Broken.Contracts;

/// <summary>Breaks: a contract is a record, an enum, an interface, a server event or a static class of errors.</summary>
public sealed class LooseClass;

/// <summary>Breaks the same: static, but no errors.</summary>
public static class Constants
{
    /// <summary>Nothing.</summary>
    public const int Nothing = 0;
}

/// <summary>Breaks: Contracts need BuildingBlocks and other Contracts alone.</summary>
/// <param name="Outcome">Of a library that is none of others' business.</param>
public sealed record Validated(ValidationResult Outcome);

/// <summary>Breaks: what is in Contracts is public.</summary>
internal sealed record Hidden;

/// <summary>Breaks: a command has one handler. It has none.</summary>
public sealed record Orphan : ICommand<Done>;

/// <summary>Breaks the same: it has two.</summary>
public sealed record Twice : ICommand<Done>;

/// <summary>Keeps the rule; its handler breaks others.</summary>
public sealed record Ask : IQuery<int>;

/// <summary>Keeps the rules; its subscribers don't.</summary>
public sealed record Happened : IEvent;
