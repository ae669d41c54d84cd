using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Fuzz.Inputs;

/// <summary>Valid inputs, with one offer sold and one purchase made, so that messages reach the sessions behind the readers.</summary>
internal static class Samples
{
    public const string Hash = "3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7";
    public const string Preimage = "3b0e7738e22c1ea922f49af5650e9708ae58f5a93e9ea7fd222a925d4c2c260d";
    public const string Client = "038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b";
    public const string Provider = "033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a";
    public const string Payer = "03cecbfdc68544cc596223b68ce0710c9e5d2c9cb317ee07822d95079acc703d31";
    public const string JitScid = "609x7777x1";
    public const string BoughtScid = "700x1x1";
    public const string Channel = "a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8";

    /// <summary>The key of the promises, given to the plugin as an option.</summary>
    public static readonly byte[] Key = [.. Enumerable.Repeat((byte)0x11, 32)];

    public const string BigFeeParams =
        """{"min_fee_msat":"10000","proportional":1000,"valid_until":"2026-06-01T00:00:00.000Z","min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"100000000","promise":"PROMISE"}""";

    public static readonly string FeeParams = Promised();

    public static readonly Offer Offer = new(
        Scid.Parse(JitScid), NodeId.Parse(Client), Read(FeeParams), new Msat(10_000_000), new Sat(100_000), ClientTrustsLsp: true, DateTimeOffset.UnixEpoch.AddYears(50));

    public static readonly string Purchase =
        $$"""{"lsp_id":"{{Provider}}","opening_fee_params":{{FeeParams}},"payment_size_msat":"10000000","client_trusts_lsp":true,"payment_hash":"{{Hash}}"}""";

    public static readonly string GetInfo = """{"jsonrpc":"2.0","id":"wal#6f1c0b0f9a7be1d2c3aa","method":"lsps2.get_info","params":{"token":"SPRING"}}""";

    public static readonly string Buy = $$"""{"jsonrpc":"2.0","id":"wal#2","method":"lsps2.buy","params":{"opening_fee_params":{{FeeParams}},"payment_size_msat":"10000000"} }""";

    public static readonly string Menu = $$"""{"opening_fee_params_menu":[{{FeeParams}}]}""";

    public static readonly string Bought = $$"""{"jit_channel_scid":"{{JitScid}}","lsp_cltv_expiry_delta":144,"client_trusts_lsp":false}""";

    public static readonly string Policy = $$"""{"policy_opening_fee_params_menu":[{{FeeParams.Replace(",\"promise\":\"" + Read(FeeParams).Promise + "\"", "", StringComparison.Ordinal)}}]}""";

    /// <summary>Bodies of LSPS messages, from clients and from providers.</summary>
    public static readonly string[] Bodies =
    [
        """{"jsonrpc": "2.0", "method": "lsps0.list_protocols", "params": {}, "id": "abc"}""",
        GetInfo,
        Buy,
        """{"jsonrpc":"2.0","method":"lsps5.webhook_registered","params":{}}""",
        $$"""{"jsonrpc":"2.0","id":"a","result":{{Menu}}}""",
        $$"""{"jsonrpc":"2.0","id":"a","result":{{Bought}}}""",
        """{"jsonrpc":"2.0","id":"a","error":{"code":-32602,"message":"Invalid params","data":{"unrecognized":["tokn"]}}}""",
    ];

    public static string ForwardHtlc(string nextHop, ulong amount, int id) =>
        $$"""{"peer_id":"{{Payer}}","onion":{"payload":"1202034c4b400401740608000261001e610001","type":"tlv","short_channel_id":"{{nextHop}}","forward_msat":{{amount}},"outgoing_cltv_value":116,"shared_secret":"{{Hash}}"},"htlc":{"short_channel_id":"104x1x0","id":{{id}},"amount_msat":{{amount}},"cltv_expiry":290,"cltv_expiry_relative":181,"payment_hash":"{{Hash}}","extra_tlvs":"fe00010001080000000000001388"} }""";

    public static string LastHtlc(ulong received, ulong meant, int id) =>
        $$"""{"peer_id":"{{Provider}}","onion":{"payload":"2d02034c4b400401740823{{Hash}}0f4240","type":"tlv","forward_msat":{{meant}},"outgoing_cltv_value":116,"total_msat":10000000,"payment_secret":"{{Preimage}}"},"htlc":{"short_channel_id":"15319737x6786139x27787","id":{{id}},"amount_msat":{{received}},"cltv_expiry":290,"cltv_expiry_relative":181,"payment_hash":"{{Hash}}","extra_tlvs":"fe00010001080000000000002710"} }""";

    public static IReadOnlyList<byte[]> Bytes(params IEnumerable<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static string Promised()
    {
        OpeningFeeParams terms = Read(BigFeeParams);
        return BigFeeParams.Replace("PROMISE", Promise.Make(Key, terms, NodeId.Parse(Client), token: null), StringComparison.Ordinal);
    }

    private static OpeningFeeParams Read(string json) =>
        OpeningFeeParamsJson.Read(System.Text.Json.JsonDocument.Parse(json).RootElement, out _) ?? throw new InvalidOperationException("the sample is not valid");
}
