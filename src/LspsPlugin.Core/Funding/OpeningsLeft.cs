using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Funding;

/// <summary>How many channels the coins of a wallet pay for, one after the other, before a block makes their change usable.</summary>
public static class OpeningsLeft
{
    /// <summary>
    /// Counts the openings. Each takes the smallest coin that pays for it, or else the largest coins together. Its change is spendable only after a block, so it pays
    /// for nothing here, but it is part of what the wallet keeps.
    /// </summary>
    /// <param name="coins">The coins that can be spent now, in any order.</param>
    /// <param name="each">What one opening needs: the channel and its on-chain fee; at least 1 sat.</param>
    /// <param name="keep">What must be left in the wallet after each opening.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="each"/> is zero.</exception>
    public static int Count(IEnumerable<Sat> coins, Sat each, Sat keep)
    {
        ArgumentOutOfRangeException.ThrowIfZero(each.Value, nameof(each));
        List<ulong> left = [.. coins.Select(static coin => coin.Value).Order()];
        UInt128 total = left.Aggregate(UInt128.Zero, static (sum, coin) => sum + coin);
        int count = 0;
        while (total >= (UInt128)each.Value + keep.Value && Take(left, each.Value))
        {
            total -= each.Value;
            count++;
        }

        return count;
    }

    /// <summary>Removes the coins of one opening.</summary>
    /// <param name="coins">The coins, smallest first.</param>
    /// <param name="each">What they must pay for.</param>
    /// <returns>False if they do not.</returns>
    private static bool Take(List<ulong> coins, ulong each)
    {
        int found = coins.BinarySearch(each);
        int smallest = found >= 0 ? found : ~found;
        if (smallest < coins.Count)
        {
            coins.RemoveAt(smallest);
            return true;
        }

        for (UInt128 sum = 0; sum < each;)
        {
            if (coins.Count == 0) return false;
            sum += coins[^1];
            coins.RemoveAt(coins.Count - 1);
        }

        return true;
    }
}
