using Chat.Modules.Messaging.Log.Cluster;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

public sealed class CoalescerTests
{
    private readonly List<(IReadOnlyList<int> Items, TaskCompletionSource<IReadOnlyList<string>> Answer)> _requests = [];
    private readonly FakeTimeProvider _clock = new();
    private readonly Coalescer<int, string> _coalescer;

    // Odd and even ones do not share requests.
    public CoalescerTests() => _coalescer = new Coalescer<int, string>(maxItems: 3, groupOf: item => item % 2, items =>
    {
        // On this thread, so that what an answer sets off has happened when it returns.
        _requests.Add(([.. items], new TaskCompletionSource<IReadOnlyList<string>>()));
        return _requests[^1].Answer.Task;
    }, _clock);

    [Fact]
    public async Task A_request_goes_at_once_and_what_comes_meanwhile_goes_together_after_it()
    {
        var answers = Send(2, 4, 6);
        Assert.Equal([2], Assert.Single(_requests).Items);

        Answer(0);

        Assert.Equal([4, 6], _requests[1].Items);
        Answer(1);
        Assert.Equal(["2!", "4!", "6!"], await Task.WhenAll(answers));
    }

    [Fact]
    public async Task A_full_request_waits_for_none()
    {
        var answers = Send(2, 4, 6, 8, 10);

        Assert.Equal([[2], [4, 6, 8]], _requests.Select(request => request.Items));
        Answer(1);
        Assert.Equal(2, _requests.Count);
        Answer(0);
        Assert.Equal([10], _requests[2].Items);
        Answer(2);
        Assert.Equal(["2!", "4!", "6!", "8!", "10!"], await Task.WhenAll(answers));
    }

    [Fact]
    public async Task Groups_neither_share_requests_nor_wait_for_each_other()
    {
        var answers = Send(1, 2, 3, 4);

        Assert.Equal([[1], [2]], _requests.Select(request => request.Items));
        Answer(1);
        Answer(0);
        Assert.Equal([[4], [3]], _requests.Skip(2).Select(request => request.Items));
        Answer(2);
        Answer(3);
        Assert.Equal(["1!", "2!", "3!", "4!"], await Task.WhenAll(answers));
    }

    [Fact]
    public async Task A_request_that_hangs_holds_up_the_others_for_no_longer_than_its_patience()
    {
        var answers = Send(2, 4);

        _clock.Advance(Coalescer<int, string>.Patience);

        Assert.Equal([[2], [4]], _requests.Select(request => request.Items));
        answers.AddRange(Send(6));
        _clock.Advance(Coalescer<int, string>.Patience / 2);
        Assert.Equal(2, _requests.Count);
        Answer(1);
        Assert.Equal(2, _requests.Count);
        _clock.Advance(Coalescer<int, string>.Patience / 2);
        Assert.Equal([6], _requests[2].Items);
        Answer(2);
        Answer(0);
        Assert.Equal(["2!", "4!", "6!"], await Task.WhenAll(answers));
    }

    [Fact]
    public async Task Where_a_request_fails_its_items_are_tried_one_by_one()
    {
        var answers = Send(2, 4, 6);
        Answer(0);

        Fail(1);

        Assert.Equal([[4], [6]], _requests.Skip(2).Select(request => request.Items));
        Fail(2);
        Answer(3);
        await Assert.ThrowsAsync<InvalidOperationException>(() => answers[1]);
        Assert.Equal(["2!", "6!"], await Task.WhenAll(answers[0], answers[2]));
    }

    private List<Task<string>> Send(params int[] items) => [.. items.Select(_coalescer.SendAsync)];

    private void Answer(int request) => _requests[request].Answer.SetResult([.. _requests[request].Items.Select(item => $"{item}!")]);

    private void Fail(int request) => _requests[request].Answer.SetException(new InvalidOperationException());
}
