using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Broken.Contracts;

namespace Chat.Modules.Broken;

internal sealed class TwiceHandler : ICommandHandler<Twice, Done>
{
    public Task<Result<Done>> Handle(Twice request, CancellationToken cancellationToken) => Task.FromResult<Result<Done>>(new Done());
}

/// <summary>Breaks: a handler is named for its request.</summary>
internal sealed class TwiceAgain : ICommandHandler<Twice, Done>
{
    public Task<Result<Done>> Handle(Twice request, CancellationToken cancellationToken) => Task.FromResult<Result<Done>>(new Done());
}

/// <summary>Breaks: every handler is registered.</summary>
internal sealed class AskHandler : IQueryHandler<Ask, int>
{
    public Task<int> Handle(Ask request, CancellationToken cancellationToken) => Task.FromResult(0);
}

internal sealed class WriteOnHappened : IEventHandler<Happened>
{
    public Task Handle(Happened notification, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Breaks: a subscriber is named for what it does On its event; and is registered.</summary>
internal sealed class HappenedListener : IEventHandler<Happened>
{
    public Task Handle(Happened notification, CancellationToken cancellationToken) => Task.CompletedTask;
}
