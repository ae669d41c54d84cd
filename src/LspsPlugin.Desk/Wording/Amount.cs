using System.Globalization;

namespace LspsPlugin.Desk.Wording;

/// <summary>An amount with a sign, in millisatoshi: an income may be a loss, and sums of a year exceed what one channel carries.</summary>
internal readonly record struct Amount(decimal Msat)
{
    private const decimal SmallSat = 10;

    public decimal Sat => Msat / 1000;

    public static Amount operator +(Amount a, Amount b) => new(a.Msat + b.Msat);

    public static Amount operator -(Amount a) => new(-a.Msat);

    /// <summary>For example "12,345 sat"; below ten with the digits of a millisatoshi.</summary>
    public override string ToString() => $"{InSat()} sat";

    /// <summary>The same without the unit.</summary>
    public string InSat() => Math.Abs(Sat) < SmallSat ? Sat.ToString("0.###", CultureInfo.InvariantCulture) : decimal.Truncate(Sat).ToString("#,0", CultureInfo.InvariantCulture);
}
