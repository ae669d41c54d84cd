namespace LspsPlugin.Core.Lightning;

/// <summary>A block height.</summary>
public readonly record struct BlockHeight(uint Value) : IComparable<BlockHeight>
{
    /// <inheritdoc/>
    public int CompareTo(BlockHeight other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"block {Value}";

    /// <summary>Returns the number of blocks since <paramref name="earlier"/>; zero when it is not earlier.</summary>
    public BlockCount Since(BlockHeight earlier) => new(Value > earlier.Value ? Value - earlier.Value : 0);

    /// <summary>Returns the sum; it saturates.</summary>
    public static BlockHeight operator +(BlockHeight height, BlockCount blocks) =>
        new((uint)Math.Min((ulong)height.Value + blocks.Value, uint.MaxValue));

    /// <summary>Whether the left value is smaller.</summary>
    public static bool operator <(BlockHeight left, BlockHeight right) => left.Value < right.Value;

    /// <summary>Whether the left value is larger.</summary>
    public static bool operator >(BlockHeight left, BlockHeight right) => left.Value > right.Value;

    /// <summary>Whether the left value is smaller or equal.</summary>
    public static bool operator <=(BlockHeight left, BlockHeight right) => left.Value <= right.Value;

    /// <summary>Whether the left value is larger or equal.</summary>
    public static bool operator >=(BlockHeight left, BlockHeight right) => left.Value >= right.Value;
}

/// <summary>A number of blocks. Addition saturates.</summary>
public readonly record struct BlockCount(uint Value) : IComparable<BlockCount>
{
    /// <inheritdoc/>
    public int CompareTo(BlockCount other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"{Value} blocks";

    /// <summary>Returns the sum; it saturates.</summary>
    public static BlockCount operator +(BlockCount left, BlockCount right) => new((uint)Math.Min((ulong)left.Value + right.Value, uint.MaxValue));

    /// <summary>Whether the left value is smaller.</summary>
    public static bool operator <(BlockCount left, BlockCount right) => left.Value < right.Value;

    /// <summary>Whether the left value is larger.</summary>
    public static bool operator >(BlockCount left, BlockCount right) => left.Value > right.Value;

    /// <summary>Whether the left value is smaller or equal.</summary>
    public static bool operator <=(BlockCount left, BlockCount right) => left.Value <= right.Value;

    /// <summary>Whether the left value is larger or equal.</summary>
    public static bool operator >=(BlockCount left, BlockCount right) => left.Value >= right.Value;
}
