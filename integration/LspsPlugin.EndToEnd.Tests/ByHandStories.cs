using System.Diagnostics;
using LspsPlugin.Core.Lightning;
using LspsPlugin.EndToEnd.Tests.Host;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>The file that an operator starts by hand, beside the same file as a plugin.</summary>
public class ByHandStories
{
    [Fact]
    public void An_operator_looks_at_a_provider_that_runs() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);

        (int code, string output, string complaints) = await RunAsync("top", "--rpc-file", world.ProviderPlugin.Socket!);
        Assert.True(code == 0, complaints);
        Assert.Matches("1 unpaid|0 unpaid", output);
        Assert.Matches($"(?m)^ *20[0-9-]+ [0-9:]+ +[0-9]+x[0-9]+x[0-9]+ +.+ paid +99,000 +1,000 *$", output);
        Assert.DoesNotContain('\e', output);

        (code, output, complaints) = await RunAsync("report", "--rpc-file", world.ProviderPlugin.Socket!, "--days=2");
        Assert.True(code == 0, complaints);
        Assert.StartsWith("<!DOCTYPE html>", output, StringComparison.Ordinal);
        Assert.Contains("<dt>Channels sold</dt><dd>1<span>wallets received 99,000 sat</span></dd>", output, StringComparison.Ordinal);

        // The wallet's node has the plugin too, and sells nothing.
        (code, output, complaints) = await RunAsync("top", "--rpc-file", world.WalletPlugin.Socket!);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("lsps-plugin: the provider's role is off", complaints, StringComparison.Ordinal);
    });

    [Fact]
    public async Task What_cannot_be_done_by_hand_says_why()
    {
        foreach ((int expected, string words, string[] args) in ((int, string, string[])[])
            [
                (2, "lsps-plugin: there is no node at /nowhere/regtest/lightning-rpc: is lightningd running", ["top", "--lightning-dir=/nowhere", "--regtest"]),
                (2, "lsps-plugin: there is no node at /nowhere/bitcoin/lightning-rpc: is lightningd running", ["report", "--lightning-dir=/nowhere"]),
                (3, "lsps-plugin: --days is 'x', and must be a whole number from 1 to 3660; see lsps-plugin --help", ["report", "--days=x"]),
            ])
        {
            (int code, string output, string complaints) = await RunAsync(args);
            Assert.Equal((expected, ""), (code, output));
            Assert.StartsWith(words, complaints, StringComparison.Ordinal);
        }

        (int done, string help, _) = await RunAsync("--help");
        Assert.Equal(0, done);
        Assert.Contains("lsps-plugin top [--interval SECONDS] [--once]", help, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Complaints)> RunAsync(params string[] args)
    {
        var start = new ProcessStartInfo(PluginFile.Path, args) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["COLUMNS"] = "120";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{PluginFile.Path} did not start");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), complaints = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await complaints);
    }
}
