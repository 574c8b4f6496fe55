using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// A batch that is claimed.
internal sealed partial class ConversationWriter
{
    /// <summary>Writes the rows and answers; false if the term was lost before it was known that they count.</summary>
    /// <param name="started">When the batch was begun; a timestamp.</param>
    private async Task<bool> WriteAsync(HeldTerm held, List<ClusterAppend> appends, long started)
    {
        BatchedChanges? changes = null;
        if (!await KnowsTimerAsync(held, appends))
            return false;
        if (held.NewestMessage is null && appends.Exists(append => append.Draft.Content.IsChange))
            held.NewestMessage = await FindNewestMessageAsync(held.Head);
        if (appends.FindAll(append => append.Draft.Content.CountsElsewhere) is { Count: > 0 } changing
            && (changes = await ReadChangesAsync(held, changing)) is null)
            return false;
        var appended = Place(held, appends, changes);
        var earlier = changes is null ? [] : await FindEarlierAsync(changes, appended);
        if (changes is not null)
            await changes.WriteAsync();
        await WriteIndexesAsync(appended);
        foreach (var bucket in appended.Select(one => one.Message).GroupBy(message => Buckets.Of(message.SeqNo)))
        {
            if (bucket.Key > held.Bucket)
                await context.Tables.OpenBucketAsync(conversation, bucket.Key, CancellationToken.None);
            held.Bucket = Math.Max(held.Bucket, bucket.Key);
            await context.Tables.WriteRowsAsync(held.Term, [.. bucket], CancellationToken.None);
        }

        var state = await context.Tables.ReadStateAsync(conversation, CancellationToken.None);
        if (state!.Term != held.Term)
            return false;
        if (!context.Touches.IsValid(_touch, conversation))
            await TouchAsync(appends);
        if (changes?.Timer is { } timer)
            held.Timer = timer;
        (_lostTerms, _hadTurn) = (0, true);
        if (held.Beginning is { } beginning)
            context.TurnTook(beginning + context.Since(started));
        held.Beginning = null;
        if (changes is { Deleted.Count: > 0 })
            await RemoveReactionsAsync(changes.Deleted);
        foreach (var (append, message) in appended)
        {
            held.Head = message.SeqNo;
            if (!append.Draft.Content.IsChange)
                held.NewestMessage = message.SeqNo;
            context.Settle(append, message);
        }
        if (changes is not null)
            Answer(changes, earlier);
        return true;
    }

    // Most conversations never have a timer, and are asked nothing.
    private async Task<bool> KnowsTimerAsync(HeldTerm held, List<ClusterAppend> appends)
    {
        if (!held.KnowsTimer)
        {
            (held.KnowsTimer, held.Timer) = await BatchedChanges.ReadTimerAsync(context.Tables, context.Changes, conversation, held.Term, held.Head);
            if (!held.KnowsTimer)
                return false;
        }
        if (held.IsTimed || !appends.Exists(append => append.Draft.Content.Kind == MessageKind.Timer))
            return true;
        // The mark is there before this term is seen to last: whoever begins a later one reads it.
        await context.Tables.MarkTimedAsync(conversation, CancellationToken.None);
        held.IsTimed = (await context.Tables.ReadStateAsync(conversation, CancellationToken.None))!.Term == held.Term;
        return held.IsTimed;
    }

    private Task<BatchedChanges?> ReadChangesAsync(HeldTerm held, List<ClusterAppend> changing) =>
        BatchedChanges.ReadAsync(context.Tables, context.Changes, conversation, held.Term, held.Head, context.ChangeLimits, context.Expiry, changing);

    // Each append with its message; without the changes that are not appended.
    private static List<(ClusterAppend Append, LoggedMessage Message)> Place(HeldTerm held, List<ClusterAppend> appends, BatchedChanges? changes)
    {
        var placed = new List<(ClusterAppend, LoggedMessage)>(appends.Count);
        var (next, newestMessage, timer) = (held.Head.Next, held.NewestMessage, held.Timer);
        foreach (var append in appends)
        {
            var draft = append.Draft;
            if (!draft.Content.IsChange)
            {
                newestMessage = next;
                draft = ConversationTimer.Apply(timer, draft);
                if (draft.Content.Thread is not null)
                    changes!.Join(append, next);
            }
            else if (!draft.Content.IsJudged)
            {
                draft = draft with { Content = draft.Content with { PreviousMessage = newestMessage } };
            }
            else if (changes!.Judge(append, next) is { } content)
                draft = draft with { Content = content with { PreviousMessage = newestMessage } };
            else
                continue;
            timer = changes?.Timer ?? timer;
            placed.Add((append, draft.ToMessage(append.Id, next)));
            next = next.Next;
        }
        return placed;
    }

