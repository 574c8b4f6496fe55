using Chat.Architecture.Tests.Rules;

namespace Chat.Architecture.Tests;

/// <summary>The rules, on what is shipped.</summary>
public sealed class TheHouseKeepsTheRulesTests
{
    [Fact]
    public void A_module_references_other_modules_contracts_only() => Holds(BoundaryRules.ModulesReferenceContractsOnly(TheHouse.Modules));

    [Fact]
    public void Contracts_reference_building_blocks_and_contracts_only() => Holds(BoundaryRules.ContractsReferenceContractsOnly(TheHouse.Contracts));

    [Fact]
    public void Building_blocks_know_no_module() => Holds(BoundaryRules.BuildingBlocksKnowNoModule(TheHouse.BuildingBlocks));

    [Fact]
    public void A_module_exports_its_module_class_only() => Holds(BoundaryRules.ModulesExportTheirModuleOnly(TheHouse.Modules));

    [Fact]
    public void Storage_clients_are_known_in_adapters_only() => Holds(BoundaryRules.StorageClientsAreInAdapters(TheHouse.All));

    [Fact]
    public void Transports_are_known_in_the_host_only() => Holds(BoundaryRules.TransportsAreTheHosts(TheHouse.AllButHost));

    [Fact]
    public void A_module_sends_no_command_of_another() => Holds(BoundaryRules.ModulesSendNoCommandOfAnother(TheHouse.Modules, TheHouse.Contracts));

    [Fact]
    public void Users_are_told_through_Receivers_only() => Holds(BoundaryRules.ConnectionsAreReachedThroughReceivers(TheHouse.Modules));

    [Fact]
    public void No_port_says_which_adapter_is_in_use() => Holds(BoundaryRules.PortsDoNotSayWhichAdapterIsInUse(TheHouse.All));

    [Fact]
    public void Classes_are_sealed() => Holds(ShapeRules.ClassesAreSealed([.. TheHouse.All.Except(TheHouse.Contracts)]));

    [Fact]
    public void Contracts_are_records_and_ports() => Holds(ShapeRules.ContractsAreRecordsAndPorts(TheHouse.Contracts));

    [Fact]
    public void Handlers_are_named_for_their_request() => Holds(ShapeRules.HandlersAreNamedForTheirRequest(TheHouse.All));

    [Fact]
    public void Subscribers_are_named_for_what_they_do() => Holds(ShapeRules.SubscribersAreNamedForWhatTheyDo(TheHouse.All));

    [Fact]
    public void Names_say_something() => Holds(ShapeRules.NamesSaySomething(TheHouse.All));

    [Fact]
    public void Every_command_and_query_has_one_handler() => Holds(RegistrationRules.RequestsHaveOneHandler(TheHouse.Contracts, TheHouse.RunningModules));

    [Fact]
    public void Every_handler_is_registered() => Holds(RegistrationRules.HandlersAreRegistered(TheHouse.RunningModules));

    [Fact]
    public void Every_subscriber_is_registered() => Holds(RegistrationRules.SubscribersAreRegistered(TheHouse.RunningModules));

    [Fact]
    public void Source_files_are_short() =>
        Holds(FileRules.FilesAreShort(TheHouse.SourceFolders));

    [Fact]
    public void Log_methods_stand_together() => Holds(LogRules.LogMethodsAreInLogClasses(TheHouse.All));

    [Fact]
    public void Event_ids_are_in_their_range() => Holds(LogRules.EventIdsAreInTheirRange(TheHouse.All));

    [Fact]
    public void Event_ids_are_unique() => Holds(LogRules.EventIdsAreUnique(TheHouse.All));

    [Fact]
    public void The_document_has_every_log_line() => Holds(LogRules.LogLinesAreDocumented(TheHouse.All, Path.Combine(TheHouse.Root, "docs/log-lines.md")));

    private static void Holds(Verdict verdict) => Assert.True(verdict.Holds, verdict.ToString());
}
