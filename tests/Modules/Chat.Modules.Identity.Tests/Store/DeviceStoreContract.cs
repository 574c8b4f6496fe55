using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Identity.Tests.Store;

/// <summary>What every store of devices promises.</summary>
public abstract class DeviceStoreContract
{
    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));
    private static readonly DeviceAddress Laptop = new(UserId.Parse("alice"), DeviceId.Parse("laptop"));

    private protected static RefreshTokens Tokens { get; } = new(new byte[32]);

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero));

    private DateTimeOffset InAMonth => Clock.GetUtcNow().AddDays(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IDeviceStore Store { get; }

    [Fact]
    public async Task A_device_is_new_the_first_time_and_the_first_time_after_its_revocation()
    {
        Assert.True((await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct))?.IsNew);
        Assert.False((await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct))?.IsNew);
        Assert.False((await Store.RegisterAsync(Phone, 10, Ct))?.IsNew);
        Assert.True((await Store.RegisterAsync(Laptop, 10, Ct))?.IsNew);

        await Store.RevokeAsync(Phone, Ct);

        Assert.True((await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct))?.IsNew);
    }

    [Fact]
    public async Task A_family_rotates_and_its_newest_predecessor_is_answered_again_for_a_minute()
    {
        var first = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, "Phone", first, InAMonth, 10, Ct);

        var rotated = await Store.RotateAsync(first, InAMonth, Ct);
        Clock.Advance(RefreshTokens.RepeatWindow - TimeSpan.FromMilliseconds(1));
        var repeated = await Store.RotateAsync(first, InAMonth, Ct);
        var next = await Store.RotateAsync(rotated.Next!, InAMonth, Ct);

        Assert.Equal((RotationOutcome.Rotated, Phone), (rotated.Outcome, rotated.Device));
        Assert.Equal(RotationOutcome.Rotated, repeated.Outcome);
        Assert.Equal(rotated.Next!.Reveal(), repeated.Next!.Reveal());
        Assert.Equal(Clock.GetUtcNow(), repeated.IssuedAt);
        Assert.Equal(RotationOutcome.Rotated, next.Outcome);
        Assert.NotEqual(rotated.Next.Reveal(), next.Next!.Reveal());
    }

    [Fact]
    public async Task The_newest_predecessor_ends_its_family_after_a_minute()
    {
        var first = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, null, first, InAMonth, 10, Ct);
        var second = (await Store.RotateAsync(first, InAMonth, Ct)).Next!;
        Clock.Advance(RefreshTokens.RepeatWindow);

        var reused = await Store.RotateAsync(first, InAMonth, Ct);

        Assert.Equal((RotationOutcome.Reused, Phone), (reused.Outcome, reused.Device));
        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(second, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task An_older_token_ends_its_family_at_once()
    {
        var first = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, null, first, InAMonth, 10, Ct);
        var second = (await Store.RotateAsync(first, InAMonth, Ct)).Next!;
        var third = (await Store.RotateAsync(second, InAMonth, Ct)).Next!;

        Assert.Equal(RotationOutcome.Reused, (await Store.RotateAsync(first, InAMonth, Ct)).Outcome);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(third, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task A_token_that_was_never_given_out_ends_nothing()
    {
        var token = Tokens.NewFamily();
        var invented = new RefreshToken(token.Family, new byte[RefreshToken.SecretLength]);
        var ofAnotherFamily = new RefreshToken(token.Family, Tokens.NewFamily().Secret.ToArray());
        await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(invented, InAMonth, Ct)).Outcome);
        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(ofAnotherFamily, InAMonth, Ct)).Outcome);
        await Store.EndFamilyAsync(invented, Ct);

        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(token, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task Secrets_of_the_version_before_rotate_and_repeat()
    {
        var random = new RefreshToken(Guid.CreateVersion7(), [.. Enumerable.Range(0, RefreshToken.SecretLength).Select(i => (byte)i)]);
        await Store.OpenFamilyAsync(Phone, null, random, InAMonth, 10, Ct);

        var rotated = await Store.RotateAsync(random, InAMonth, Ct);

        Assert.Equal(rotated.Next!.Reveal(), (await Store.RotateAsync(random, InAMonth, Ct)).Next!.Reveal());
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(rotated.Next, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task Of_many_uses_of_a_token_at_once_all_get_the_same_next_one()
    {
        var token = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);

        var rotations = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Store.RotateAsync(token, InAMonth, Ct)));

        var next = Assert.Single(rotations.Select(rotation => rotation.Next!.Reveal()).Distinct());
        Assert.True(RefreshToken.TryParse(next, out var current));
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(current, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task An_expired_token_is_unknown_and_a_sweep_takes_none_that_is_good()
    {
        var (old, young) = (Tokens.NewFamily(), Tokens.NewFamily());
        await Store.OpenFamilyAsync(Phone, null, old, Clock.GetUtcNow().AddHours(1), 10, Ct);
        await Store.OpenFamilyAsync(Phone, null, young, Clock.GetUtcNow().AddHours(2), 10, Ct);

        Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(old, InAMonth, Ct)).Outcome);
        await Store.SweepAsync(DateTimeOffset.MinValue, Ct);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(young, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task An_ended_family_is_unknown_and_ends_again_without_complaint()
    {
        var token = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);

        var next = (await Store.RotateAsync(token, InAMonth, Ct)).Next!;

        await Store.EndFamilyAsync(token, Ct);
        await Store.EndFamilyAsync(token, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(next, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task Devices_are_listed_by_id_with_their_names_and_times()
    {
        var start = Clock.GetUtcNow();
        await Store.OpenFamilyAsync(Phone, "Old name", Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.OpenFamilyAsync(Laptop, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Store.OpenFamilyAsync(Phone, "New name", Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);

        var devices = await Store.GetDevicesAsync(Phone.User, Ct);

        Assert.Equal([new Device(Laptop.Device, null, start, start), new Device(Phone.Device, "New name", start, start.AddMinutes(1))], devices);
        Assert.Empty(await Store.GetDevicesAsync(UserId.Parse("bob"), Ct));
    }

    [Fact]
    public async Task A_user_s_devices_are_limited_but_a_known_one_always_has_room()
    {
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 1, Ct);

        Assert.Null(await Store.OpenFamilyAsync(Laptop, null, Tokens.NewFamily(), InAMonth, 1, Ct));
        Assert.Null(await Store.RegisterAsync(Laptop, 1, Ct));
        Assert.NotNull(await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 1, Ct));
        Assert.NotNull(await Store.RegisterAsync(Phone, 1, Ct));
        Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct));
    }

    [Fact]
    public async Task A_device_keeps_its_newest_100_families()
    {
        var first = Tokens.NewFamily();
        var second = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, null, first, InAMonth, 10, Ct);
        await Store.OpenFamilyAsync(Phone, null, second, InAMonth.AddSeconds(1), 10, Ct);
        foreach (var i in Enumerable.Range(2, 99))
            await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth.AddSeconds(i), 10, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(first, InAMonth, Ct)).Outcome);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(second, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task A_revoked_device_is_gone_with_its_families_and_leaves_the_time()
    {
        var token = Tokens.NewFamily();
        await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);

        var at = await Store.RevokeAsync(Phone, Ct);

        Assert.Empty(await Store.GetDevicesAsync(Phone.User, Ct));
        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(token, InAMonth, Ct)).Outcome);
        Assert.Equal([new Revocation(Phone, at!.Value)], (await Store.GetRevocationsAsync(null, Ct)).Revocations);
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(at, await Store.RevokeAsync(Phone, Ct));
        Assert.Equal([new Revocation(Phone, at.Value)], (await Store.GetRevocationsAsync(null, Ct)).Revocations);
        Assert.Null(await Store.RevokeAsync(Laptop, Ct));
    }

    [Fact]
    public async Task Times_of_issue_tell_before_from_after_a_revocation_whatever_the_clock_does()
    {
        var before = await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-1));
        var revoked = await Store.RevokeAsync(Phone, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-1));
        var token = Tokens.NewFamily();
        var after = await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);
        var rotated = await Store.RotateAsync(token, InAMonth, Ct);
        var again = await Store.RevokeAsync(Phone, Ct);

        Assert.True(before?.IssuedAt <= revoked);
        Assert.True(after?.IssuedAt > revoked);
        Assert.True(rotated.IssuedAt > revoked);
        Assert.True(again >= rotated.IssuedAt);
    }

    [Fact]
    public async Task Revocations_since_a_position_are_told_whatever_the_clocks_say_and_of_a_device_the_latest()
    {
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.OpenFamilyAsync(Laptop, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.RevokeAsync(Phone, Ct);
        var start = await Store.GetRevocationsAsync(null, Ct);

        // By nodes whose clocks are behind, and ahead.
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-1));
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        var phone = await Store.RevokeAsync(Phone, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(2));
        var next = await Store.GetRevocationsAsync(start.End, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-2));
        var laptop = await Store.RevokeAsync(Laptop, Ct);
        var last = await Store.GetRevocationsAsync(next.End, Ct);

        Assert.Contains(new Revocation(Phone, phone!.Value), next.Revocations);
        Assert.Contains(new Revocation(Laptop, laptop!.Value), last.Revocations);
        Assert.Equal(
            new HashSet<Revocation> { new(Phone, phone.Value), new(Laptop, laptop.Value) }, [.. (await Store.GetRevocationsAsync(null, Ct)).Revocations]);
    }

    [Fact]
    public async Task A_clock_that_was_ahead_is_forgotten_by_the_time_of_the_last_use()
    {
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddDays(30));
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        Clock.AdjustTime(Clock.GetUtcNow().AddDays(-30));

        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);

        Assert.Equal(Clock.GetUtcNow(), Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct)).LastUsedAt);
    }

    [Fact]
    public async Task A_family_of_before_a_revocation_stays_void_when_the_device_comes_again()
    {
        var (before, after) = (Tokens.NewFamily(), Tokens.NewFamily());
        await Store.OpenFamilyAsync(Phone, "Phone", before, InAMonth, 10, Ct);
        await Store.RevokeAsync(Phone, Ct);
        Clock.Advance(TimeSpan.FromMinutes(1));

        await Store.OpenFamilyAsync(Phone, null, after, InAMonth, 10, Ct);

        Assert.Equal(RotationOutcome.Unknown, (await Store.RotateAsync(before, InAMonth, Ct)).Outcome);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(after, InAMonth, Ct)).Outcome);
        var device = Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct));
        Assert.Equal((null, Clock.GetUtcNow()), (device.Name, device.CreatedAt));
    }

    [Fact]
    public async Task Of_many_devices_that_come_at_once_no_more_than_the_limit_are_let_in()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Store.OpenFamilyAsync(
            Phone with { Device = DeviceId.Parse($"device{n}") }, null, Tokens.NewFamily(), InAMonth, 3, Ct)));

        Assert.Equal(3, opened.Count(issued => issued is not null));
        Assert.Equal(3, (await Store.GetDevicesAsync(Phone.User, Ct)).Count);
    }

    [Fact]
    public async Task A_device_is_half_revoked_until_its_revocation_is_finished()
    {
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.OpenFamilyAsync(Laptop, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        Assert.Empty(await Store.GetPendingRevocationsAsync(Phone.User, Ct));

        await Store.RevokeAsync(Phone, Ct);
        Assert.Equal([Phone], await Store.GetPendingRevocationsAsync(Phone.User, Ct));
        Assert.Empty(await Store.GetPendingRevocationsAsync(UserId.Parse("bob"), Ct));

        await Store.CompleteRevocationAsync(Phone, Ct);
        await Store.CompleteRevocationAsync(Phone, Ct);
        Assert.Empty(await Store.GetPendingRevocationsAsync(Phone.User, Ct));

        Clock.Advance(TimeSpan.FromMinutes(1));
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.RevokeAsync(Phone, Ct);
        Assert.Equal([Phone], await Store.GetPendingRevocationsAsync(Phone.User, Ct));
    }

    [Fact]
    public async Task A_device_that_came_again_is_not_half_revoked()
    {
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        await Store.RevokeAsync(Phone, Ct);

        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);

        Assert.Empty(await Store.GetPendingRevocationsAsync(Phone.User, Ct));
    }

    [Fact]
    public async Task Old_revocations_are_swept()
    {
        await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 10, Ct);
        var at = await Store.RevokeAsync(Phone, Ct);

        await Store.SweepAsync(at!.Value, Ct);
        Assert.Single((await Store.GetRevocationsAsync(null, Ct)).Revocations);

        await Store.SweepAsync(at.Value.AddMilliseconds(1), Ct);
        Assert.Empty((await Store.GetRevocationsAsync(null, Ct)).Revocations);
    }
}
