using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Fuzz.Inputs;

namespace LspsPlugin.Fuzz.Targets;

/// <summary>What operators and other programs may have written: records of the datastore, options.</summary>
internal static class RecordTargets
{
    private static readonly Scid Name = Scid.Parse(Samples.JitScid);

    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("record", Samples.Bytes(Records()), Record),
        new("income", Samples.Bytes(Income()), Earned),
        new("purchase", Samples.Bytes(Samples.Purchase), Bought),
        new("options", Samples.Bytes("""{"experimental-lsps2-service":true,"experimental-lsps-client":true,"lsps2-max-parts":10,"lsps2-min-fee-msat":0}""", $$"""{"experimental-lsps2-service":true,"experimental-lsps2-promise-secret":"{{Samples.Hash}}","dev-lsps2-collect-timeout":3600}"""), Options),
        new("prices", Samples.Bytes("""{"menu":[{},{"min_fee_msat":9000000,"chain_fee_percent":120,"validity_minutes":720}],"tokens":{"friend":[{"fee_ppm":0}]}}"""), Prices),
        new("setconfig", Samples.Bytes("10", "3600", "-1", "true", "", "9223372036854775807"), SetConfig),
    ];

    /// <summary>A record is read or left alone for a reason; one that is read is written in one form.</summary>
    private static void Record(byte[] input)
    {
        SessionRecord? record = RecordJson.Read(Name, Encoding.UTF8.GetString(input), out string? problem);
        FindingException.ThrowUnless(record is not null || problem is not null, "a record was left alone without a reason");
        if (record is null) return;
        string written = RecordJson.Write(record);
        SessionRecord? again = RecordJson.Read(Name, written, out problem);
        FindingException.ThrowUnless(again is not null && RecordJson.Write(again) == written, $"a record does not come back as it was: {problem}");
    }

    /// <summary>The same for an entry of the ledger; and what is made of any record of a sale is an entry that can be read.</summary>
    private static void Earned(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        IncomeEntry? entry = IncomeEntry.Read(text, out string? problem);
        FindingException.ThrowUnless(entry is not null || problem is not null, "an entry was left alone without a reason");
        if (RecordJson.Read(Name, text, out _) is { State: { } state } record) entry ??= IncomeEntry.Of(record.Offer, record.PaymentHash, state, record.Events, DateTimeOffset.UnixEpoch);
        if (entry is null) return;
        string written = entry.Write();
        FindingException.ThrowUnless(IncomeEntry.Read(written, out problem)?.Write() == written, $"an entry does not come back as it was: {problem}");
        SoldChannel? channel = SoldChannel.Read(text, out problem);
        FindingException.ThrowUnless(channel is not null || problem is not null, "a channel was left alone without a reason");
    }

    private static void Bought(byte[] input)
    {
        Purchase? purchase = Purchase.Read(Name, Encoding.UTF8.GetString(input), out string? problem);
        FindingException.ThrowUnless(purchase is not null || problem is not null, "a purchase was left alone without a reason");
        if (purchase is not null) FindingException.ThrowUnless(Purchase.Read(Name, purchase.Write(), out problem) == purchase, $"a purchase does not come back as it was: {problem}");
    }

    private static void Options(byte[] input)
    {
        if (MessageTargets.Element(input) is not { ValueKind: JsonValueKind.Object } given) return;
        Bind(Read(given));
    }

    private static Dictionary<string, JsonElement> Read(JsonElement given)
    {
        var options = new Dictionary<string, JsonElement>();
        try
        {
            foreach (JsonProperty member in given.EnumerateObject()) options[member.Name] = member.Value;
        }
        catch (InvalidOperationException)
        {
            // A name that is no text is none of ours.
        }

        return options;
    }

    /// <summary>Any text for any option that can be set while the plugin runs.</summary>
    private static void SetConfig(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        foreach ((string name, ManifestOption option) in Manifest.Embedded.Options)
        {
            using JsonDocument on = JsonDocument.Parse("true");
            Bind(new Dictionary<string, JsonElement> { [PluginOptions.ServiceFlag] = on.RootElement, [name] = PluginOptions.FromText(option, text) });
        }
    }

    /// <summary>A file of prices is refused for a reason, or all that it makes us offer may be offered.</summary>
    private static void Prices(byte[] input)
    {
        var entry = new PriceEntry(new Msat(2_500_000), 120, new Ppm(4000), TimeSpan.FromHours(1), new BlockCount(4320), new BlockCount(2016), new Msat(5_000_000), new Msat(1_000_000_000));
        var options = new PriceList([entry], PriceList.NoTokens, new ChannelSize(new Sat(50_000), 10, new Sat(0), new Sat(16_777_215)));
        PriceList? list = PriceFile.Read(input, options, out string? problem);
        FindingException.ThrowUnless(list is not null == problem is null, "a file of prices is read or refused for a reason");
        if (list is null) return;
        var chain = new ChainFees(new FeeratePerKw(uint.MaxValue), new FeeratePerKw(1));
        foreach (string? token in (IEnumerable<string?>)[null, .. list.Tokens.Keys])
        {
            IReadOnlyList<OpeningFeeParams> menu = list.Menu(token, DateTimeOffset.UnixEpoch, chain)!;
            FindingException.ThrowUnless(menu.All(offer => FeeMenu.GetRejection(offer, DateTimeOffset.UnixEpoch) is null), "an offer that must not be made");
            foreach (OpeningFeeParams offer in menu) _ = list.Capacity(new BuyRequest(offer, PaymentSize: null));
        }
    }

    private static void Bind(Dictionary<string, JsonElement> given)
    {
        (PluginOptions? options, string? disable) = PluginOptions.Bind(given);
        FindingException.ThrowUnless(options is null != (disable is null), "options are taken or refused");
        if (options?.Provider is not { } provider) return;
        FindingException.ThrowUnless(provider.PromiseSecret is null or { Length: 32 }, "a key of another length was taken");
        FindingException.ThrowUnless(provider.Limits is { MaxParts: >= 1, CollectTimeout.Ticks: > 0, ChannelReadyTimeout.Ticks: > 0 }, "an absurd bound was taken");
        FindingException.ThrowUnless(provider.Prices.Entries.All(entry => entry.MaxPaymentSize >= entry.MinPaymentSize), "the largest payment is below the smallest");
    }

    private static IEnumerable<string> Income()
    {
        var entry = new IncomeEntry(Name, NodeId.Parse(Samples.Client), SaleResult.Paid, DateTimeOffset.UnixEpoch)
        {
            PaymentHash = PaymentHash.Parse(Samples.Hash),
            Channel = ChannelId.Parse(Samples.Channel),
            OpeningFee = new Msat(1000),
            Token = "friend",
            Menu = (4000, 4320),
        };
        yield return entry.Write();
        yield return (entry with { Result = SaleResult.Failed, Reason = FailureReason.NeverPaid }).Write();
        yield return new SoldChannel(Name, Name, DateTimeOffset.UnixEpoch, new Msat(5), IsFinal: true).Write();
        foreach (string record in Records()) yield return record;
    }

    private static IEnumerable<string> Records()
    {
        var plan = new FundingPlan(
            "cHNidP8=",
            new Outpoint(TxId.Parse("c9d69015aab44922bc1319074d4aca8dcfa21348d8c4ffc255badd052f1fd1a7"), 1),
            ChannelId.Parse(Samples.Channel),
            new Sat(100_000),
            new BlockCount(72),
            new BlockHeight(109));
        Forward[] forwards = [new(new HtlcKey(Scid.Parse("104x1x0"), 0), new Msat(4_990_000), new Msat(10_000), ForwardStatus.Settled)];
        var fee = new Msat(10_000);
        PaymentHash hash = PaymentHash.Parse(Samples.Hash);
        yield return RecordJson.Write(new SessionRecord(Samples.Offer, null, null, null));
        yield return RecordJson.Write(new SessionRecord(Samples.Offer, null, null, plan.Channel));
        yield return RecordJson.Write(new SessionRecord(Samples.Offer, hash, new SavedState(Phase.AwaitingSettlement, fee, plan, [.. forwards], null, null, null, ChannelExisted: true), null));
        yield return RecordJson.Write(new SessionRecord(Samples.Offer, hash, new SavedState(Phase.Broadcasting, fee, plan, [.. forwards], Preimage.Parse(Samples.Preimage), null, null, ChannelExisted: true), null));
    }
}
