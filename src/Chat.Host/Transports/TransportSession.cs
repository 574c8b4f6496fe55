using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ClientFrames;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Host.Transports;

/// <summary>
/// An accepted connection of either live transport: answers the client's frames, and closes the connection when its token expires. A command
/// that has begun is finished even if the connection ends.
/// </summary>
internal sealed class TransportSession : ICommandWork, IDisposable
{
    private readonly TransportServices _services;
    private readonly IClientConnection _connection;
    private readonly IAttachedConnection _attached;
    private readonly CancellationToken _ended;
    private readonly TokenLease _lease;
    private readonly FrameBudget? _frames;
    private readonly FrameBudget _uncounted;
    private readonly CommandQueue _commands;

    private TransportSession(
        TransportServices services, IClientConnection connection, IAttachedConnection attached, DateTimeOffset tokenExpiresAt, CancellationToken ended)
    {
        (_services, _connection, _attached, _ended) = (services, connection, attached, ended);
        (_frames, _uncounted) = (services.NewFrameBudget(), services.NewUncountedBudget());
        _lease = new TokenLease(tokenExpiresAt, () => connection.Close(CloseReason.TokenExpired), services.Clock, services.Timers);
        _commands = new CommandQueue(this, services.Options.MaxCommandsInFlight, services.Options.MaxCommandBytesInFlight);
    }

    public DeviceAddress Device => _connection.Device;

    /// <summary>Its name on this node.</summary>
    public ConnectionId Connection => _attached.Id;

    public ITokens Tokens => _services.Tokens;

    /// <summary>Attaches a connection, which lives until <paramref name="ended"/>. Null where the node accepts no more: refuse it.</summary>
    public static async Task<TransportSession?> OpenAsync(
        TransportServices services, IClientConnection connection, ClaimsPrincipal user, CancellationToken ended)
    {
        var epoch = await services.Mediator.Send(new GetEpoch(), ended);
        var welcome = new Welcome(connection.Device, services.Clock.GetUtcNow(), epoch);
        if (services.Connections.Attach(connection, welcome) is not { } attached)
            return null;
        if (services.Tokens.IsRevoked(user))
            connection.Close(CloseReason.Revoked);
        return new TransportSession(services, connection, attached, user.TokenExpiry(), ended);
    }

    /// <summary>Writes an answer in order with the events; waits while too many wait.</summary>
    /// <param name="moreFollow">Whether others are likely to follow at once: then they leave in one write.</param>
    public ValueTask ReplyAsync(ServerEvent answer, bool moreFollow = false) => _attached.ReplyAsync(answer, moreFollow, _ended);

    /// <summary>Sends a command or query to its module. It is not cancelled when the connection ends.</summary>
    public Task<TResponse> SendAsync<TResponse>(IRequest<TResponse> request) => _services.Mediator.Send(request, CancellationToken.None);

    /// <summary>The connection lives on until the new token expires.</summary>
    public void RenewToken(DateTimeOffset expiresAt) => _lease.Renew(expiresAt);

    /// <summary>Counts one frame against <see cref="TransportsOptions.UncountedFramesPerSecond"/>. Null when it is admitted, else the refusal.</summary>
    public Error? ChargeUncounted() => Charge(_uncounted);

    /// <summary>The answer, counted as <see cref="ChargeUncounted"/> does; where it is not admitted the refusal in its place.</summary>
    public ErrorAnswer Charged(ErrorAnswer answer) => ChargeUncounted() is { } refusal ? new ErrorAnswer(refusal, answer.ClientMsgId) : answer;

    /// <summary>Queues a frame; its answer is written in order. Waits while too many have no answer.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="bytes">Its size.</param>
    public async ValueTask TakeAsync(ClientFrame frame, int bytes)
    {
        if (await _commands.WaitForRoomAsync(bytes, _ended))
            _services.Metrics.HeldBack();
        _commands.Add(new Command(Admitted(frame), bytes));
    }

    /// <summary>Queues a frame before it returns. The task ends, in order, with the answer: null where there is none.</summary>
    public Task<ServerEvent?> AnswerAsync(ClientFrame frame, int bytes)
    {
        var answered = new TaskCompletionSource<ServerEvent?>();
        _commands.Add(new Command(Admitted(frame), bytes, answered));
        return answered.Task;
    }

    /// <summary>Waits until every queued frame is answered.</summary>
    public ValueTask FinishAsync(CancellationToken ct) => _commands.WaitUntilEmptyAsync(ct);

    Task<Result<SentMessage>> ICommandWork.Send(Command command)
    {
        try
        {
            return SendAsync(((SendFrame)command.Frame).ToCommand(Device));
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
            // The connection has ended: nobody receives the answer.
            _services.Log.ConnectionFailed(e, _connection.Device);
        }
    }

    /// <summary>Whether a ping or pong of the WebSocket itself is admitted. It counts as a <c>ping</c> frame does.</summary>
    /// <param name="refusal">The answer when it is not; null when the one before was refused, too.</param>
    public bool AdmitsControl(out ErrorAnswer? refusal) => Admits(_uncounted, out refusal);

    /// <summary>Whether one more fragment of a message is admitted.</summary>
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
            return command.Frame is SendFrame send ? await EndSendAsync(send, command.Sending!) : await ((CommandFrame)command.Frame).AnswerAsync(this);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            if (e is StoreUnavailableException)
                _services.Log.StoreUnavailable(e, command.Frame.Type, _connection.Device);
            else
                _services.Log.FrameFailed(e, command.Frame.Type, _connection.Device);
            return new ErrorAnswer(Error.Of(e), command.Frame.Attempt);
        }
    }

    private async ValueTask<ServerEvent?> EndSendAsync(SendFrame frame, Task<Result<SentMessage>> sending)
    {
        var result = await sending;
        if (!result.IsOk)
            return new ErrorAnswer(result.Error, frame.ClientMsgId);
        // After the send: a refused one must not cost a page of the log. Before its ack: the client first gets what it missed.
        if (frame.LastSeen is { } seen)
            await _attached.RepairAsync(frame.To, seen, _ended);
        return new SentAck(result.Value, frame.ClientMsgId);
    }

    private ClientFrame Admitted(ClientFrame frame) =>
        Charge(_frames) is { } refusal ? new RefusedFrame(refusal, frame.Attempt, IsCharged: true) : frame;

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

    /// <summary>Null when the frame is admitted. A client that does not stop is closed.</summary>
    private Error? Charge(FrameBudget? budget)
    {
        if (budget?.Take() is not { } refusal)
            return null;
        if (budget.IsExhausted)
            _connection.Close(CloseReason.OverLimit);
        return refusal;
    }
}
