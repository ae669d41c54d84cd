namespace LspsPlugin.Core.Lightning;

/// <summary>A block height.</summary>
public readonly record struct BlockHeight(uint Value) : IComparable<BlockHeight>
{
    public int CompareTo(BlockHeight other) => Value.CompareTo(other.Value);

    public override string ToString() => $"block {Value}";

    /// <summary>Returns the number of blocks since <paramref name="earlier"/>; zero when it is not earlier.</summary>
    public BlockCount Since(BlockHeight earlier) => new(Value > earlier.Value ? Value - earlier.Value : 0);

    public static BlockHeight operator +(BlockHeight height, BlockCount blocks) =>
        new((uint)Math.Min((ulong)height.Value + blocks.Value, uint.MaxValue));

    public static bool operator <(BlockHeight left, BlockHeight right) => left.Value < right.Value;

    public static bool operator >(BlockHeight left, BlockHeight right) => left.Value > right.Value;

    public static bool operator <=(BlockHeight left, BlockHeight right) => left.Value <= right.Value;

    public static bool operator >=(BlockHeight left, BlockHeight right) => left.Value >= right.Value;
}

/// <summary>A number of blocks. Addition saturates.</summary>
public readonly record struct BlockCount(uint Value) : IComparable<BlockCount>
{
    public int CompareTo(BlockCount other) => Value.CompareTo(other.Value);

    public override string ToString() => $"{Value} blocks";

    public static BlockCount operator +(BlockCount left, BlockCount right) => new((uint)Math.Min((ulong)left.Value + right.Value, uint.MaxValue));

    public static bool operator <(BlockCount left, BlockCount right) => left.Value < right.Value;

    public static bool operator >(BlockCount left, BlockCount right) => left.Value > right.Value;

    public static bool operator <=(BlockCount left, BlockCount right) => left.Value <= right.Value;

    public static bool operator >=(BlockCount left, BlockCount right) => left.Value >= right.Value;
}
