using System.Text;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Fuzz;
using LspsPlugin.Fuzz.Inputs;
using LspsPlugin.Fuzz.Process;
using LspsPlugin.Fuzz.Targets;

namespace LspsPlugin.Cln.Tests.Hostile;

/// <summary>The fuzzer itself: it repeats, it finds defects that are there, and it takes no wrong answer for a right one.</summary>
public class FuzzerTests
{
    [Fact]
    public void A_seed_makes_the_same_input_every_time()
    {
        foreach (FuzzTarget target in AllTargets.List)
        {
            for (int seed = 0; seed < 50; seed++) Assert.Equal(HostileInputs.Make(seed, target.Corpus), HostileInputs.Make(seed, target.Corpus));
        }
    }

    public static TheoryData<string> Defects => ["surrogate", "deep", "repeated", "overflow", "zero", "not utf-8"];

    [Theory]
    [MemberData(nameof(Defects))]
    public void A_reader_with_a_defect_is_found_out(string defect)
    {
        var target = new FuzzTarget("broken", Samples.Bytes(Samples.GetInfo, Samples.Buy), input => Broken(defect, input));
        (_, Finding? finding) = FuzzRun.Run(target, seed: 1, i => i < 5000);
        Assert.NotNull(finding);

        // What is told is enough to see it again: the input itself, made smaller, and the command.
        Finding small = finding.Shrink();
        Assert.True(small.Smallest.Length < finding.Input.Length);
        Assert.NotNull(FuzzRun.Try(target, null, small.Smallest));
        Assert.Contains($"./build.sh fuzz broken --input {Convert.ToHexStringLower(small.Smallest)}", small.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("htlc_accepted", """{"error":{"code":-32603,"message":"x"}}""")]
    [InlineData("htlc_accepted", "{}")]
    [InlineData("htlc_accepted", """{"result":null}""")]
    [InlineData("htlc_accepted", """{"result":{}}""")]
    [InlineData("htlc_accepted", """{"result":{"result":"fail"}}""")]
    [InlineData("htlc_accepted", """{"result":{"result":"fail","failure_message":"xyz"}}""")]
    [InlineData("htlc_accepted", """{"result":{"result":"continue","forward_to":"00"}}""")]
    [InlineData("htlc_accepted", """{"result":{"result":"reject"}}""")]
    [InlineData("openchannel", """{"result":{"result":"fail"}}""")]
    [InlineData("rpc_command", """{"result":{"return":{"error":{"code":-1}}}}""")]
    [InlineData("custommsg", """{"result":{"result":"reject"}}""")]
    public void An_answer_that_the_host_dies_of_is_refused(string hook, string answer) =>
        Assert.NotNull(HookAnswers.Refuse(hook, JsonDocument.Parse(answer).RootElement));

    [Theory]
    [InlineData("htlc_accepted", 0, "fail")] // parts that stay incomplete are given back
    [InlineData("htlc_accepted", 1, "fail")] // a client that is away cannot be sold to
    [InlineData("htlc_accepted", 2, "continue")]
    [InlineData("htlc_accepted", 3, "payload")] // taken by the wallet, with the total rewritten
    [InlineData("openchannel", 0, "mindepth")] // the channel that was bought
    public void The_valid_inputs_reach_what_lies_behind_the_readers(string hook, int sample, string expected)
    {
        string parameters = Encoding.UTF8.GetString(AllTargets.Find(hook).Corpus[sample]);
        PluginRun run = PluginRun.Play(Encoding.UTF8.GetBytes(PluginRun.Init), Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":"h","method":"{{hook}}","params":{{parameters}}}"""));
        Assert.Contains($"\"{expected}\"", run.Answers.Single(answer => answer.Id == "\"h\"").Message.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_valid_values_are_read()
    {
        Assert.All(AllTargets.Find("onion").Corpus, onion => Assert.True(OnionPayload.TryParse(Convert.ToHexStringLower(onion), out _)));
        Assert.All(AllTargets.Find("tlv").Corpus, tlv => Assert.True(TlvStream.TryParse(tlv, out _)));
        Assert.All(AllTargets.Find("psbt").Corpus, psbt => Assert.True(Psbt.TryReadUnsignedTx(Convert.ToBase64String(psbt), out _, out _)));
        Assert.All(AllTargets.Find("bolt11").Corpus, invoice => Assert.True(Bolt11Invoice.TryParse(Encoding.UTF8.GetString(invoice), out _)));
    }

    [Fact]
    public void The_valid_requests_of_a_client_are_sold_to()
    {
        string parameters = $$"""{"payload":"9419{{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Samples.Buy))}}","peer_id":"{{Samples.Client}}"}""";
        PluginRun run = PluginRun.Play(Encoding.UTF8.GetBytes(PluginRun.Init), Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":"h","method":"custommsg","params":{{parameters}}}"""));
        Assert.Contains("jit_channel_scid", Encoding.UTF8.GetString(Assert.Single(run.Sent).Body), StringComparison.Ordinal);
    }

    private static void Broken(string defect, byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        bool strikes = defect switch
        {
            "surrogate" => text.Contains("\\ud800", StringComparison.Ordinal),
            "deep" => text.Contains(new string('[', 60), StringComparison.Ordinal),
            "repeated" => text.Split("\"method\"").Length > 2,
            "overflow" => text.Contains("18446744073709551616", StringComparison.Ordinal),
            "zero" => input.Contains((byte)0),
            _ => !System.Text.Unicode.Utf8.IsValid(input),
        };
        if (strikes) throw new FindingException(defect);
    }
}
