using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Host.Transports;

/// <summary>What every live connection needs of the house.</summary>
internal sealed class DoorServices(
    IMediator mediator, IConnections connections, ITokens tokens, TransportsMetrics metrics, IOptions<TransportsOptions> options,
    IOptions<RateLimitOptions> rates, UserRates userRates, TimeProvider clock, ILogger<DoorSession> log)
{
    public IMediator Mediator => mediator;

    public IConnections Connections => connections;

    /// <summary>Why a user may not open another connection now, before anything is upgraded; null where it may.</summary>
    public Error? RefusalOf(UserId user) =>
        connections.IsAccepting ? userRates.Admit(UserRate.Connects, user) : DoorRequests.NotAccepting;

    public ITokens Tokens => tokens;

    public TransportsMetrics Metrics => metrics;

    public TransportsOptions Options => options.Value;

    /// <summary>Null where rate limits are switched off.</summary>
    public FrameBudget? NewFrameBudget() => rates.Value.Enabled
        ? new FrameBudget(Options.FramesPerSecond, "Too many frames on this connection; wait before the next.", clock)
        : null;

    public FrameBudget NewUncountedBudget() =>
        new(Options.UncountedFramesPerSecond, "Too many pings, pongs or bad frames; wait before the next.", clock);

    public TimeProvider Clock => clock;

    public ILogger Log => log;
}

/// <summary>
/// A connection that was taken in, whichever door it came through: answers the client's frames and ends the connection when its token does. A
/// frame once begun runs to its end, whatever becomes of the connection.
/// </summary>
internal sealed class DoorSession : ICommandWork, IDisposable
{
    private readonly DoorServices _services;
    private readonly IClientConnection _connection;
    private readonly IAttachedConnection _attached;
    private readonly CancellationToken _ended;
    private readonly TokenLease _lease;
    private readonly FrameBudget? _frames;
    private readonly FrameBudget _uncounted;
    private readonly CommandQueue _commands;

    private DoorSession(
        DoorServices services, IClientConnection connection, IAttachedConnection attached, DateTimeOffset tokenExpiresAt, CancellationToken ended)
    {
        (_services, _connection, _attached, _ended) = (services, connection, attached, ended);
        (_frames, _uncounted) = (services.NewFrameBudget(), services.NewUncountedBudget());
        _lease = new TokenLease(tokenExpiresAt, () => connection.Close(CloseReason.TokenExpired), services.Clock);
        _commands = new CommandQueue(this, services.Options.MaxCommandsInFlight, services.Options.MaxCommandBytesInFlight);
    }

    public DeviceAddress Device => _connection.Device;

    /// <summary>Hands a connection in, until <paramref name="ended"/>. Null where the node takes no more: refuse it.</summary>
    public static async Task<DoorSession?> OpenAsync(
        DoorServices services, IClientConnection connection, ClaimsPrincipal user, CancellationToken ended)
    {
        var epoch = await services.Mediator.Send(new GetEpoch(), ended);
        var welcome = new Welcome(connection.Device, services.Clock.GetUtcNow(), epoch);
        if (services.Connections.Attach(connection, welcome) is not { } attached)
            return null;
        if (services.Tokens.IsRevoked(user))
            connection.Close(CloseReason.Revoked);
        return new DoorSession(services, connection, attached, user.TokenExpiry(), ended);
    }

    /// <summary>Writes an answer in order with the events; waits while too many wait.</summary>
    public ValueTask ReplyAsync(ServerEvent answer) => _attached.ReplyAsync(answer, moreFollow: false, _ended);

    /// <summary>Takes a frame, whose answer is written in its turn. Waits while too many have no answer.</summary>
    /// <param name="frame">The frame, or the refusal that it earned.</param>
    /// <param name="bytes">Its size.</param>
    public async ValueTask TakeAsync(ParsedFrame frame, int bytes)
    {
        if (await _commands.WaitForRoomAsync(bytes, _ended))
            _services.Metrics.HeldBack();
        _commands.Add(new Command(frame, Charge(_frames), bytes));
    }

