using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Groups.Changing;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Moving;
using Chat.Modules.Groups.Notices;
using Chat.Modules.Groups.Reading;
using Chat.Modules.Groups.Rest;
using Chat.Modules.Groups.Store;
using Chat.Modules.Messaging.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Groups;

/// <summary>Groups, their members and roles.</summary>
public sealed class GroupsModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
        if (context.UsesCql())
            services.AddBusHandler<GroupInvalidator>().AddNodeObserver<GroupInvalidator>().AddHostedService(provider => provider.GetRequiredService<GroupInvalidator>());
        else
            services.AddSingleton<ILogPositions>(provider => (SqliteGroupStore)provider.GetRequiredService<IGroupStore>());
        services
            .AddModuleOptions<GroupsOptions>("Groups")
            .AddSingleton<GroupsMetrics>()
            .AddSqliteTables("groups", typeof(GroupsModule).Assembly)
            .AddCqlTables("groups", typeof(GroupsModule).Assembly)
            .AddStore<IGroupStore, SqliteGroupStore, CqlGroupStore>(context)
            .AddSingleton<NoticeAppender>()
            .AddHostedService<NoticeSweep>()
            .AddSingleton<GroupDirectory>()
            .AddSingleton<StrangerLimits>()
            .AddCommand<CreateGroup, Group, CreateGroupHandler>().AddCommandValidator<CreateGroup, CreateGroupValidator>()
            .AddCommand<ChangeGroup, Group, ChangeGroupHandler>().AddCommandValidator<ChangeGroup, ChangeGroupValidator>()
            .AddCommand<AddMembers, Group, AddMembersHandler>().AddCommandValidator<AddMembers, AddMembersValidator>()
            .AddCommand<RemoveMember, Done, RemoveMemberHandler>()
            .AddCommand<ChangeRole, Group, ChangeRoleHandler>().AddCommandValidator<ChangeRole, ChangeRoleValidator>()
            .AddQuery<GetGroup, Result<Group>, GetGroupHandler>()
            .AddQuery<GetMembership, Membership?, GetMembershipHandler>()
            .AddQuery<GetRole, GroupRole?, GetRoleHandler>()
            .AddQuery<GetTitle, string?, GetTitleHandler>()
            .AddQuery<GetMembers, IReadOnlyList<UserId>, GetMembersHandler>()
            .AddQuery<GetMembersNotShown, IReadOnlyCollection<UserId>, GetMembersNotShownHandler>()
            .AddQuery<GetGroupsOf, IReadOnlyList<JoinedGroup>, GetGroupsOfHandler>()
            .AddQuery<HaveSharedGroup, bool, HaveSharedGroupHandler>()
            .AddQuery<FindUsersSharingGroup, IReadOnlyCollection<UserId>, FindUsersSharingGroupHandler>();
    }

    public void AddMove(IServiceCollection services) => services
        .AddSqliteTables("groups", typeof(GroupsModule).Assembly)
        .AddCqlTables("groups", typeof(GroupsModule).Assembly)
        .AddSingleton<ILogPositions, SqliteGroupStore>()
        .AddMovedTable<MovedGroups>()
        .AddMovedTable<MovedMembers>()
        .AddMovedTable<MovedNotices>()
        .AddMovedTable<MovedEntries>();

    public void MapEndpoints(IEndpointRouteBuilder routes) => routes.MapGroups();
}
