using Xunit;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>
/// Every order of everything that can happen to a small payment: parts, answers, refusals, lost answers, failed saves, timers, blocks,
/// the client's whims, and the end of the process or of the node between any two lines of a step.
/// </summary>
public class ModelCheckTests(ITestOutputHelper output)
{
    private const int MostWorlds = 12_000_000;

    [Fact]
    public void Two_parts_with_every_refusal_and_lost_answer() => Holds(Configuration.TwoParts);

    [Fact]
    public void Two_parts_with_a_crash_of_the_node_anywhere() => Holds(Configuration.TwoParts with { NodeCrashes = 1, Refusals = false, Whims = false });

    [Fact]
    public void One_part_with_the_plugin_killed_anywhere() => Holds(Configuration.OnePart with { PluginDeaths = 1 });

    [Fact]
    public void Two_parts_of_which_the_node_drops_any_without_a_word() => Holds(Configuration.TwoParts with { Drops = true, Refusals = false, Whims = false });

    [Fact(Explicit = true)]
    public void Two_parts_dropped_before_a_moody_client() => Holds(Configuration.TwoParts with { Drops = true, Refusals = false });

    [Fact]
    public void One_part_whose_session_fails_in_its_own_code() => Holds(Configuration.OnePart with { Restarts = 1, Whims = false });

    [Fact]
    public void A_trusted_client_with_every_refusal_and_lost_answer() => Holds(Configuration.Trusted);

    [Fact]
    public void A_trusted_client_whose_payer_tries_again() => Holds(Configuration.TrustedAgain with { Refusals = false, Whims = false });

    [Fact]
    public void A_trusted_client_with_a_crash_of_the_node_anywhere() => Holds(Configuration.Trusted with { NodeCrashes = 1, Refusals = false, Whims = false });

    [Fact(Explicit = true)]
    public void A_moody_trusted_client_with_a_crash_of_the_node_anywhere() => Holds(Configuration.Trusted with { NodeCrashes = 1, Refusals = false });

    [Fact(Explicit = true)]
    public void A_moody_trusted_client_whose_payer_tries_again() => Holds(Configuration.TrustedAgain with { Refusals = false });

    [Fact(Explicit = true)]
    public void A_trusted_client_with_the_plugin_killed_anywhere() => Holds(Configuration.Trusted with { PluginDeaths = 1 });

    [Fact(Explicit = true)]
    public void A_trusted_client_whose_session_fails_in_its_own_code() => Holds(Configuration.Trusted with { Restarts = 1, Whims = false });

    [Fact(Explicit = true)]
    public void Two_parts_of_a_moody_trusted_client() => Holds(Configuration.TrustedTwice with { Refusals = false });

    [Fact(Explicit = true)]
    public void Two_parts_whose_session_fails_in_its_own_code() => Holds(Configuration.TwoParts with { Restarts = 1, Refusals = false });

    [Fact(Explicit = true)]
    public void One_part_with_a_crash_of_the_node_anywhere() => Holds(Configuration.OnePart with { NodeCrashes = 1 });

    [Fact(Explicit = true)]
    public void Two_parts_with_the_plugin_killed_anywhere() => Holds(Configuration.TwoParts with { PluginDeaths = 1, Refusals = false });

    [Fact(Explicit = true)]
    public void Two_parts_with_a_crash_of_the_node_and_a_moody_client() => Holds(Configuration.TwoParts with { NodeCrashes = 1, Refusals = false });

    [Fact(Explicit = true)]
    public void Three_parts_that_are_all_needed() => Holds(Configuration.AllOfThree with { Refusals = false, Whims = false });

    [Fact(Explicit = true)]
    public void Three_parts_of_which_two_are_enough() => Holds(Configuration.ThreeParts with { Refusals = false, Whims = false });

    [Fact(Explicit = true)]
    public void Three_parts_with_a_moody_client() => Holds(Configuration.ThreeParts with { Refusals = false });

    [Fact(Explicit = true)]
    public void Two_parts_whose_inputs_others_want() => Holds(Configuration.TwoParts with { Rivals = true });

    [Fact(Explicit = true)]
    public void Two_parts_with_timers_that_run_out() => Holds(Configuration.TwoParts with { TimersRunOut = true });

    [Fact(Explicit = true)]
    public void A_variable_amount_and_a_second_part() => Holds(Configuration.Variable);

    [Fact(Explicit = true)]
    public void Two_parts_that_the_node_sends_again() => Holds(Configuration.TwoParts with { Resends = true });

    private void Holds(Configuration configuration)
    {
        var exploration = new Exploration(new Model(configuration, Behaviour.Real), MostWorlds);
        IReadOnlyDictionary<string, string> broken = exploration.Run();
        output.WriteLine($"{configuration.Name}: {exploration.Worlds} worlds, {exploration.Moves} moves");
        Assert.True(broken.Count == 0, string.Join("\n", broken.Select(rule => $"{rule.Key}:\n{rule.Value}")));
    }
}