    /// <summary>Takes a frame, before it returns, and gives the answer in its turn: null where there is none.</summary>
    public Task<ServerEvent?> AnswerAsync(ParsedFrame frame, int bytes)
    {
        var answered = new TaskCompletionSource<ServerEvent?>();
        _commands.Add(new Command(frame, Charge(_frames), bytes, answered));
        return answered.Task;
    }

    /// <summary>Waits until every frame that was taken has its answer.</summary>
    public ValueTask FinishAsync(CancellationToken ct) => _commands.WaitUntilEmptyAsync(ct);

    Task<Result<SentMessage>> ICommandWork.Send(Command command)
    {
        var frame = (MessageFrame)command.Frame.Frame!;
        try
        {
            return _services.Mediator.Send(
                new SendMessage(frame.To, _connection.Device, frame.ClientMsgId, frame.Content), CancellationToken.None);
        }
        catch (Exception e)
        {
            return Task.FromException<Result<SentMessage>>(e);
        }
    }

    async ValueTask ICommandWork.AnswerAsync(Command command, bool moreFollow)
    {
        var answer = await AnswerToAsync(command);
        if (answer is ErrorAnswer refusal)
            _services.Metrics.Refused(refusal.Error.Code);
        if (command.Answered is { } waiting)
        {
            waiting.SetResult(answer);
            return;
        }
        try
        {
            if (answer is not null)
                await _attached.ReplyAsync(answer, moreFollow, _ended);
        }
        catch (Exception e)
        {
            // Nobody is there to be answered.
            _services.Log.ConnectionFailed(e, _connection.Device);
        }
    }

    /// <summary>Whether a transport's own ping or pong is admitted: it costs what a frame's ping does.</summary>
    /// <param name="refusal">What to answer where it is not; of many in a row with the first alone.</param>
    public bool AdmitsControl(out ErrorAnswer? refusal) => Admits(_uncounted, out refusal);

    /// <summary>Whether one more part of a frame is admitted.</summary>
    /// <param name="refusal">As for <see cref="AdmitsControl"/>.</param>
    public bool AdmitsFragment(out ErrorAnswer? refusal) => Admits(_frames, out refusal);

    public void Dispose()
    {
        _lease.Dispose();
        _attached.Dispose();
    }

    private async ValueTask<ServerEvent?> AnswerToAsync(Command command)
    {
        try
        {
            return command.Refusal is { } over ? new ErrorAnswer(over, AttemptOf(command.Frame))
                : command.Frame.Frame is { } frame ? await HandleAsync(frame, command.Sending)
                : Charged(new ErrorAnswer(command.Frame.Refusal!, command.Frame.ClientMsgId));
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            if (e is StoreUnavailableException)
                _services.Log.StoreUnavailable(e, NameOf(command.Frame), _connection.Device);
            else
                _services.Log.FrameFailed(e, NameOf(command.Frame), _connection.Device);
            return new ErrorAnswer(Error.Of(e), AttemptOf(command.Frame));
        }
    }

    private Task<ServerEvent?> HandleAsync(ClientFrame frame, Task<Result<SentMessage>>? sending)
    {
        var from = _connection.Device;
        return frame switch
        {
            MessageFrame f => EndSendAsync(f, sending!),
            AckPlaceFrame f => AckAsync(new Acknowledge(from, f.Conversation, f.SeqNo, f.Status)),
            AckMessageFrame f => AckAsync(new AcknowledgeMessage(from, f.Message, f.Status)),
            TypingFrame f => DoAsync(new SetTyping(from, f.Conversation, f.Active)),
            SyncFrame f => ReadAsync(new GetMessages(from, f.Conversation, f.After, Before: null, f.Limit)),
            PresenceFrame f => SubscribeAsync(f),
            AuthFrame f => Charge(_uncounted) is { } refusal ? Task.FromResult<ServerEvent?>(new ErrorAnswer(refusal)) : RenewAsync(f),
            PingFrame => Task.FromResult<ServerEvent?>(Charge(_uncounted) is { } refusal ? new ErrorAnswer(refusal) : new Pong()),
            _ => throw new ArgumentException($"{frame.GetType().Name} has no meaning.", nameof(frame)),
        };
    }

