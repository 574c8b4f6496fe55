using Chat.BuildingBlocks.Errors;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>The steps of one connection: which one is due, and what it does. Call all but <see cref="RunAsync"/> under the connection's gate.</summary>
internal sealed class ConnectionSteps(
    DeviceConnection connection, IClientConnection client, Lock gate, SendQueue sendQueue, SendWindow window, Drain drain, Resync resync, LogReader reader,
    ConnectionServices services, CancellationToken closing) : IPumpWork
{
    private bool _storeFailed;
    private bool _closesWhenWritten;
    private bool _ended;
    private bool _isInResendList;

    // Only the pump writes these.
    private List<ServerEvent>? _batch;
    private bool _connectedTold;
    private bool _disconnectedTold;

    /// <summary>Steps that failed because a store did not answer are due again.</summary>
    /// <returns>Whether the connection stays in the list of those that may have to send again.</returns>
    public bool RetryStore()
    {
        _storeFailed = false;
        return _isInResendList = !_ended && window.Unacked > 0;
    }

    /// <summary>Closes the connection with GoingAway when everything waiting is written.</summary>
    public void CloseWhenWritten() => _closesWhenWritten = true;

    /// <summary>The connection ended: one last step tells the other modules.</summary>
    public void End() => _ended = true;

    public PumpStep Next() =>
        _ended ? (_disconnectedTold ? PumpStep.Idle : PumpStep.End)
        : sendQueue.Count > 0 ? PumpStep.Write
        : _closesWhenWritten ? PumpStep.Close
        : _storeFailed || drain.IsHeld ? PumpStep.Idle
        : drain.IsDue ? PumpStep.Drain
        : drain.IsCaughtUp ? PumpStep.Write
        : window.HasOverdue ? PumpStep.Resend
        : window.HasToRead && !window.IsFull ? PumpStep.Read
        : PumpStep.Idle;

    public void Begin(PumpStep step)
    {
        if (step is not PumpStep.Write)
            return;
        _batch = [];
        if (sendQueue.Count == 0)
        {
            drain.CaughtUpTaken();
            _batch.Add(new CaughtUpEvent());
            return;
        }
        sendQueue.TakeBatch(_batch);
        resync.Taken(_batch);
    }

    public async ValueTask RunAsync(PumpStep step)
    {
        try
        {
            await StartAsync(step);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
        catch (StoreUnavailableException e)
        {
            services.Logger.StoreDidNotAnswer(client.Device, e);
            lock (gate)
            {
                _storeFailed = true;
                if (step is PumpStep.Drain)
                    drain.Again();
            }
        }
        catch (Exception e) when (step is PumpStep.Write && e is IOException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            services.Logger.ConnectionBroke(client.Device, e);
            connection.Close(CloseReason.OverLimit);
        }
        catch (Exception e)
        {
            services.Logger.DeliveryFailed(client.Device, e);
            services.Metrics.Failed();
            connection.Close(CloseReason.Fault);
        }
        finally
        {
            _batch = null;
            lock (gate)
                WaitForAcks();
        }
    }

    private void WaitForAcks()
    {
        if (_isInResendList || _ended || !_storeFailed && window.Unacked == 0)
            return;
        _isInResendList = true;
        services.Resends.Add(connection);
    }

    private ValueTask StartAsync(PumpStep step)
    {
        switch (step)
        {
            case PumpStep.Write:
                return client.WriteAsync(_batch!, closing);
            case PumpStep.Drain:
                return DrainAsync();
            case PumpStep.Resend:
                return reader.ResendAsync(closing);
            case PumpStep.Read:
                return reader.ReadNextAsync(closing);
            case PumpStep.Close:
                connection.Close(CloseReason.GoingAway);
                return default;
            default:
                return EndAsync();
        }
    }

    private async ValueTask DrainAsync()
    {
        if (!_connectedTold)
        {
            _connectedTold = true;
            await services.Mediator.Publish(new DeviceConnected(client.Device, connection.Id), CancellationToken.None);
        }
        await drain.RunAsync(closing);
    }

    private async ValueTask EndAsync()
    {
        _disconnectedTold = true;
        if (_connectedTold)
            await services.Mediator.Publish(new DeviceDisconnected(client.Device, connection.Id), CancellationToken.None);
    }
}
