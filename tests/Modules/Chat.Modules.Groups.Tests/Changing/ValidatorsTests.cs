using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Changing;
using Chat.Modules.Groups.Contracts;
using FluentValidation;
using Microsoft.Extensions.Options;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Changing;

public sealed class ValidatorsTests
{
    private static readonly IOptions<GroupsOptions> Limits = Options.Create(new GroupsOptions { MaxMembersPerRequest = 2 });

    private static readonly ConversationId Id = ConversationId.NewGroup();

    public static TheoryData<string?, bool> Titles => new()
    {
        { "W", true },
        { "Läufer 🏃 und Freunde", true },
        { new string('x', 128), true },
        { string.Concat(Enumerable.Repeat("🏃", 128)), true },
        { null, false },
        { "", false },
        { new string('x', 129), false },
        { string.Concat(Enumerable.Repeat("🏃", 129)), false },
        { "two\nlines", false },
        { "nul\0", false },
        { "\u0085", false },
        { "\u200b", false },
        { "  ", false },
        { "\u202e", false },
        { "\ud83c", false },
        { "tail \ud83c", false },
        { "\udfc3 first", false },
    };

    [Theory]
    [MemberData(nameof(Titles))]
    public void A_title_has_1_to_128_characters_and_no_control_characters_or_lone_surrogates(string? title, bool allowed)
    {
        var refusal = Refusal(new CreateGroupValidator(Limits), new CreateGroup(Device("ann"), title!, [], GroupHistory.All));

        Assert.Equal(allowed ? null : ErrorCodes.BadRequest, refusal);
        if (title is not null)
            Assert.Equal(refusal, Refusal(new ChangeGroupValidator(), new ChangeGroup(Device("ann"), Id, title, null)));
    }

    [Theory]
    [InlineData(null, ErrorCodes.BadRequest, ErrorCodes.BadRequest)]
    [InlineData(0, null, ErrorCodes.BadRequest)]
    [InlineData(2, null, null)]
    [InlineData(3, ErrorCodes.TooLarge, ErrorCodes.TooLarge)]
    public void A_request_names_as_many_members_as_the_limit(int? count, string? creating, string? adding)
    {
        var members = count is { } n ? Enumerable.Range(0, n).Select(i => User($"user{i}")).ToArray() : null;

        Assert.Equal(creating, Refusal(new CreateGroupValidator(Limits), new CreateGroup(Device("ann"), "Walkers", members!, GroupHistory.All)));
        Assert.Equal(adding, Refusal(new AddMembersValidator(Limits), new AddMembers(Device("ann"), Id, members!)));
    }

    [Fact]
    public void What_is_not_a_setting_a_role_or_a_change_is_refused()
    {
        Assert.Equal(
            ErrorCodes.BadRequest,
            Refusal(new CreateGroupValidator(Limits), new CreateGroup(Device("ann"), "Walkers", [], (GroupHistory)2)));
        Assert.Equal(ErrorCodes.BadRequest, Refusal(new ChangeGroupValidator(), new ChangeGroup(Device("ann"), Id, null, (GroupHistory)2)));
        Assert.Equal(ErrorCodes.BadRequest, Refusal(new ChangeGroupValidator(), new ChangeGroup(Device("ann"), Id, null, null)));
        Assert.Equal(ErrorCodes.BadRequest, Refusal(new ChangeRoleValidator(), new ChangeRole(Device("ann"), Id, User("bob"), (GroupRole)(-1))));
        Assert.Null(Refusal(new ChangeGroupValidator(), new ChangeGroup(Device("ann"), Id, null, GroupHistory.FromJoin)));
        Assert.Null(Refusal(new ChangeRoleValidator(), new ChangeRole(Device("ann"), Id, User("bob"), GroupRole.Owner)));
    }

    private static string? Refusal<T>(AbstractValidator<T> validator, T command)
    {
        var failure = validator.Validate(command).Errors.FirstOrDefault();
        return failure is null ? null : failure.CustomState as string ?? ErrorCodes.BadRequest;
    }
}
