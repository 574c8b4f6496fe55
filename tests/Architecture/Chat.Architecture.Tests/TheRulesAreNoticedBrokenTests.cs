using System.Reflection;
using Chat.Architecture.Tests.Rules;
using Chat.BuildingBlocks.Modules;
using Chat.Modules.Broken;

namespace Chat.Architecture.Tests;

/// <summary>The rules, on assemblies that break each of them: a rule that has never been seen red proves nothing.</summary>
public sealed class TheRulesAreNoticedBrokenTests
{
    private static readonly IReadOnlyList<IModule> BrokenModules = [new BrokenModule()];
    private static readonly IReadOnlyList<Assembly> Broken = [typeof(BrokenModule).Assembly];
    private static readonly IReadOnlyList<Assembly> BrokenContracts = [Assemblies.ContractsOf(typeof(BrokenModule).Assembly)];

    [Fact]
    public void A_module_that_references_another_module() => IsBroken(
        BoundaryRules.ModulesReferenceContractsOnly(Broken), "Chat.Modules.Broken → Chat.Modules.Groups");

    [Fact]
    public void Contracts_that_reference_a_library() => IsBroken(
        BoundaryRules.ContractsReferenceContractsOnly(BrokenContracts), "Chat.Modules.Broken.Contracts → FluentValidation");

    [Fact]
    public void A_building_block_that_knows_a_module() => IsBroken(
        BoundaryRules.BuildingBlocksKnowNoModule(Broken),
        "Chat.Modules.Broken → Chat.Modules.Broken.Contracts", "Chat.Modules.Broken → Chat.Modules.Groups",
        "Chat.Modules.Broken → Chat.Modules.Groups.Contracts");

    [Fact]
    public void A_module_that_exports_a_second_class() => IsBroken(BoundaryRules.ModulesExportTheirModuleOnly(Broken), "SecondExport");

    [Fact]
    public void A_storage_client_outside_the_adapters() => IsBroken(BoundaryRules.StorageClientsAreInAdapters(Broken), "LazyReader", "MessageReader");

    [Fact]
    public void A_socket_outside_the_host() => IsBroken(BoundaryRules.TransportsAreTheHosts(Broken), "SocketUser");

    [Fact]
    public void A_module_that_sends_anothers_command() => IsBroken(
        BoundaryRules.ModulesSendNoCommandOfAnother(Broken, [.. BrokenContracts, .. TheHouse.Contracts]), "NeighbourChanger");

    [Fact]
    public void A_class_that_tells_users_past_Receivers() => IsBroken(BoundaryRules.ConnectionsAreReachedThroughReceivers(Broken), "TellOnHappening");

    [Fact]
    public void A_port_that_says_which_adapter_is_in_use() => IsBroken(BoundaryRules.PortsDoNotSayWhichAdapterIsInUse(Broken), "ILetters.IsShared");

    [Fact]
    public void A_class_that_is_not_sealed() => IsBroken(ShapeRules.ClassesAreSealed(Broken), "OpenClass");

    [Fact]
    public void Contracts_that_are_classes_or_hidden() => IsBroken(
        ShapeRules.ContractsAreRecordsAndPorts(BrokenContracts), "Constants", "Hidden", "LooseClass");

    [Fact]
    public void A_handler_with_a_name_of_its_own() => IsBroken(ShapeRules.HandlersAreNamedForTheirRequest(Broken), "TwiceAgain");

    [Fact]
    public void A_subscriber_whose_name_does_not_say_what_it_does() => IsBroken(ShapeRules.SubscribersAreNamedForWhatTheyDo(Broken), "HappenedListener");

    [Fact]
    public void A_name_that_says_nothing() => IsBroken(ShapeRules.NamesSaySomething(Broken), "ConversationManager");

    [Fact]
    public void A_command_without_a_handler_and_one_with_two() => IsBroken(
        RegistrationRules.RequestsHaveOneHandler(BrokenContracts, BrokenModules), "Ask", "Orphan", "Twice");

