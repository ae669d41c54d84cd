using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>The wallet holds the provider to its price: 10,000 msat + 0.1 % of what it bought the channel for.</summary>
public class IncomingPaymentTests
{
    private static readonly Purchase Fixed = new(Sample.Provider, Sample.JitScid, Sample.FeeParams, new Msat(10_000_000), true, Sample.Hash);
    private static readonly Purchase Variable = Fixed with { PaymentSize = null };

    private static int _id;

    [Fact]
    [Trait("Requirement", "R52-83")]
    [Trait("Requirement", "R52-85")]
    public void Parts_are_held_until_the_payment_is_whole()
    {
        var payment = new IncomingPayment(Fixed);
        Assert.Equal(Verdict.Hold, payment.Add(Part(5_000_000, fee: 10_000), false).Verdict);
        Assert.Equal(Verdict.Accept, payment.Add(Part(5_000_000), false).Verdict);
        Assert.Equal(new Msat(9_990_000), payment.Received);
    }

    [Fact]
    [Trait("Requirement", "R52-84")]
    [Covers("X25")]
    [Trait("Requirement", "R25-01")]
    public void A_part_short_without_a_declaration_is_refused() => Assert.Equal(Verdict.Refuse, Add(Fixed, Part(10_000_000, fee: 10_000) with { ExtraFee = null }));

    [Fact]
    [Trait("Requirement", "R52-84")]
    [Covers("X25")]
    public void A_part_short_by_more_than_it_declares_is_refused() =>
        Assert.Equal(Verdict.Refuse, Add(Fixed, Part(10_000_000, fee: 10_000) with { Received = new Msat(9_989_999) }));

    [Fact]
    [Trait("Requirement", "R52-84")]
    [Covers("X25")]
    [Trait("Requirement", "R25-01")]
    public void A_declaration_of_more_than_was_taken_is_refused() =>
        Assert.Equal(Verdict.Refuse, Add(Fixed, Part(10_000_000, fee: 10_000) with { Received = new Msat(10_000_000) }));

    [Fact]
    [Trait("Requirement", "R52-83")]
    [Covers("X25")]
    public void All_fees_together_are_not_more_than_was_promised()
    {
        // The promised fee of 10,000,000 msat is the least, 10,000.
        Assert.Equal(Verdict.Accept, Add(Fixed, Part(10_000_000, fee: 10_000)));
        Assert.Equal(Verdict.Refuse, Add(Fixed, Part(10_000_000, fee: 10_001)));
        var payment = new IncomingPayment(Fixed);
        Assert.Equal(Verdict.Hold, payment.Add(Part(5_000_000, fee: 6_000), false).Verdict);
        Assert.Equal(Verdict.Refuse, payment.Add(Part(5_000_000, fee: 6_000), false).Verdict);
    }

    [Fact]
    public void A_provider_that_takes_less_is_welcome() => Assert.Equal(Verdict.Accept, Add(Fixed, Part(10_000_000)));

    [Fact]
    public void A_variable_amount_costs_what_the_amount_says()
    {
        Assert.Equal(Verdict.Accept, Add(Variable, Part(50_000_000, total: 50_000_000, fee: 50_000)));
        Assert.Equal(Verdict.Refuse, Add(Variable, Part(50_000_000, total: 50_000_000, fee: 50_001)));
    }

    [Fact]
    public void An_overpaid_fixed_payment_costs_no_more() =>
        Assert.Equal(Verdict.Refuse, Add(Fixed, Part(19_000_000, total: 19_000_000, fee: 19_000)));

    [Fact]
    public void Less_than_the_invoice_is_refused() => Assert.Equal(Verdict.Refuse, Add(Fixed, Part(9_999_999, total: 9_999_999)));

    [Fact]
    public void Parts_that_tell_different_totals_are_refused()
    {
        var payment = new IncomingPayment(Fixed);
        Assert.Equal(Verdict.Hold, payment.Add(Part(5_000_000), false).Verdict);
        Assert.Equal(Verdict.Refuse, payment.Add(Part(5_000_000, total: 10_000_001), false).Verdict);
    }

    [Fact]
    public void After_a_restart_of_the_node_the_shortfall_stands_for_the_lost_declaration()
    {
        Assert.Equal(Verdict.Accept, new IncomingPayment(Fixed).Add(Part(10_000_000, fee: 10_000) with { ExtraFee = null }, mayLackDeclaration: true).Verdict);
        Assert.Equal(Verdict.Refuse, new IncomingPayment(Fixed).Add(Part(10_000_000, fee: 10_001) with { ExtraFee = null }, mayLackDeclaration: true).Verdict);
    }

    [Fact]
    public void A_part_that_is_replayed_counts_once()
    {
        var payment = new IncomingPayment(Fixed);
        ReceivedPart part = Part(5_000_000);
        Assert.Equal(Verdict.Hold, payment.Add(part, false).Verdict);
        Assert.Equal(Verdict.Hold, payment.Add(part, false).Verdict);
        Assert.Equal(new Msat(5_000_000), payment.Received);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 1ul, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue)]
    [InlineData(0ul, ulong.MaxValue, 0ul)]
    [InlineData(ulong.MaxValue, 0ul, 1ul)]
    public void Numbers_beyond_all_money_are_refused_not_computed_with(ulong onion, ulong received, ulong fee)
    {
        var payment = new IncomingPayment(Variable);
        Verdict first = payment.Add(new ReceivedPart(Htlc(), new Msat(received), new Msat(onion), new Msat(fee), new Msat(ulong.MaxValue)), false).Verdict;
        Assert.NotEqual(Verdict.Accept, first);
    }

    [Fact]
    [Covers("A29")]
    public void Parts_that_add_up_to_more_than_all_numbers_are_refused_not_thrown_at()
    {
        var payment = new IncomingPayment(Variable);
        ReceivedPart huge = Part(ulong.MaxValue - 1, total: ulong.MaxValue);
        Assert.NotEqual(Verdict.Accept, payment.Add(huge with { Received = Msat.One, ExtraFee = null }, mayLackDeclaration: true).Verdict);
        Assert.Equal(Verdict.Refuse, payment.Add(huge with { Htlc = Htlc(), Received = Msat.One, ExtraFee = null }, mayLackDeclaration: true).Verdict);
    }

    private static Verdict Add(Purchase purchase, ReceivedPart part) => new IncomingPayment(purchase).Add(part, mayLackDeclaration: false).Verdict;

    private static ReceivedPart Part(ulong meant, ulong total = 10_000_000, ulong? fee = null) =>
        new(Htlc(), new Msat(meant - (fee ?? 0)), new Msat(meant), fee is { } f ? new Msat(f) : null, new Msat(total));

    private static HtlcKey Htlc() => new(new Scid(1), (ulong)Interlocked.Increment(ref _id));
}