    private async Task<ServerEvent?> DoAsync(ICommand<Done> command) =>
        (await _services.Mediator.Send(command, CancellationToken.None)).Error is { } error ? new ErrorAnswer(error) : null;

    // No device's rate counts acks, as they make room; one that is no good costs more, though.
    private async Task<ServerEvent?> AckAsync(ICommand<Done> ack) =>
        (await _services.Mediator.Send(ack, CancellationToken.None)).Error is { } error ? Charged(new ErrorAnswer(error)) : null;

    private async Task<ServerEvent?> ReadAsync(GetMessages query) =>
        (await _services.Mediator.Send(query, CancellationToken.None)).Match<ServerEvent>(
            page => new PageAnswer(page, _connection.Device.User), error => new ErrorAnswer(error));

    private async Task<ServerEvent?> EndSendAsync(MessageFrame frame, Task<Result<SentMessage>> sending)
    {
        var result = await sending;
        if (!result.IsOk)
            return new ErrorAnswer(result.Error, frame.ClientMsgId);
        // After the send, as one that is refused must not cost a page of the log; before its ack, so that the client first has what it missed.
        if (frame.LastSeen is { } seen)
            await _attached.RepairAsync(frame.To, seen, _ended);
        return new SentAck(result.Value, frame.ClientMsgId);
    }

    private async Task<ServerEvent?> SubscribeAsync(PresenceFrame frame)
    {
        var command = new SubscribePresence(_connection.Device, _attached.Id, frame.Subscribe, frame.Unsubscribe);
        var result = await _services.Mediator.Send(command, CancellationToken.None);
        if (!result.IsOk)
            return new ErrorAnswer(result.Error);
        foreach (var state in result.Value)
            await _attached.ReplyAsync(new PresenceEvent(state), moreFollow: true, _ended);
        return null;
    }

    private async Task<ServerEvent?> RenewAsync(AuthFrame frame)
    {
        var device = _connection.Device;
        var check = await _services.Tokens.ValidateAsync(frame.Token, device.Device.Value, CancellationToken.None);
        if (check.Error is not null)
        {
            // A token that names another device is refused as such; good for that device, it is merely not this connection's.
            var elsewhere = await _services.Tokens.ValidateAsync(frame.Token, null, CancellationToken.None);
            return new ErrorAnswer(elsewhere.Error is null ? NotThisDevice : check.Error);
        }
        if (check.Device != device)
            return new ErrorAnswer(NotThisDevice);
        _lease.Renew(check.ExpiresAt);
        return new Authenticated(check.ExpiresAt);
    }

    /// <summary>The answer, or the refusal in its place where the connection's budget is used up.</summary>
    private ErrorAnswer Charged(ErrorAnswer answer) => Charge(_uncounted) is { } refusal ? new ErrorAnswer(refusal, answer.ClientMsgId) : answer;

    private bool Admits(FrameBudget? budget, out ErrorAnswer? refusal)
    {
        refusal = null;
        if (Charge(budget) is not { } over)
            return true;
        _services.Metrics.Refused(over.Code);
        if (budget!.IsFirstRefusal)
            refusal = new ErrorAnswer(over);
        return false;
    }

    /// <summary>Null when the frame is admitted. A client that goes on for too long is closed.</summary>
    private Error? Charge(FrameBudget? budget)
    {
        if (budget?.Take() is not { } refusal)
            return null;
        if (budget.IsExhausted)
            _connection.Close(CloseReason.OverLimit);
        return refusal;
    }

    private static string NameOf(ParsedFrame parsed) => parsed.Frame?.GetType().Name ?? nameof(ErrorAnswer);

    private static string? AttemptOf(ParsedFrame parsed) => (parsed.Frame as MessageFrame)?.ClientMsgId ?? parsed.ClientMsgId;

    private static Error NotThisDevice { get; } = new(ErrorCodes.Forbidden, "The token belongs to another user or device.");
}