    [Fact]
    public void A_handler_that_is_not_registered() => IsBroken(RegistrationRules.HandlersAreRegistered(BrokenModules), "AskHandler");

    [Fact]
    public void A_subscriber_that_is_not_registered() => IsBroken(
        // There is one registration for two subscribers, so the other one is suspect too.
        RegistrationRules.SubscribersAreRegistered(BrokenModules), "HappenedListener", "WriteOnHappened");

    [Fact]
    public void A_log_method_by_itself() => IsBroken(LogRules.LogMethodsAreInLogClasses(Broken), "BrokeAgain");

    [Fact]
    public void An_event_id_of_another_module_and_none() => IsBroken(LogRules.EventIdsAreInTheirRange(Broken), "OutOfRange", "WithoutId");

    [Fact]
    public void Two_log_lines_of_one_event_id() => IsBroken(LogRules.EventIdsAreUnique(Broken), "Broke", "BrokeAgain");

    [Fact]
    public void A_log_line_that_is_not_documented_and_a_row_of_none()
    {
        var document = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(document, ["| 9001 | Broke | Warning | Something broke |", "| 9002 | Gone | Warning | What was once |"]);

            IsBroken(
                LogRules.LogLinesAreDocumented(Broken, document), "| -1 | WithoutId | Warning | No number |",
                "| 4001 | OutOfRange | Warning | Not this module's number |", "| 9001 | BrokeAgain | Warning | The same number again |",
                "| 9002 | Gone | Warning | What was once |");
        }
        finally
        {
            File.Delete(document);
        }
    }

    [Fact]
    public void A_file_that_is_too_long()
    {
        var folder = Directory.CreateTempSubdirectory("chat-test-");
        try
        {
            File.WriteAllLines(Path.Combine(folder.FullName, "Long.cs"), Enumerable.Repeat("", 401));
            File.WriteAllLines(Path.Combine(folder.FullName, "Short.cs"), Enumerable.Repeat("", 400));

            IsBroken(FileRules.FilesAreShort(folder.FullName), "Long.cs");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_rule_that_selects_nothing_does_not_hold() => Assert.All(
        new[]
        {
            BoundaryRules.ModulesReferenceContractsOnly([]), BoundaryRules.ContractsReferenceContractsOnly([]), BoundaryRules.BuildingBlocksKnowNoModule([]),
            BoundaryRules.ModulesExportTheirModuleOnly([]), BoundaryRules.StorageClientsAreInAdapters(BrokenContracts),
            BoundaryRules.TransportsAreTheHosts([]), BoundaryRules.ConnectionsAreReachedThroughReceivers(BrokenContracts),
            BoundaryRules.ModulesSendNoCommandOfAnother(Broken, []), BoundaryRules.PortsDoNotSayWhichAdapterIsInUse(BrokenContracts),
            ShapeRules.ClassesAreSealed([]), ShapeRules.ContractsAreRecordsAndPorts([]), ShapeRules.HandlersAreNamedForTheirRequest(BrokenContracts),
            ShapeRules.SubscribersAreNamedForWhatTheyDo(BrokenContracts), ShapeRules.NamesSaySomething([]),
            RegistrationRules.RequestsHaveOneHandler([], BrokenModules), RegistrationRules.HandlersAreRegistered([]),
            RegistrationRules.SubscribersAreRegistered([]), LogRules.LogMethodsAreInLogClasses(BrokenContracts),
            LogRules.EventIdsAreInTheirRange(BrokenContracts), LogRules.EventIdsAreUnique(BrokenContracts), FileRules.FilesAreShort("there-is-no-such-folder"),
        },
        verdict => Assert.False(verdict.Holds));

    private static void IsBroken(Verdict verdict, params string[] offenders)
    {
        Assert.False(verdict.Holds);
        Assert.Equal(offenders, verdict.Offenders);
    }
}
