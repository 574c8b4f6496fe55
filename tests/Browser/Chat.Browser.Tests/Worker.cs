using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace Chat.Browser.Tests;

/// <summary>The service worker of a window's page, reached by the DevTools protocol: as the push service and the system's notifications would.</summary>
internal sealed class Worker
{
    private readonly ICDPSession _page;
    private readonly ICDPSession _browser;
    private readonly string _session;
    private readonly string _registration;
    private readonly string _origin;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _asked = new();
    private int _last;

    private Worker(ICDPSession page, ICDPSession browser, string session, string origin, string registration) =>
        (_page, _browser, _session, _origin, _registration) = (page, browser, session, origin, registration);

    /// <summary>Waits until it is installed and active, and attaches to it, so that it lives without a page, too.</summary>
    public static async Task<Worker> ReadyAsync(Window window)
    {
        await window.Page.EvaluateAsync("navigator.serviceWorker.ready.then(() => true)");
        var page = await window.Page.Context.NewCDPSessionAsync(window.Page);
        string? registration = null, scope = null;
        page.Event("ServiceWorker.workerRegistrationUpdated").OnEvent += (_, told) =>
        {
            if (told?.GetProperty("registrations") is { ValueKind: JsonValueKind.Array } all && all.GetArrayLength() > 0)
                (scope, registration) = (all[0].GetProperty("scopeURL").GetString(), all[0].GetProperty("registrationId").GetString());
        };
        await page.SendAsync("ServiceWorker.enable");
        await Until.TrueAsync(() => registration is not null, "the browser tells of the worker's registration");

        var browser = await window.Page.Context.Browser!.NewBrowserCDPSessionAsync();
        var context = (await page.SendAsync("Target.getTargetInfo"))!.Value.GetProperty("targetInfo").GetProperty("browserContextId").GetString();
        JsonElement target = default;
        await Until.TrueAsync(
            async () =>
            {
                // The browser stops one that has nothing to do for half a minute.
                await page.SendAsync("ServiceWorker.startWorker", new() { ["scopeURL"] = scope! });
                var all = (await browser.SendAsync("Target.getTargets"))!.Value.GetProperty("targetInfos").EnumerateArray();
                target = all.FirstOrDefault(one => one.GetProperty("type").GetString() == "service_worker" && IsOf(one, context));
                return target.ValueKind == JsonValueKind.Object;
            },
            "the worker runs");
        // Sessions inside sessions are what this library's are not made for.
        var attached = await browser.SendAsync("Target.attachToTarget", new() { ["targetId"] = target.GetProperty("targetId").GetString()!, ["flatten"] = false });
        var worker = new Worker(
            page, browser, attached!.Value.GetProperty("sessionId").GetString()!, new Uri(window.Page.Url).GetLeftPart(UriPartial.Authority), registration!);
        browser.Event("Target.receivedMessageFromTarget").OnEvent += (_, told) => worker.Hear(told!.Value);
        await worker.EvaluateAsync("""
            globalThis.handledPushes ??= (() => {
              const waitUntil = ExtendableEvent.prototype.waitUntil
              ExtendableEvent.prototype.waitUntil = function (work) {
                if (this.type === 'push') Promise.resolve(work).catch(() => undefined).then(() => globalThis.handledPushes++)
                return waitUntil.call(this, work)
              }
              return 0
            })()
            """);
        return worker;
    }

    // Not every target of a browser has one.
    private static bool IsOf(JsonElement target, string? context) => target.TryGetProperty("browserContextId", out var id) && id.GetString() == context;

    /// <summary>What a push service delivers, decrypted. Waits until the worker has handled it.</summary>
    /// <remarks>
    /// Whoever asks Chromium for the notifications while one is being shown can lose that one: it deletes what is stored and not yet on the screen.
    /// </remarks>
    public async Task PushAsync(object payload)
    {
        var before = await HandledAsync();
        await _page.SendAsync("ServiceWorker.deliverPushMessage", new()
        {
            ["origin"] = _origin,
            ["registrationId"] = _registration,
            ["data"] = JsonSerializer.Serialize(payload),
        });
        await Until.TrueAsync(async () => await HandledAsync() > before, "the worker has handled the push");
    }

    private async Task<int> HandledAsync() => (await EvaluateAsync("handledPushes")).GetInt32();

    /// <summary>Waits until it knows of no page: a page that was left is still one to it for a while.</summary>
    public Task SeeNoPageAsync() => Until.TrueAsync(
        async () => (await EvaluateAsync("clients.matchAll({ type: 'window', includeUncontrolled: true }).then(all => all.length)")).GetInt32() == 0,
        "the worker knows of no page");

    /// <summary>Waits until these notifications are shown, and no others: each as `title|body|tag|silent`.</summary>
    public async Task SeeAsync(params string[] expected)
    {
        string[] shown = [];
        await Until.TrueAsync(
            async () =>
            {
                var found = await EvaluateAsync("registration.getNotifications().then(all => all.map(one => [one.title, one.body, one.tag, one.silent].join('|')))");
                shown = [.. found.EnumerateArray().Select(one => one.GetString()!)];
                return shown.SequenceEqual(expected);
            },
            $"these notifications are shown: {string.Join(", ", expected)}",
            () => $"Shown are: {string.Join(", ", shown)}");
    }

    /// <summary>A click on the notification that is shown, or on one of its actions.</summary>
    /// <remarks>The event is not the browser's own, so its waitUntil throws, after the work has begun.</remarks>
    public Task ClickAsync(string action = "", string? reply = null) => EvaluateAsync($$"""
        registration.getNotifications().then(([notification]) => {
          const event = { notification, action: {{JsonSerializer.Serialize(action)}}, reply: {{JsonSerializer.Serialize(reply)}} }
          dispatchEvent(Object.defineProperties(new NotificationEvent('notificationclick', event), { reply: { value: event.reply } }))
        })
        """);

    private async Task<JsonElement> EvaluateAsync(string script)
    {
        var id = Interlocked.Increment(ref _last);
        var answered = _asked.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var message = JsonSerializer.Serialize(new { id, method = "Runtime.evaluate", @params = new { expression = script, awaitPromise = true, returnByValue = true } });
        await _browser.SendAsync("Target.sendMessageToTarget", new() { ["sessionId"] = _session, ["message"] = message });
        var answer = await answered.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        Assert.False(answer.TryGetProperty("exceptionDetails", out var fault), $"In the worker: {fault}");
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    private void Hear(JsonElement told)
    {
        if (told.GetProperty("sessionId").GetString() != _session)
            return;
        var message = JsonSerializer.Deserialize<JsonElement>(told.GetProperty("message").GetString()!);
        if (message.TryGetProperty("id", out var id) && message.TryGetProperty("result", out var result) && _asked.TryRemove(id.GetInt32(), out var answered))
            answered.TrySetResult(result);
    }
}
