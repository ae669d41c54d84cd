using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>An amount in millisatoshi. Arithmetic is checked and throws <see cref="OverflowException"/>.</summary>
[JsonConverter(typeof(MsatJson))]
public readonly record struct Msat(ulong Value) : IComparable<Msat>
{
    /// <summary>Zero.</summary>
    public static readonly Msat Zero;

    /// <summary>One millisatoshi.</summary>
    public static readonly Msat One = new(1);

    /// <summary>The largest value of 64 bits.</summary>
    public static readonly Msat Max = new(ulong.MaxValue);

    /// <summary>21 million bitcoin, the maximum supply.</summary>
    public static readonly Msat AllMoney = new(2_100_000_000_000_000_000);

    /// <summary>Converts to satoshi, rounded up.</summary>
    public Sat ToSatCeil() => new((Value / 1000) + (Value % 1000 == 0 ? 0UL : 1UL));

    /// <summary>Converts to satoshi, rounded down.</summary>
    public Sat ToSatFloor() => new(Value / 1000);

    /// <inheritdoc/>
    public int CompareTo(Msat other) => Value.CompareTo(other.Value);

    /// <summary>Adds two amounts; false when the sum does not fit in 64 bits.</summary>
    public static bool TryAdd(Msat left, Msat right, out Msat sum)
    {
        ulong value = unchecked(left.Value + right.Value);
        sum = new Msat(value);
        return value >= left.Value;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Value}msat";

    /// <summary>Adds two amounts. Throws <see cref="OverflowException"/> on overflow.</summary>
    public static Msat operator +(Msat left, Msat right) => new(checked(left.Value + right.Value));

    /// <summary>Subtracts an amount. Throws <see cref="OverflowException"/> on overflow.</summary>
    public static Msat operator -(Msat left, Msat right) => new(checked(left.Value - right.Value));

    /// <summary>Whether the left value is smaller.</summary>
    public static bool operator <(Msat left, Msat right) => left.Value < right.Value;

    /// <summary>Whether the left value is larger.</summary>
    public static bool operator >(Msat left, Msat right) => left.Value > right.Value;

    /// <summary>Whether the left value is smaller or equal.</summary>
    public static bool operator <=(Msat left, Msat right) => left.Value <= right.Value;

    /// <summary>Whether the left value is larger or equal.</summary>
    public static bool operator >=(Msat left, Msat right) => left.Value >= right.Value;
}

/// <summary>An amount in satoshi. Arithmetic is checked and throws <see cref="OverflowException"/>.</summary>
[JsonConverter(typeof(SatJson))]
public readonly record struct Sat(ulong Value) : IComparable<Sat>
{
    /// <summary>Converts to millisatoshi. Throws <see cref="OverflowException"/> above 2^64 msat.</summary>
    public Msat ToMsat() => new(checked(Value * 1000));

    /// <inheritdoc/>
    public int CompareTo(Sat other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"{Value}sat";

    /// <summary>Adds two amounts. Throws <see cref="OverflowException"/> on overflow.</summary>
    public static Sat operator +(Sat left, Sat right) => new(checked(left.Value + right.Value));

    /// <summary>Subtracts an amount. Throws <see cref="OverflowException"/> on overflow.</summary>
    public static Sat operator -(Sat left, Sat right) => new(checked(left.Value - right.Value));

    /// <summary>Whether the left value is smaller.</summary>
    public static bool operator <(Sat left, Sat right) => left.Value < right.Value;

    /// <summary>Whether the left value is larger.</summary>
    public static bool operator >(Sat left, Sat right) => left.Value > right.Value;

    /// <summary>Whether the left value is smaller or equal.</summary>
    public static bool operator <=(Sat left, Sat right) => left.Value <= right.Value;

    /// <summary>Whether the left value is larger or equal.</summary>
    public static bool operator >=(Sat left, Sat right) => left.Value >= right.Value;
}

/// <summary>A proportion in parts per million (R50-48).</summary>
public readonly record struct Ppm(uint Value)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Value}ppm";
}

/// <summary>A feerate in sat per 1000 weight (R50-47: at least 253).</summary>
public readonly record struct FeeratePerKw(uint Value)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Value}perkw";
}
