using LspsPlugin.Simulation.Runs;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>Storms that found a defect. A seed's story changes when the storm's draws do, so each is also said in words.</summary>
public class RegressionTests
{
    /// <summary>
    /// A probe was collecting for the same offer when it ran out: that ended the offer, and with it the right of the session that was
    /// paid to put its own end on record.
    /// </summary>
    [Fact]
    public void A_paid_session_whose_offer_runs_out_meanwhile_still_leaves_the_record() => Holds(2234);

    private static void Holds(int seed) => Assert.Null(SimulationRuns.One(seed, null).Violation);
}
