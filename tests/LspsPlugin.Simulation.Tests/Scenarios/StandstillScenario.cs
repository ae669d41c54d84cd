using System.Buffers;
using System.IO.Pipelines;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>The provider's process stands still: what reaches it and what it says waits until it goes on.</summary>
public class StandstillScenario
{
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(2)]
    [InlineData(6)]
    [Covers("S18")]
    public void A_process_that_stands_still_for_ten_seconds_finishes_the_payment(int milliseconds) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        var parts = scene.World.Payer.SendParts(invoice, 3, scene.World.Channels);
        await scene.WaitAsync(milliseconds);
        var still = (StandsStill)scene.Provider.Build;
        still.Until = scene.World.Network.Time.GetUtcNow().AddSeconds(10);
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
        Assert.True(still.Waited);
    },
    before: scene => scene.Run(new StandsStill(scene.World.Network.Time)));

    private sealed class StandsStill(TimeProvider time) : SimBuild
    {
        public DateTimeOffset Until { get; set; }

        public bool Waited { get; private set; }

        public override IDuplexPipe Stdio(IDuplexPipe shipping)
        {
            Pipe heard = NewPipe(), said = NewPipe();
            _ = CopyAsync(shipping.Input, heard.Writer);
            _ = CopyAsync(said.Reader, shipping.Output);
            return new Slow(heard.Reader, said.Writer);
        }

        private static Pipe NewPipe() => new(new PipeOptions(pauseWriterThreshold: 0));

        private async Task CopyAsync(PipeReader from, PipeWriter to)
        {
            while (true)
            {
                ReadResult read = await from.ReadAsync();
                if (time.GetUtcNow() < Until)
                {
                    Waited = true;
                    await Task.Delay(Until - time.GetUtcNow(), time);
                }

                to.Write(read.Buffer.ToArray());
                from.AdvanceTo(read.Buffer.End);
                await to.FlushAsync();
                if (!read.IsCompleted) continue;
                await to.CompleteAsync();
                return;
            }
        }

        private sealed record Slow(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
