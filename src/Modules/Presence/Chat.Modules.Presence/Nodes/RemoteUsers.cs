using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Presence.Watching;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Nodes;

/// <summary>
/// What other nodes say of the users who are subscribed to here. Each of them is told once that this node watches a user, when the first connection subscribes,
/// and answers with the user's state at that node, and with each change. What a node said counts until it has left.
/// </summary>
internal sealed class RemoteUsers(Subscriptions subscriptions, INodes nodes, IBus bus, IOptions<PresenceOptions> options, PresenceMetrics metrics, TimeProvider clock)
{
    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.AnswerTimeoutMs);
    private readonly int _declaredPerSecond = options.Value.DeclarationsPerSecond;

    // Held while it is decided what is sent, so that what a node was told last is true.
    private readonly Lock _gate = new();

    // Under _gate. The users whom the other nodes were told to be watched: those subscribed to, and for a moment those no longer subscribed to.
    private readonly Dictionary<UserId, RemoteUser> _users = [];
    private readonly Dictionary<long, Question> _open = [];
    private long _lastQuestion;

    /// <summary>Whether a user who is watched is online at another node.</summary>
    public bool IsOnline(UserId user)
    {
        lock (_gate)
            return _users.TryGetValue(user, out var known) && known.IsOnline;
    }

    /// <summary>When the last connection of a user who is watched, and offline elsewhere, ended; null if only the store knows.</summary>
    public DateTimeOffset? LastSeenOf(UserId user)
    {
        lock (_gate)
            return _users.GetValueOrDefault(user)?.LastSeen;
    }

    /// <summary>Whether there are questions that some are yet to answer.</summary>
    internal bool IsAsking
    {
        get
        {
            lock (_gate)
                return _open.Values.Any(question => !question.Answered.IsCompleted);
        }
    }

    /// <summary>
    /// Returns when the states of users at all other nodes are known here, or <see cref="PresenceOptions.AnswerTimeoutMs"/> later: what comes after that is announced
    /// as a change.
    /// </summary>
    /// <param name="users">Those who are not subscribed to are passed over.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task AskAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        // Without a lease nothing can be asked: all is declared with the next one.
        var canAsk = nodes.HoldsLease && nodes.Live.Count > 0;
        var waitedFor = Ask(users, canAsk);
        try
        {
            if (canAsk)
                await Task.WhenAll(waitedFor.Select(question => question.Answered)).WaitAsync(_patience, clock, ct);
        }
        catch (TimeoutException)
        {
            metrics.Unanswered.Add(1);
        }
        finally
        {
            Close(waitedFor);
        }
    }

    /// <summary>Tells nodes, which may not know it, all users who are watched here, at <see cref="PresenceOptions.DeclarationsPerSecond"/>. They answer with the states.</summary>
    public async Task DeclareAsync(IReadOnlyList<NodeId> to, CancellationToken ct)
    {
        foreach (var some in Known().Chunk(Math.Min(PresenceMessage.MaxUsers, _declaredPerSecond)))
        {
            lock (_gate)
            {
                var watched = some.Where(user => _users.ContainsKey(user) || subscriptions.IsWatched(user)).ToArray();
                foreach (var user in watched)
                    _users.TryAdd(user, new RemoteUser());
                foreach (var node in to)
                    bus.Send(node, PresenceMessage.Topic, new PresenceMessage { Watch = watched }.Encode());
            }
            await Task.Delay(TimeSpan.FromSeconds((double)some.Length / _declaredPerSecond), clock, ct);
        }
    }

    /// <summary>Takes in what a node says.</summary>
    /// <returns>The users who came online elsewhere by it, or are no longer; without those whose states are being waited for, as they are answered then.</returns>
    public IReadOnlyList<UserId> Take(NodeId from, PresenceMessage message)
    {
        var changed = new List<UserId>();
        var unwanted = new List<UserId>();
        lock (_gate)
        {
            if (!nodes.Live.Contains(from))
                return changed;
            foreach (var state in message.States ?? [])
            {
                if (!_users.TryGetValue(state.User, out var known))
                    unwanted.Add(state.User);
                else if (known.Set(from, state.IsOnline, state.LastSeen) && !known.IsWaitedFor)
                    changed.Add(state.User);
            }
            if (_open.TryGetValue(message.Question, out var question))
                question.Answer(from);
            // What this node said before may have been lost.
            if (unwanted.Count > 0 && !message.IsToldAll)
                bus.Send(from, PresenceMessage.Topic, new PresenceMessage { Unwatch = unwanted }.Encode());
        }
        return changed;
    }

    /// <summary>A node has left: nobody waits for its answers. What it said still counts (<see cref="Forget"/>).</summary>
    public void Left(NodeId node)
    {
        lock (_gate)
        {
            foreach (var question in _open.Values)
                question.Answer(node);
        }
    }

    /// <summary>What a node said before it left does not count any more.</summary>
    /// <param name="at">When the users who were online at it were last seen.</param>
    /// <returns>The users who are no longer online elsewhere by it.</returns>
    public IReadOnlyList<UserId> Forget(NodeId node, DateTimeOffset at)
    {
        lock (_gate)
        {
            var changed = new List<UserId>();
            // It is back.
            if (nodes.Live.Contains(node))
                return changed;
            foreach (var (user, known) in _users)
            {
                if (known.IsOnlineAt(node) && known.Set(node, isOnline: false, at))
                    changed.Add(user);
            }
            return changed;
        }
    }

    /// <summary>Ends the watch of users who are no longer subscribed to.</summary>
    public void Sweep()
    {
        var unwatched = subscriptions.TakeUnwatched();
        lock (_gate)
        {
            var ended = new List<UserId>();
            foreach (var user in unwatched)
            {
                if (!subscriptions.IsWatched(user) && _users.Remove(user))
                    ended.Add(user);
            }
            foreach (var some in ended.Chunk(PresenceMessage.MaxUsers))
                bus.Broadcast(PresenceMessage.Topic, new PresenceMessage { Unwatch = some }.Encode());
        }
    }

    // Those who are no longer subscribed to may be again before they are swept.
    private HashSet<UserId> Known()
    {
        lock (_gate)
            return [.. _users.Keys, .. subscriptions.Watched()];
    }

    private HashSet<Question> Ask(IReadOnlyCollection<UserId> users, bool canAsk)
    {
        var waitedFor = new HashSet<Question>();
        lock (_gate)
        {
            var added = new List<UserId>();
            foreach (var user in users.Where(subscriptions.IsWatched))
            {
                if (_users.TryGetValue(user, out var known))
                {
                    if (known.Question is { } open)
                        waitedFor.Add(open);
                }
                else if (canAsk)
                {
                    _users.Add(user, new RemoteUser { AllWait = subscriptions.CountOf(user) == 1 });
                    added.Add(user);
                }
            }
            foreach (var some in added.Chunk(PresenceMessage.MaxUsers))
            {
                var question = new Question(++_lastQuestion, some, nodes.Live);
                _open.Add(question.Number, question);
                foreach (var user in some)
                    _users[user].Question = question;
                waitedFor.Add(question);
                bus.Broadcast(PresenceMessage.Topic, new PresenceMessage { Watch = some, Question = question.Number }.Encode());
            }
        }
        return waitedFor;
    }

    // Before the states are read: what comes after it is announced.
    private void Close(HashSet<Question> questions)
    {
        lock (_gate)
        {
            foreach (var question in questions)
            {
                _open.Remove(question.Number);
                question.Close();
                foreach (var user in question.Users)
                {
                    if (_users.TryGetValue(user, out var known) && known.Question == question)
                        known.Question = null;
                }
            }
        }
    }

    private sealed class RemoteUser
    {
        private NodeId[] _onlineAt = [];

        public bool IsOnline => _onlineAt.Length > 0;

        public DateTimeOffset? LastSeen { get; private set; }

        /// <summary>By which the nodes were asked for it; null when nobody waits for an answer any more.</summary>
        public Question? Question { get; set; }

        /// <summary>Whether there was no subscription before the question.</summary>
        public bool AllWait { get; init; }

        /// <summary>Whether all who subscribe wait for the answer to the question.</summary>
        public bool IsWaitedFor => AllWait && Question is { Answered.IsCompleted: false };

        public bool IsOnlineAt(NodeId node) => Array.IndexOf(_onlineAt, node) >= 0;

        /// <returns>Whether <see cref="IsOnline"/> has changed.</returns>
        public bool Set(NodeId node, bool isOnline, DateTimeOffset? lastSeen)
        {
            var (wasOnline, wasThere) = (IsOnline, IsOnlineAt(node));
            if (isOnline)
            {
                LastSeen = null;
                if (!wasThere)
                    _onlineAt = [.. _onlineAt, node];
                return !wasOnline;
            }
            if (wasThere)
                _onlineAt = [.. _onlineAt.Where(other => other != node)];
            if (!IsOnline && (LastSeen is null || lastSeen > LastSeen))
                LastSeen = lastSeen;
            return wasOnline != IsOnline;
        }
    }

    /// <summary>What was asked of all nodes at once, and those who are yet to answer. Under the gate, but <see cref="Answered"/>.</summary>
    private sealed class Question(long number, UserId[] users, IEnumerable<NodeId> asked)
    {
        private readonly HashSet<NodeId> _waitingFor = [.. asked];
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Number => number;

        public UserId[] Users => users;

        public Task Answered => _answered.Task;

        public void Answer(NodeId node)
        {
            if (_waitingFor.Remove(node) && _waitingFor.Count == 0)
                Close();
        }

        public void Close() => _answered.TrySetResult();
    }
}