    // Before the rows: whoever reads a message finds it by them. Most messages have neither.
    private async Task WriteIndexesAsync(List<(ClusterAppend Append, LoggedMessage Message)> appended)
    {
        List<LoggedMessage>? indexed = null;
        foreach (var (_, message) in appended)
        {
            if (message.Content is { Mentions: not null } or { Thread: not null, Kind: MessageKind.Message } or { ExpiresAt: not null, Kind: MessageKind.Message })
                (indexed ??= []).Add(message);
        }
        if (indexed is null)
            return;
        var mentions = indexed.SelectMany(MentionsIn).GroupBy(mention => Buckets.Of(mention.Message));
        var threads = indexed.Where(message => message.Content is { Thread: not null, Kind: MessageKind.Message }).GroupBy(message => message.Content.Thread!.SeqNo, message => message.SeqNo);
        var expiring = indexed.FindAll(message => message.Content is { ExpiresAt: not null, Kind: MessageKind.Message });
        await Task.WhenAll(
            [
                .. expiring.Count > 0 ? [context.Tables.WriteExpiriesAsync(expiring, CancellationToken.None)] : (Task[])[],
                .. mentions.Select(bucket => context.Tables.WriteMentionsAsync(conversation, [.. bucket], CancellationToken.None)),
                .. threads.Select(thread => context.Tables.WriteThreadAsync(conversation, thread.Key, [.. thread], CancellationToken.None)),
            ]);
    }

    /// <summary>Whom a message, or an edit, mentions.</summary>
    public static IEnumerable<(SeqNo Message, string Name)> MentionsIn(LoggedMessage entry) =>
        entry.Content.Mentions is { } mentions ? mentions.Names.Select(name => (entry.Content.Change?.Target.SeqNo ?? entry.SeqNo, name)) : [];

    // The head may be a change, which tells it.
    private async Task<SeqNo> FindNewestMessageAsync(SeqNo head)
    {
        var rows = await FinalReader.ReadFinalAsync(context.Tables, conversation, [head], CancellationToken.None);
        return rows is [{ Message.Content: { IsMessagePlace: false, PreviousMessage: { } previous } }] ? previous : head;
    }

    // The entries that have made so already what some changes want.
    private async Task<List<(ClusterAppend Append, LoggedMessage Entry)>> FindEarlierAsync(BatchedChanges changes, List<(ClusterAppend Append, LoggedMessage Message)> appended)
    {
        if (changes.AlreadySo.Count == 0)
            return [];
        var inBatch = appended.Select(one => one.Message).ToDictionary(message => message.SeqNo);
        var seqNos = changes.AlreadySo.Select(one => one.Entry).Where(entry => !inBatch.ContainsKey(entry));
        var rows = await FinalReader.ReadFinalAsync(context.Tables, conversation, seqNos, CancellationToken.None);
        var entries = rows.ToDictionary(row => row.SeqNo, row => row.Message);
        return [.. changes.AlreadySo.Select(one => (one.Append, inBatch.GetValueOrDefault(one.Entry) ?? entries[one.Entry]))];
    }

    // Who lists the reactions of a message does not read its state. The contents are erased afterwards.
    private async Task RemoveReactionsAsync(IReadOnlyList<SeqNo> deleted)
    {
        foreach (var message in deleted)
            context.Erasures.Add(conversation, message);
        try
        {
            await Task.WhenAll(deleted.Select(message => context.Tables.RemoveReactionsAsync(conversation, message, CancellationToken.None)));
        }
        catch (StoreUnavailableException)
        {
            // They go with the contents.
        }
    }

    private void Answer(BatchedChanges changes, List<(ClusterAppend Append, LoggedMessage Entry)> earlier)
    {
        foreach (var (append, entry) in earlier)
            context.Answer(append, AppendedMessage.Earlier(entry));
        foreach (var (append, refusal) in changes.Refused)
            context.Answer(append, refusal);
        _ = changes.WriteSettledAsync();
    }
}
