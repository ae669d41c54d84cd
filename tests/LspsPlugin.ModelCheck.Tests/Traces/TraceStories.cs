using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>Traces by hand: the way of a payment, and where the model and the actor once went different ways.</summary>
public class TraceStories
{
    private const string Opening = """
        the payer sends part 0
        PartArrived(0)
        the node: StartOpening -> OpeningStarted
        OpeningStarted
        the node: PlanFunding -> FundingPlanned
        FundingPlanned
        the node: ReserveInputs -> InputsReserved
        InputsReserved
        """;

    private const string Opened = Opening + "\n" + """
        the node: CompleteFunding -> ChannelSecured
        ChannelSecured
        channel_ready
        the node: PrepareChannel -> ChannelReady
        """;

    private const string Paid = """
        the node sends on part 0
        PartOffered(0)
        the client settles part 0
        PartSettled(0)
        the node: SignFunding -> FundingSigned
        FundingSigned
        the node: BroadcastFunding -> FundingBroadcast
        FundingBroadcast
        the node: RestoreFees -> FeesRestored
        FeesRestored
        the funding confirms
        BlockAdded(block 800000)
        the node: BroadcastFunding -> FundingConfirmed
        FundingConfirmed
        """;

    [Fact]
    public void A_payment_to_its_end()
    {
        Duet duet = Play(Configuration.OnePart, Opened + "\nChannelReady\n" + Paid);
        Assert.Equal(Stage.Over, duet.World.Stage);
    }

    [Fact]
    public void A_crash_between_the_record_of_the_forwards_and_the_forwards()
    {
        Duet duet = Play(Configuration.OnePart, Opened + "\nChannelReady, dead after its save\nPartArrived(0)\nthe node: PrepareChannel -> ChannelReady\nChannelReady\n" + Paid);
        Assert.Equal(Stage.Over, duet.World.Stage);
    }

    [Fact]
    public void A_part_that_waits_when_its_session_ends_begins_the_next()
    {
        Duet duet = Play(Configuration.TwoParts, """
            the payer sends part 0
            PartArrived(0)
            the payer sends part 1
            + TimerFired(Collect)
            """);
        Assert.Contains("saves Ended\n        arms Collect\n        arms Offer\n    then PartArrived(1)", duet.Story);
    }

    [Fact]
    public void A_failure_of_the_code_while_the_answer_of_the_client_is_on_its_way()
    {
        Duet duet = Play(Configuration.OnePart, """
            the payer sends part 0
            PartArrived(0)
            the node: StartOpening -> OpeningStarted
            the session's code fails before it decides
            """);
        Assert.EndsWith("calls StartOpening\n    then PartArrived(0)\n", duet.Story);
    }

    [Fact]
    public void A_killed_plugin_finds_the_channel_that_was_funded_without_it()
    {
        Duet duet = Play(Configuration.OnePart, Opening + "\n" + """
            the plugin is killed, its funding goes on
            the client signs the commitment after all
            the node: FindFunding -> ChannelSecured
            """);
        Assert.Contains("its funding goes on\n        arms Collect\n        calls FindFunding", duet.Story);
    }

    [Fact]
    public void A_part_that_came_with_a_save_that_failed_comes_again()
    {
        Duet duet = Play(Configuration.OnePart, Opened + "\n" + """
            the node crashes
            the node: FindFunding -> ChannelSecured
            ChannelSecured
            the node: PrepareChannel -> ChannelReady
            ChannelReady
            PartArrived(0), not saved
            """);
        Assert.EndsWith("then PartArrived(0)\n", duet.Story);
    }

    [Fact]
    public void A_look_at_an_earlier_plan_says_nothing_of_the_present_one()
    {
        Duet duet = Play(Configuration.OnePart, Opening + "\n" + """
            the node crashes
            PartArrived(0)
            the node: FindFunding -> OpeningFailed(Unknown)
            OpeningFailed(Unknown)
            the session's code fails before it decides
            the node: FindFunding -> FundingAbsent
            TimerFired(Retry)
            the node: Release -> Released
            Released
            the node: StartOpening -> OpeningStarted
            OpeningStarted
            the node: PlanFunding -> FundingPlanned
            FundingPlanned
            the node: FindFunding -> FundingAbsent
            what is stale is dropped
            """);
        Assert.EndsWith("calls ReserveInputs\n  the node: FindFunding -> FundingAbsent\n  what is stale is dropped\n", duet.Story);
    }

    /// <summary>The model took the offer for over; only the end of the attempt is on record then.</summary>
    [Fact]
    public void An_offer_whose_end_did_not_come_on_record_lives_on()
    {
        Duet duet = Play(Configuration.OnePart, """
            the payer sends part 0
            PartArrived(0)
            the node: StartOpening -> OpeningFailed(ClientRejected)
            OpeningFailed(ClientRejected), dead after its save and before its answers arrive
            PartArrived(0)
            """);
        Assert.EndsWith("calls StartOpening\n", duet.Story);
    }

    /// <summary>The model released while the signature was out, which may reserve the inputs again.</summary>
    [Fact]
    public void Nothing_is_released_while_a_signature_is_out()
    {
        Duet duet = Play(Configuration.Trusted, Opened + "\nTimerFired(ChannelReady)");
        Assert.EndsWith("saves Unwinding\n        arms Retry\n    then ReleaseFailed\n", duet.Story);
    }

    /// <summary>The model fired this timer again although nothing had set it.</summary>
    [Fact]
    public void The_look_for_dropped_parts_waits_for_the_one_that_is_out()
    {
        Duet duet = Play(Configuration.OnePart, Opened + "\nChannelReady\nTimerFired(Listing)");
        Assert.DoesNotContain(duet.Moves(), static move => move.Happening is Happening.Step { Input: TimerFired { Timer: SessionTimer.Listing } });
    }

    /// <summary>The model knew of nothing on record when the session had given up.</summary>
    [Fact]
    public void A_record_that_was_saved_without_an_answer_is_found_by_the_next_start()
    {
        Duet duet = Play(Configuration.OnePart, """
            the payer sends part 0
            PartArrived(0)
            the node: StartOpening -> OpeningStarted
            OpeningStarted
            the node: PlanFunding -> FundingPlanned
            FundingPlanned, saved without an answer
            the node: Release -> Released
            the session's code fails before it decides
            the node crashes
            """);
        Assert.EndsWith("the node crashes\n        arms Collect\n        calls FindFunding\n", duet.Story);
    }

    private static Duet Play(Configuration calm, string script)
    {
        Configuration configuration = TraceTests.Wild(calm);
        Duet duet = null!;
        StillLoop.Use(loop =>
        {
            duet = new Duet(new Model(configuration, Behaviour.Real), configuration.Name, configuration, new Actor(loop, configuration.Terms));
            foreach (string line in script.Split('\n'))
            {
                var manner = new Manner(Together: line.StartsWith("+ ", StringComparison.Ordinal));
                List<Move> moves = duet.Moves();
                int at = moves.FindIndex(move => Duet.Line(move, manner) == line);
                Assert.True(at >= 0, $"'{line}' cannot happen here:\n{duet.Story}\nbut\n{string.Join('\n', moves.Select(static move => move.Label))}");
                duet.Play(moves[at], manner);
            }
        });
        return duet;
    }
}
