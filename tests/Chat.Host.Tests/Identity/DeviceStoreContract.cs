using Chat.BuildingBlocks.Ids;
using Chat.Host.Identity.Devices;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Host.Tests.Identity;

/// <summary>What every store of devices promises.</summary>
public abstract class DeviceStoreContract
{
    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));
    private static readonly DeviceAddress Laptop = new(UserId.Parse("alice"), DeviceId.Parse("laptop"));

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero));

    private DateTimeOffset Later => Clock.GetUtcNow().AddDays(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IDeviceStore Store { get; }

    [Fact]
    public async Task A_family_rotates_and_only_its_newest_token_is_good()
    {
        var first = RefreshToken.NewFamily();
        await Store.OpenAsync(Phone, "Phone", first, Later, 10, Ct);
        var second = first.Next();

        var rotated = await Store.RotateAsync(first, second, Later, Ct);
        var reused = await Store.RotateAsync(first, first.Next(), Later, Ct);
        var ended = await Store.RotateAsync(second, second.Next(), Later, Ct);

        Assert.Equal(new Rotation(RotationOutcome.Rotated, Phone, Clock.GetUtcNow()), rotated);
        Assert.Equal((RotationOutcome.Reused, Phone), (reused.Outcome, reused.Device));
        Assert.Equal(RotationOutcome.Unknown, ended.Outcome);
    }

    [Fact]
    public async Task Of_many_uses_of_a_token_at_once_one_at_most_rotates()
    {
        var token = RefreshToken.NewFamily();
        await Store.OpenAsync(Phone, null, token, Later, 10, Ct);

        var rotations = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Store.RotateAsync(token, token.Next(), Later, Ct)));

        Assert.Single(rotations, rotation => rotation.Outcome == RotationOutcome.Rotated);
        Assert.Single(rotations, rotation => rotation.Outcome == RotationOutcome.Reused);
    }

    [Fact]
    public async Task An_expired_token_is_unknown_and_a_sweep_takes_none_that_is_good()
    {
        var (old, young) = (RefreshToken.NewFamily(), RefreshToken.NewFamily());
        await Store.OpenAsync(Phone, null, old, Clock.GetUtcNow().AddHours(1), 10, Ct);
        await Store.OpenAsync(Phone, null, young, Clock.GetUtcNow().AddHours(2), 10, Ct);

        Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(old, old.Next(), Later, Ct)).Outcome);
        await Store.SweepAsync(DateTimeOffset.MinValue, Ct);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(young, young.Next(), Later, Ct)).Outcome);
    }

    [Fact]
    public async Task An_ended_family_is_unknown_and_ends_again_without_complaint()
    {
        var token = RefreshToken.NewFamily();
        await Store.OpenAsync(Phone, null, token, Later, 10, Ct);

        await Store.EndFamilyAsync(token.Family, Ct);
        await Store.EndFamilyAsync(token.Family, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(token, token.Next(), Later, Ct)).Outcome);
    }

    [Fact]
    public async Task Devices_are_listed_by_id_with_their_names_and_times()
    {
        var start = Clock.GetUtcNow();
        await Store.OpenAsync(Phone, "Old name", RefreshToken.NewFamily(), Later, 10, Ct);
        await Store.OpenAsync(Laptop, null, RefreshToken.NewFamily(), Later, 10, Ct);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Store.OpenAsync(Phone, "New name", RefreshToken.NewFamily(), Later, 10, Ct);
        await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 10, Ct);

        var devices = await Store.GetDevicesAsync(Phone.User, Ct);

        Assert.Equal([new Device(Laptop.Device, null, start, start), new Device(Phone.Device, "New name", start, start.AddMinutes(1))], devices);
        Assert.Empty(await Store.GetDevicesAsync(UserId.Parse("bob"), Ct));
    }

    [Fact]
    public async Task A_user_s_devices_are_limited_but_a_known_one_always_has_room()
    {
        await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 1, Ct);

        Assert.Null(await Store.OpenAsync(Laptop, null, RefreshToken.NewFamily(), Later, 1, Ct));
        Assert.False(await Store.NoteAsync(Laptop, 1, Ct));
        Assert.NotNull(await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 1, Ct));
        Assert.True(await Store.NoteAsync(Phone, 1, Ct));
        Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct));
    }

    [Fact]
    public async Task A_device_keeps_its_newest_100_families()
    {
        var first = RefreshToken.NewFamily();
        var second = RefreshToken.NewFamily();
        await Store.OpenAsync(Phone, null, first, Later, 10, Ct);
        await Store.OpenAsync(Phone, null, second, Later.AddSeconds(1), 10, Ct);
        foreach (var i in Enumerable.Range(2, 99))
            await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later.AddSeconds(i), 10, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(first, first.Next(), Later, Ct)).Outcome);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(second, second.Next(), Later, Ct)).Outcome);
    }

    [Fact]
    public async Task A_revoked_device_is_gone_with_its_families_and_leaves_the_time()
    {
        var token = RefreshToken.NewFamily();
        await Store.OpenAsync(Phone, null, token, Later, 10, Ct);

        var at = await Store.RevokeAsync(Phone, Ct);

        Assert.Empty(await Store.GetDevicesAsync(Phone.User, Ct));
        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(token, token.Next(), Later, Ct)).Outcome);
        Assert.Equal([new Revocation(Phone, at!.Value)], await Store.GetRevocationsAsync(DateTimeOffset.MinValue, Ct));
        Assert.Null(await Store.RevokeAsync(Phone, Ct));
    }

    [Fact]
    public async Task Times_of_issue_tell_before_from_after_a_revocation_whatever_the_clock_does()
    {
        var before = await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 10, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-1));
        var revoked = await Store.RevokeAsync(Phone, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-1));
        var token = RefreshToken.NewFamily();
        var after = await Store.OpenAsync(Phone, null, token, Later, 10, Ct);
        var rotated = await Store.RotateAsync(token, token.Next(), Later, Ct);
        var again = await Store.RevokeAsync(Phone, Ct);

        Assert.True(before <= revoked);
        Assert.True(after > revoked);
        Assert.True(rotated.IssuedAt > revoked);
        Assert.True(again >= rotated.IssuedAt);
    }

    [Fact]
    public async Task Revocations_after_a_time_are_told_without_those_before_and_of_a_device_the_latest()
    {
        await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 10, Ct);
        await Store.OpenAsync(Laptop, null, RefreshToken.NewFamily(), Later, 10, Ct);
        var first = await Store.RevokeAsync(Phone, Ct);
        Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await Store.RevokeAsync(Laptop, Ct);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 10, Ct);
        var third = await Store.RevokeAsync(Phone, Ct);

        Assert.Equal(
            new HashSet<Revocation> { new(Laptop, second!.Value), new(Phone, third!.Value) },
            [.. await Store.GetRevocationsAsync(first!.Value.AddMilliseconds(-1), Ct)]);
        Assert.Equal([new Revocation(Phone, third.Value)], await Store.GetRevocationsAsync(second.Value, Ct));
    }

    [Fact]
    public async Task A_family_of_before_a_revocation_stays_void_when_the_device_comes_again()
    {
        var (before, after) = (RefreshToken.NewFamily(), RefreshToken.NewFamily());
        await Store.OpenAsync(Phone, "Phone", before, Later, 10, Ct);
        await Store.RevokeAsync(Phone, Ct);
        Clock.Advance(TimeSpan.FromMinutes(1));

        await Store.OpenAsync(Phone, null, after, Later, 10, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(before, before.Next(), Later, Ct)).Outcome);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(after, after.Next(), Later, Ct)).Outcome);
        var device = Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct));
        Assert.Equal((null, Clock.GetUtcNow()), (device.Name, device.CreatedAt));
    }

    [Fact]
    public async Task Of_many_devices_that_come_at_once_no_more_than_the_limit_are_let_in()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Store.OpenAsync(
            Phone with { Device = DeviceId.Parse($"device{n}") }, null, RefreshToken.NewFamily(), Later, 3, Ct)));

        Assert.Equal(3, opened.Count(issued => issued is not null));
        Assert.Equal(3, (await Store.GetDevicesAsync(Phone.User, Ct)).Count);
    }

    [Fact]
    public async Task Old_revocations_are_swept()
    {
        await Store.OpenAsync(Phone, null, RefreshToken.NewFamily(), Later, 10, Ct);
        var at = await Store.RevokeAsync(Phone, Ct);

        await Store.SweepAsync(at!.Value, Ct);
        Assert.Single(await Store.GetRevocationsAsync(DateTimeOffset.MinValue, Ct));

        await Store.SweepAsync(at.Value.AddMilliseconds(1), Ct);
        Assert.Empty(await Store.GetRevocationsAsync(DateTimeOffset.MinValue, Ct));
    }
}
