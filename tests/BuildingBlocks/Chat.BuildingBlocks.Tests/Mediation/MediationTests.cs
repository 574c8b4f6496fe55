using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Modules;
using Chat.Testing;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using System.Diagnostics.Metrics;

namespace Chat.BuildingBlocks.Tests.Mediation;

public sealed class MediationTests
{
    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));
    private static readonly DeviceAddress Laptop = new(UserId.Parse("alice"), DeviceId.Parse("laptop"));

    private readonly List<string> _calls = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_goes_to_its_handler()
    {
        using var services = Build();

        var result = await Send(services, new Greet(Phone, "world"));

        Assert.Equal("hello world", result.Value);
        Assert.Equal(["validator", "handler"], _calls);
    }

    [Fact]
    public async Task A_query_without_refusals_passes_by_the_behaviours()
    {
        using var services = Build();

        Assert.Equal(42, await services.GetRequiredService<IMediator>().Send(new Ask(), Ct));
    }

    [Fact]
    public async Task What_the_validator_does_not_pass_is_refused_before_the_handler()
    {
        using var services = Build();

        var badRequest = await Send(services, new Greet(Phone, ""));
        var tooLarge = await Send(services, new Greet(Phone, "a far too long name"));

        Assert.Equal((ErrorCodes.BadRequest, "A name, please."), (badRequest.Error!.Code, badRequest.Error.Text));
        Assert.Equal(ErrorCodes.TooLarge, tooLarge.Error!.Code);
        Assert.DoesNotContain("handler", _calls);
    }

    [Fact]
    public async Task What_is_over_the_rate_is_refused_before_the_validator_with_the_time_to_wait()
    {
        using var services = Build(("RateLimits:SendsPerSecond", "1"));

        var refused = await FloodAsync(services, Phone);
        var calls = _calls.Count;

        Assert.Equal(ErrorCodes.RateLimited, refused.Code);
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.True(refused.RetryAfter <= TimeSpan.FromSeconds(1));
        Assert.Equal(0, calls % 2); // validator and handler of those admitted, nothing of the one refused
    }

    [Fact]
    public async Task A_device_over_its_rate_is_let_in_again_and_stops_nobody_else()
    {
        using var services = Build(("RateLimits:SendsPerSecond", "1"), ("RateLimits:CommandsPerSecond", "1"));
        await FloodAsync(services, Phone);

        Assert.True((await Send(services, new Greet(Laptop, "other device"))).IsOk);
        Assert.True((await services.GetRequiredService<IMediator>().Send(new Look(Phone), Ct)).IsOk);
        await AdmittedAgainAsync(services, Phone);
    }

    [Fact]
    public async Task No_limits_no_refusals()
    {
        using var services = Build(("RateLimits:Enabled", "false"), ("RateLimits:SendsPerSecond", "1"));

        for (var n = 0; n < 200; n++)
            Assert.True((await Send(services, new Greet(Phone, "again"))).IsOk);
    }

    [Fact]
    public async Task An_event_reaches_every_subscriber_in_order_though_others_fail_and_the_first_failure_comes_to_the_publisher()
    {
        using var services = Build();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => services.GetRequiredService<IMediator>().Publish(new Happened(), Ct));

        Assert.Equal("At once.", failure.Message);
        Assert.Equal(["first", "throws at once", "throws later", "last"], _calls);
    }

    [Fact]
    public async Task An_event_without_subscribers_is_nothing()
    {
        using var services = Build();

        await services.GetRequiredService<IMediator>().Publish(new Unheard(), Ct);
    }

    [Fact]
    public void A_request_and_an_event_allocate_no_more_on_their_way_than_what_passes_the_behaviours()
    {
        using var services = Build(("RateLimits:Enabled", "false"));
        var mediator = services.GetRequiredService<IMediator>();
        var (look, ask, unheard) = (new Look(Phone), new Ask(), new Unheard());

        Assert.InRange(BytesOf(() => mediator.Send(look, Ct)), 0, 128);
        Assert.Equal(0, BytesOf(() => mediator.Send(ask, Ct)));
        Assert.Equal(0, BytesOf(() => mediator.Publish(unheard, Ct)));
    }

    [Fact]
    public async Task A_fault_of_the_handler_comes_through()
    {
        using var services = Build();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Send(services, new Greet(Phone, "fault")));
    }

    [Fact]
    public void A_second_handler_of_a_command_or_query_is_refused_by_name()
    {
        var services = new ServiceCollection().AddCommand<Greet, string, GreetHandler>().AddQuery<Ask, int, AskHandler>();

        var command = Assert.Throws<InvalidOperationException>(() => services.AddCommand<Greet, string, GreetHandler>());
        var query = Assert.Throws<InvalidOperationException>(() => services.AddQuery<Ask, int, AskHandler>());

        Assert.Contains(nameof(Greet), command.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Ask), query.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subscriber_of_several_events_is_one_object()
    {
        using var services = new ServiceCollection().AddSingleton(_calls)
            .AddSubscriber<Happened, First>().AddSubscriber<Unheard, First>().BuildServiceProvider();

        Assert.Same(
            Assert.Single(services.GetServices<INotificationHandler<Happened>>()), Assert.Single(services.GetServices<INotificationHandler<Unheard>>()));
    }

    [Fact]
    public void A_rate_out_of_range_is_refused()
    {
        using var services = Build(("RateLimits:SendsPerSecond", "0"));

        Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(() => services.GetRequiredService<DeviceRates>());
    }

    private ServiceProvider Build(params (string Key, string Value)[] settings) => new ServiceCollection()
        .AddLogging()
        .AddSingleton<IMeterFactory, TestMeters>()
        .AddSingleton(TimeProvider.System)
        .AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build())
        .AddMediation()
        .AddSingleton(_calls)
        .AddCommand<Greet, string, GreetHandler>()
        .AddCommandValidator<Greet, GreetValidator>()
        .AddQuery<Ask, int, AskHandler>()
        .AddQuery<Look, Result<int>, LookHandler>()
        .AddSubscriber<Happened, First>()
        .AddSubscriber<Happened, ThrowsAtOnce>()
        .AddSubscriber<Happened, ThrowsLater>()
        .AddSubscriber<Happened, Last>()
        .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

    // Of one call. Another's allocations are another thread's; the first calls make what is kept.
    private static long BytesOf(Func<Task> call)
    {
        const int Calls = 1_000;
        for (var n = 0; n < Calls; n++)
            _ = call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < Calls; n++)
            _ = call();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Calls;
    }

    private static Task<Result<string>> Send(ServiceProvider services, Greet command) => services.GetRequiredService<IMediator>().Send(command, Ct);

    // The limiter has a clock of its own: so many at once are over one a second however slow the machine is.
    private static async Task<Error> FloodAsync(ServiceProvider services, DeviceAddress device)
    {
        for (var n = 0; n < 10_000; n++)
        {
            if ((await Send(services, new Greet(device, "again"))).Error is { } refused)
                return refused;
        }
        throw new InvalidOperationException("Nothing was refused.");
    }

    private static async Task AdmittedAgainAsync(ServiceProvider services, DeviceAddress device)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromMinutes(2));
        while ((await Send(services, new Greet(device, "please"))).Error is { } refused)
            await Task.Delay(refused.RetryAfter!.Value, deadline.Token);
    }

    private sealed record Greet(DeviceAddress From, string Name) : ICommand<string>, IRateLimited
    {
        public RateClass Rate => RateClass.Send;
    }

    private sealed class GreetHandler(List<string> calls) : ICommandHandler<Greet, string>
    {
        public Task<Result<string>> Handle(Greet command, CancellationToken ct)
        {
            calls.Add("handler");
            return command.Name == "fault" ? throw new StoreUnavailableException("Gone.") : Task.FromResult<Result<string>>($"hello {command.Name}");
        }
    }

    private sealed class GreetValidator : AbstractValidator<Greet>
    {
        public GreetValidator(List<string> calls)
        {
            RuleFor(command => command.Name).Must(name => { calls.Add("validator"); return name.Length > 0; }).WithMessage("A name, please.");
            RuleFor(command => command.Name).MaximumLength(12).WithState(_ => ErrorCodes.TooLarge);
        }
    }

    private sealed record Ask : IQuery<int>;

    private sealed class AskHandler : IQueryHandler<Ask, int>
    {
        private static readonly Task<int> Answer = Task.FromResult(42);

        public Task<int> Handle(Ask query, CancellationToken ct) => Answer;
    }

    private sealed record Look(DeviceAddress From) : IQuery<Result<int>>, IRateLimited
    {
        public RateClass Rate => RateClass.Other;
    }

    private sealed class LookHandler : IQueryHandler<Look, Result<int>>
    {
        private static readonly Task<Result<int>> Answer = Task.FromResult<Result<int>>(1);

        public Task<Result<int>> Handle(Look query, CancellationToken ct) => Answer;
    }

    private sealed record Happened : IEvent;

    private sealed record Unheard : IEvent;

    private sealed class First(List<string> calls) : IEventHandler<Happened>, IEventHandler<Unheard>
    {
        public Task Handle(Happened happened, CancellationToken ct)
        {
            calls.Add("first");
            return Task.CompletedTask;
        }

        public Task Handle(Unheard unheard, CancellationToken ct) => Task.CompletedTask;
    }

    private sealed class ThrowsAtOnce(List<string> calls) : IEventHandler<Happened>
    {
        public Task Handle(Happened happened, CancellationToken ct)
        {
            calls.Add("throws at once");
            throw new InvalidOperationException("At once.");
        }
    }

    private sealed class ThrowsLater(List<string> calls) : IEventHandler<Happened>
    {
        public async Task Handle(Happened happened, CancellationToken ct)
        {
            calls.Add("throws later");
            await Task.Yield();
            throw new InvalidOperationException("Later.");
        }
    }

    private sealed class Last(List<string> calls) : IEventHandler<Happened>
    {
        public Task Handle(Happened happened, CancellationToken ct)
        {
            calls.Add("last");
            return Task.CompletedTask;
        }
    }
}
