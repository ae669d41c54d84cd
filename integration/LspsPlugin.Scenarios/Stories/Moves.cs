using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The provider's machine is lost; another takes over its secrets and its database, and with them its promises.</summary>
public static class Moves
{
    [Scenario]
    public static Task Parts_that_were_held_are_paid_by_the_node_that_takes_over(IRegtest net) => WithPartsHeldAsync(net, Database.Sqlite);

    [Scenario]
    public static Task An_offer_is_kept_by_the_node_that_takes_over(IRegtest net) => WithAnOfferAsync(net, Database.Sqlite);

    [Scenario(Needs = Need.Postgres)]
    public static Task Parts_that_were_held_are_paid_by_the_node_that_takes_over_a_database_server(IRegtest net) => WithPartsHeldAsync(net, Database.Postgres);

    [Scenario(Needs = Need.Postgres)]
    public static Task An_offer_is_kept_by_the_node_that_takes_over_a_database_server(IRegtest net) => WithAnOfferAsync(net, Database.Postgres);

    private static async Task WithPartsHeldAsync(IRegtest net, Database database)
    {
        Stage stage = await Stage.SetAsync(net, @as: setup => setup with { Database = database });
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 2, sent: 1);
        await stage.HeldAsync(1);
        stage = await TakeOverAsync(stage, database);
        await stage.HeldAsync(1);
        parts = [.. parts, .. await stage.SendAsync(invoice, parts: 2, sent: 1, first: 2)];
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    private static async Task WithAnOfferAsync(IRegtest net, Database database)
    {
        Stage stage = await Stage.SetAsync(net, @as: setup => setup with { Database = database });
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        stage = await TakeOverAsync(stage, database);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    private static async Task<Stage> TakeOverAsync(Stage stage, Database database)
    {
        await stage.Provider.KillAsync();
        IRegtestNode standby = await stage.Net.StartAsync(new NodeSetup("standby", Stage.ProviderOptions) { Database = database, TakesOver = stage.Provider });
        Stage moved = stage.With(standby);
        await moved.ReconnectAsync();
        return moved;
    }
}
